package io.latencyscheduler.scheduler.ledger;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.fake.FakeClock;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private final Cluster cluster = new Cluster();

    private static Pods owner(String name, String uid, String... ports) {
        return pod(name).on("a").allocated(new Allocation(1, uid, Tier.DPDK, List.of(ports), List.of()));
    }

    private void nodeWithPorts(String... ports) {
        cluster.putNode(node("a").build());
        cluster.putInventory("a", Nodes.inventory("a", false, ports));
    }

    private int headroom() {
        return cluster.node("a").ownedPorts().headroom();
    }

    private void put(Pods pod) {
        cluster.putPod(pod.info(), "a");
    }

    @Test
    void shouldCountPortsOfPodsWhateverTheOrderInWhichThingsBecomeKnown() {
        put(owner("p", "uid-p", "x"));
        cluster.putInventory("a", Nodes.inventory("a", false, "x", "y"));
        cluster.putNode(node("a").build());

        assertThat(headroom()).isEqualTo(1);
        assertThat(cluster.nodesWithFreePorts(1).size()).isEqualTo(1);
        assertThat(cluster.nodesWithFreePorts(2).size()).isZero();
    }

    @Test
    void shouldRefuseAnAllocationMadeForAnotherPod() {
        nodeWithPorts("x");
        put(owner("p", "uid-of-an-earlier-p", "x"));

        assertThat(headroom()).isEqualTo(1);
    }

    @Test
    void shouldKeepCountingWhenTheAnnotationIsRemoved() {
        nodeWithPorts("x");
        put(owner("p", "uid-p", "x"));

        put(pod("p").on("a"));

        assertThat(headroom()).isZero();
    }

    @Test
    void shouldBelieveTheAgentWhenTheAnnotationIsGoneAfterARestart() {
        nodeWithPorts("x");
        put(pod("p").on("a"));
        assertThat(headroom()).isEqualTo(1);

        cluster.putDataplane("a", installed("uid-p", "x"));

        assertThat(headroom()).isZero();
        cluster.removePod("uid-p");
        assertThat(headroom()).isEqualTo(1);
    }

    @Test
    void shouldNotBelieveTheAgentAboutPodsThatAreGone() {
        nodeWithPorts("x");

        cluster.putDataplane("a", installed("uid-gone", "x"));

        assertThat(headroom()).isEqualTo(1);
    }

    private static NodeDataplane installed(String uid, String... ports) {
        return Nodes.dataplane(
                FakeClock.START,
                List.of(),
                List.of(),
                List.of(new NodeDataplane.Installed(uid, "default", "p", List.of(ports), List.of())));
    }

    @Test
    void shouldShowNegativeHeadroomWhenTheInventoryShrinksBelowUse() {
        nodeWithPorts("x", "y");
        put(owner("p", "uid-p", "x", "y"));

        cluster.putInventory("a", Nodes.inventory("a", false, "x"));

        assertThat(headroom()).isEqualTo(-1);
        assertThat(cluster.nodesWithFreePorts(1).size()).isZero();
    }

    @Test
    void shouldGiveALostNodeNoCapacity() {
        nodeWithPorts("x");

        cluster.putNode(node("a").lost().build());
        assertThat(cluster.node("a").ownedPorts().total()).isZero();

        cluster.putNode(node("a").build());
        assertThat(headroom()).isEqualTo(1);
    }

    @Test
    void shouldNotGiveARecreatedNodeThePortsOfTheFormerOne() {
        nodeWithPorts("x");
        long generation = cluster.node("a").generation();
        cluster.removeNode("a");
        assertThat(cluster.node("a")).isNull();

        cluster.putNode(node("a").uid("another").build());

        assertThat(cluster.node("a").ownedPorts().total()).isZero();
        assertThat(cluster.node("a").generation()).isGreaterThan(generation);
    }

    @Test
    void shouldStillCountPodsOfANodeThatComesBack() {
        nodeWithPorts("x", "y");
        put(owner("p", "uid-p", "x"));

        cluster.removeNode("a");
        cluster.putNode(node("a").build());

        assertThat(headroom()).isEqualTo(1);
    }

    @Test
    void shouldForgetAnAssumedPodButNotABoundOne() {
        nodeWithPorts("x");
        PodInfo pod = owner("p", "uid-p", "x").info();
        cluster.assume(pod, "a");
        assertThat(cluster.forget("uid-p")).isNotNull();
        assertThat(headroom()).isEqualTo(1);

        cluster.assume(pod, "a");
        cluster.putPod(pod, "a");
        assertThat(cluster.forget("uid-p")).isNull();
        assertThat(headroom()).isZero();
    }

    @Test
    void shouldFollowAPodThatWasBoundElsewhereThanAssumed() {
        nodeWithPorts("x");
        cluster.putNode(node("b").build());
        PodInfo pod = owner("p", "uid-p", "x").info();
        cluster.assume(pod, "a");

        cluster.putPod(pod, "b");

        assertThat(headroom()).isEqualTo(1);
        assertThat(cluster.node("b").pods()).hasSize(1);
    }

    @Test
    void shouldAdoptAHandSetLabelOnceAndNotFollowItsProjection() {
        cluster.putNode(node("a").label(Keys.DPDK_LABEL, "2").build());
        assertThat(cluster.node("a").adoptedTotal()).hasValue(2);
        put(owner("p", "uid-p", "dpdk0"));

        cluster.putNode(node("a")
                .label(Keys.DPDK_LABEL, "1")
                .annotation(Keys.DPDK_TOTAL, "2")
                .build());

        assertThat(headroom()).isEqualTo(1);
        assertThat(cluster.node("a").ownedPorts().total()).isEqualTo(2);
    }

    @Test
    void shouldReadTheKeptTotalAfterARestartNotTheProjectedLabel() {
        cluster.putNode(node("a")
                .label(Keys.DPDK_LABEL, "0")
                .annotation(Keys.DPDK_TOTAL, "2")
                .build());

        assertThat(cluster.node("a").ownedPorts().total()).isEqualTo(2);
    }

    @Test
    void shouldNotReadTheLabelOfAnInventoriedNode() {
        cluster.putInventory("a", Nodes.inventory("a", false, "x"));
        cluster.putNode(node("a").label(Keys.DPDK_LABEL, "7").build());

        assertThat(cluster.node("a").ownedPorts().total()).isEqualTo(1);
    }

    @Test
    void shouldReportAPortThatTwoPodsHold() {
        nodeWithPorts("x");
        put(owner("p", "uid-p", "x"));
        put(owner("q", "uid-q", "x"));
        Auditor auditor = new Auditor();
        List<PodInfo> fresh = List.of(
                owner("p", "uid-p", "x").info(), owner("q", "uid-q", "x").info());

        assertThat(auditor.audit(cluster, fresh)).isEmpty();
        assertThat(auditor.audit(cluster, fresh))
                .extracting(Auditor.Drift::kind)
                .containsExactly(Auditor.Kind.PORT_HELD_TWICE);
    }

    @Test
    void shouldFindGhostsAndUncountedPodsWhenTheySurviveAnAudit() {
        nodeWithPorts("x", "y");
        put(owner("ghost", "uid-ghost", "x"));
        List<PodInfo> fresh = List.of(owner("new", "uid-new", "y").info());
        Auditor auditor = new Auditor();

        assertThat(auditor.audit(cluster, fresh)).isEmpty();
        assertThat(auditor.audit(cluster, fresh))
                .extracting(Auditor.Drift::kind)
                .containsExactlyInAnyOrder(Auditor.Kind.GHOST, Auditor.Kind.NOT_COUNTED);
    }

    @Test
    void shouldEqualALedgerBuiltAnewWhateverHappened() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String[] ports = {"p0", "p1", "p2", "p3"};
        Map<String, PodInfo> bound = new HashMap<>();
        Map<String, String> where = new HashMap<>();
        Map<String, NodeInventory> inventories = new HashMap<>();
        Set<String> existing = new HashSet<>();
        for (int step = 0; step < 3_000; step++) {
            String nodeName = "n" + random.nextInt(4);
            String uid = "uid-q" + random.nextInt(12);
            switch (random.nextInt(7)) {
                case 0 -> {
                    cluster.putNode(node(nodeName).build());
                    existing.add(nodeName);
                }
                case 1 -> {
                    cluster.removeNode(nodeName);
                    existing.remove(nodeName);
                }
                case 2 -> {
                    NodeInventory inventory = Nodes.inventory(
                            nodeName,
                            random.nextBoolean(),
                            List.of(ports).subList(0, random.nextInt(5)).toArray(String[]::new));
                    cluster.putInventory(nodeName, inventory);
                    inventories.put(nodeName, inventory);
                }
                case 3, 4 -> {
                    PodInfo pod = pod(uid.substring(4))
                            .on(nodeName)
                            .container("cpu", "100m")
                            .allocated(new Allocation(1, uid, Tier.DPDK, List.of(ports[random.nextInt(4)]), List.of()))
                            .info();
                    if (!bound.containsKey(uid)) {
                        cluster.assume(pod, nodeName);
                        if (random.nextInt(4) == 0) {
                            cluster.forget(uid);
                        } else {
                            cluster.putPod(pod, nodeName);
                            bound.put(uid, pod);
                            where.put(uid, nodeName);
                        }
                    }
                }
                default -> {
                    cluster.removePod(uid);
                    bound.remove(uid);
                }
            }
        }
        Cluster anew = new Cluster();
        existing.forEach(name -> anew.putNode(node(name).build()));
        inventories.forEach(anew::putInventory);
        bound.forEach((uid, pod) -> anew.putPod(pod, where.get(uid)));

        assertThat(summary(cluster)).as("seed %d", seed).isEqualTo(summary(anew));
    }

    private static List<String> summary(Cluster cluster) {
        List<String> lines = new ArrayList<>();
        NodeSet nodes = cluster.nodes();
        for (int i = 0; i < nodes.size(); i++) {
            NodeState node = nodes.get(i);
            lines.add(node.name() + " headroom " + node.ownedPorts().headroom() + " cpu " + node.requestedMilliCpu()
                    + " pods " + node.pods().size() + " indexed "
                    + cluster.nodesWithFreePorts(1).contains(node)
                    + cluster.nodesWithFreePorts(2).contains(node)
                    + cluster.nodesWithOvsDpdk().contains(node)
                    + cluster.nodesWithKernelAlone().contains(node));
        }
        lines.sort(String::compareTo);
        return lines;
    }
}
