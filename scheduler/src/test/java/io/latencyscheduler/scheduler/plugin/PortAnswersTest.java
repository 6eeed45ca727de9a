package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeDataplane.ClassLimit;
import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import io.latencyscheduler.scheduler.fake.FakeClock;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.framework.AllocationDraft;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A filter that remembers what ports answered says at every moment, of every node, what one without memory says. */
class PortAnswersTest {
    private static final int NODES = 12;
    private static final long PLENTY = 1L << 40;

    private final Cluster cluster = new Cluster();
    private final FakeClock clock = new FakeClock();
    private final List<String> placed = new ArrayList<>();
    private final Map<String, Integer> verdicts = new TreeMap<>();
    private int pods;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldNeverChangeAVerdict(long seed) {
        Random random = new Random(seed);
        StreamSettings settings = new StreamSettings(seed % 2 == 0 ? 100 : 40);
        DeadlineAdmission remembering = new DeadlineAdmission(settings, PLENTY);
        for (int i = 0; i < NODES; i++) {
            cluster.putNode(node("n" + i).build());
            agentSpeaks("n" + i, random);
        }
        for (int step = 0; step < 600; step++) {
            change(random);
            PodInfo pod = randomPod(random);
            CycleState state = state(remembering, pod);
            DeadlineAdmission fresh = new DeadlineAdmission(settings, PLENTY);
            CycleState freshState = state(fresh, pod);
            for (int i = 0; i < NODES; i++) {
                NodeState node = cluster.node("n" + i);
                if (node == null) {
                    continue;
                }
                // A trial copy has no slot to remember by, and every port is asked anew.
                Verdict expected = fresh.filter(freshState, pod, node.trialCopy());
                Verdict actual = remembering.filter(state, pod, node);
                assertThat(actual)
                        .as("step %d, n%d, %s", step, i, pod.demand().value())
                        .isEqualTo(expected);
                verdicts.merge(actual.success() ? "fits" : actual.reason(), 1, Integer::sum);
                if (actual.success()) {
                    assertThat(remembering.score(state, pod, node)).isEqualTo(fresh.score(freshState, pod, node));
                }
            }
            place(remembering, state, pod, random);
        }
        assertThat(verdicts.keySet())
                .contains(
                        "fits",
                        "node(s) had no free window that meets the deadline",
                        "node(s) had no live dataplane agent",
                        "node(s) had a clock that is not locked",
                        "node(s) had a gated port without full link",
                        "node(s) had no gated port");
    }

    private CycleState state(DeadlineAdmission plugin, PodInfo pod) {
        CycleState state = new CycleState(cluster, clock.instant());
        state.put(AllocationDraft.KEY, new AllocationDraft());
        plugin.preFilter(state, pod);
        return state;
    }

    private void change(Random random) {
        String name = "n" + random.nextInt(NODES);
        switch (random.nextInt(12)) {
            case 0, 1 -> agentSpeaks(name, random);
            case 2, 3, 4 -> {
                if (placed.size() > 20 * random.nextInt(8)) {
                    cluster.removePod(placed.remove(random.nextInt(placed.size())));
                }
            }
            case 5 -> clock.advance(NodeDataplane.LIVE_FOR.dividedBy(20));
            case 6 ->
                cluster.putNode(node(name).label("step", "" + random.nextInt()).build());
            case 7 -> {
                if (random.nextInt(5) == 0) {
                    cluster.removeNode(name);
                    cluster.putDataplane(name, null);
                    cluster.putNode(node(name).uid("again-" + random.nextInt()).build());
                    agentSpeaks(name, random);
                }
            }
            default -> {}
        }
    }

    private void agentSpeaks(String name, Random random) {
        NodeState before = cluster.node(name);
        NodeDataplane last = before == null ? null : before.dataplane();
        List<NodeDataplane.GatedPort> ports = last != null && random.nextInt(3) > 0 ? last.ports() : ports(random);
        NodeDataplane live = Nodes.dataplane(clock.instant(), ports, List.of(), List.of());
        boolean unlocked = random.nextInt(8) == 0;
        cluster.putDataplane(
                name,
                unlocked
                        ? new NodeDataplane(
                                live.heartbeatTime(),
                                "test",
                                new NodeDataplane.Clock(NodeDataplane.ClockState.UNLOCKED, "ptp", 37, -1),
                                ports,
                                List.of(),
                                List.of(),
                                List.of())
                        : live);
    }

    private static List<NodeDataplane.GatedPort> ports(Random random) {
        List<NodeDataplane.GatedPort> ports = new ArrayList<>();
        for (int i = random.nextInt(5); i > 2; i--) {
            ports.add(port("uplink" + i, random));
        }
        if (random.nextInt(10) > 0) {
            ports.add(port("uplink0", random));
        }
        return ports;
    }

    private static NodeDataplane.GatedPort port(String name, Random random) {
        return new NodeDataplane.GatedPort(
                name,
                "af_packet",
                random.nextBoolean() ? 100_000_000L : 1_000_000_000L,
                random.nextInt(6) > 0,
                1_000L * random.nextInt(4),
                0,
                1522,
                List.of(),
                null,
                random.nextBoolean() ? List.of() : List.of(new ClassLimit(6, random.nextBoolean(), 2_000, 700)),
                random.nextInt(4) > 0 ? List.of() : List.of(500_000L, 1_000_000L),
                random.nextInt(3) > 0
                        ? null
                        : new GateLimits(
                                16 + random.nextInt(64), 1_000_000_000L, 1_000_000_000L, random.nextInt(12_000)));
    }

    private PodInfo randomPod(Random random) {
        Pods pod = pod("p" + pods++).namespace(random.nextBoolean() ? "one" : "two");
        String period = List.of("250us", "500us", "1ms", "2ms").get(random.nextInt(4));
        if (random.nextInt(5) == 0) {
            return pod.ask(
                            "streams",
                            "[{name: a, period: %s, deadline: 200us, frameBytes: %d}, {name: b, period: 1ms, deadline: 300us}]"
                                    .formatted(period, 64 + random.nextInt(1400)))
                    .info();
        }
        pod.ask("period", period)
                .ask("deadline", 20 + random.nextInt(230) + "us")
                .ask("frame-bytes", Integer.toString(64 + random.nextInt(1459)))
                .ask("traffic-class", Integer.toString(6 + random.nextInt(2)));
        return switch (random.nextInt(5)) {
            case 0 -> pod.ask("phase", random.nextInt(250) + "us").info();
            case 1 -> pod.ask("phase", "free").info();
            case 2 -> pod.ask("jitter", 1 + random.nextInt(9) + "us").info();
            default -> pod.info();
        };
    }

    private void place(DeadlineAdmission plugin, CycleState state, PodInfo pod, Random random) {
        NodeState node = cluster.node("n" + random.nextInt(NODES));
        if (node == null || !plugin.filter(state, pod, node).success()) {
            return;
        }
        assertThat(plugin.reserve(state, pod, node).success()).isTrue();
        Allocation allocation = state.get(AllocationDraft.KEY).toAllocation(pod.uid());
        if (allocation != null) {
            cluster.putPod(pod.withAllocation(allocation), node.name());
            placed.add(pod.uid());
        }
    }
}
