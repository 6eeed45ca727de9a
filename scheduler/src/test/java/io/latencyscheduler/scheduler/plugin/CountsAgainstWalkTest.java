package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.FakeClock;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.Affinity;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.Namespace;
import io.latencyscheduler.scheduler.model.NodeSelector;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Affinity between pods and topology spread, which read counts kept with every event, against a walk over all nodes and pods
 * ({@link Walk}): random clusters, random events, random pods, and trials with pods more and less.
 */
class CountsAgainstWalkTest {
    private static final int STEPS = 400;
    private static final int NODES = 8;
    private static final int PODS = 40;
    private static final String[] KEYS = {"kubernetes.io/hostname", "zone", "rack"};
    private static final String[] NAMESPACES = {"default", "red", "blue"};

    private final Cluster cluster = new Cluster();
    private Random random = new Random();
    private int asked;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void shouldSayWhatAWalkOverAllPodsSays(long seed) {
        random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            change();
            PodInfo pod = randomPod("asks-" + asked++, "").info();
            assertFilter(new InterPodAffinity(), pod, walk -> walk::affinity, "step " + step);
            assertFilter(new PodTopologySpread(), pod, walk -> walk::spread, "step " + step);
            assertScores(pod, "step " + step);
        }
    }

    private void change() {
        String uid = "uid-pod-" + random.nextInt(PODS);
        switch (random.nextInt(12)) {
            case 0, 1 -> cluster.putNode(randomNode());
            case 2 -> cluster.removeNode("n" + random.nextInt(NODES));
            case 3 -> cluster.removePod(uid);
            case 4 -> cluster.forget(uid);
            case 5, 6 -> cluster.assume(randomPod(uid.substring(4), "").info(), "n" + random.nextInt(NODES));
            case 7 -> {
                String name = NAMESPACES[random.nextInt(NAMESPACES.length)];
                if (random.nextInt(4) == 0) {
                    cluster.objects().removeNamespace(name);
                } else {
                    Map<String, String> labels = Map.of("team", "t" + random.nextInt(2));
                    cluster.objects()
                            .put(new Namespace(
                                    new ObjectMeta(name, "", "", "", 0, labels, Map.of(), null, null, List.of())));
                }
            }
            default -> {
                String nodeName = "n" + random.nextInt(NODES);
                cluster.putPod(randomPod(uid.substring(4), nodeName).info(), nodeName);
            }
        }
    }

    private io.latencyscheduler.scheduler.model.Node randomNode() {
        Nodes node = node("n" + random.nextInt(NODES));
        for (String key : List.of("zone", "rack")) {
            if (random.nextInt(5) > 0) {
                node.label(key, key + random.nextInt(3));
            }
        }
        if (random.nextInt(4) == 0) {
            node.taint("t", "v", random.nextBoolean() ? "NoSchedule" : "PreferNoSchedule");
        }
        return node.build();
    }

    private Pods randomPod(String name, String nodeName) {
        Pods pod = pod(name)
                .namespace(NAMESPACES[random.nextInt(NAMESPACES.length)])
                .label("app", "a" + random.nextInt(3));
        if (random.nextBoolean()) {
            pod.label("version", "v" + random.nextInt(2));
        }
        if (!nodeName.isEmpty()) {
            pod.on(nodeName);
        }
        if (random.nextInt(6) == 0) {
            pod.terminating();
        }
        if (random.nextInt(4) == 0) {
            pod.tolerate("t", "Exists", "", "");
        }
        if (random.nextInt(4) == 0) {
            pod.selector("zone", "zone" + random.nextInt(3));
        }
        pod.affinity(new Affinity(
                random.nextInt(4) > 0 ? null : new Affinity.NodeAffinity(rackIn(), List.of()),
                new Affinity.PodAffinity(some(this::randomTerm, 2), some(this::weighted, 2)),
                new Affinity.PodAffinity(some(this::randomTerm, 2), some(this::weighted, 2))));
        some(this::constraint, 2).forEach(pod::spread);
        return pod;
    }

    private NodeSelector rackIn() {
        return new NodeSelector(List.of(new NodeSelector.Term(
                List.of(new NodeSelector.Requirement("rack", "In", List.of("rack0", "rack" + random.nextInt(3)))),
                List.of())));
    }

    /** Mostly none: several at once rule each other out. */
    private <T> List<T> some(Supplier<T> source, int most) {
        int count = random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(most);
        return IntStream.range(0, count).mapToObj(unused -> source.get()).toList();
    }

    private LabelSelector selector() {
        return switch (random.nextInt(6)) {
            case 0 -> null;
            case 1 -> new LabelSelector(Map.of(), List.of());
            case 2 ->
                new LabelSelector(Map.of(), List.of(new LabelSelector.Requirement("version", "Exists", List.of())));
            case 3 ->
                new LabelSelector(
                        Map.of("app", "a" + random.nextInt(3), "version", "v" + random.nextInt(2)), List.of());
            default -> new LabelSelector(Map.of("app", "a" + random.nextInt(3)), List.of());
        };
    }

    private Affinity.PodTerm randomTerm() {
        LabelSelector team = switch (random.nextInt(5)) {
            case 0 -> new LabelSelector(Map.of("team", "t" + random.nextInt(2)), List.of());
            case 1 -> new LabelSelector(Map.of(), List.of());
            default -> null;
        };
        List<String> namespaces = switch (random.nextInt(4)) {
            case 0 -> List.of("red");
            case 1 -> List.of("red", "blue");
            default -> List.of();
        };
        List<String> matching = random.nextInt(4) == 0 ? List.of("version") : List.of();
        return new Affinity.PodTerm(
                selector(), namespaces, team, KEYS[random.nextInt(KEYS.length)], matching, List.of());
    }

    private Affinity.WeightedPodTerm weighted() {
        return new Affinity.WeightedPodTerm(1 + random.nextInt(3), randomTerm());
    }

    private Pod.TopologySpreadConstraint constraint() {
        return new Pod.TopologySpreadConstraint(
                1 + random.nextInt(2),
                KEYS[random.nextInt(KEYS.length)],
                random.nextBoolean() ? "DoNotSchedule" : "ScheduleAnyway",
                selector(),
                random.nextInt(3),
                random.nextBoolean() ? "Honor" : "Ignore",
                random.nextBoolean() ? "Honor" : "Ignore",
                random.nextInt(4) == 0 ? List.of("version") : List.of());
    }

    private interface Rule {
        Walk.Judge of(Walk walk);
    }

    private <P extends PreFilterPlugin & FilterPlugin> void assertFilter(
            P plugin, PodInfo pod, Rule rule, String when) {
        CycleState state = new CycleState(cluster, FakeClock.START);
        boolean skips = plugin.preFilter(state, pod).verdict().skip();
        assertSame(plugin, state, skips, pod, rule, when);
        List<NodeState> nodes = nodes();
        if (skips || nodes.isEmpty()) {
            return;
        }
        NodeState tried = nodes.get(random.nextInt(nodes.size()));
        NodeState trial = tried.trialCopy();
        CycleState trialState = state.copy();
        Walk walk = new Walk(cluster);
        for (PodInfo there : List.copyOf(tried.pods())) {
            if (random.nextBoolean()) {
                trial.tryRemove(there);
                plugin.removePod(trialState, pod, there, trial);
                walk.remove(there);
            }
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            PodInfo more = randomPod("more-" + i, "").info();
            trial.tryAdd(more);
            plugin.addPod(trialState, pod, more, trial);
            walk.add(more, tried.node());
        }
        assertThat(plugin.filter(trialState, pod, trial).reason())
                .as("%s, trial on %s: %s", when, tried.name(), pod.pod())
                .isEqualTo(rule.of(walk).reason(pod, tried.node()));
        assertSame(plugin, state, false, pod, rule, when + " after a trial");
    }

    private <P extends FilterPlugin> void assertSame(
            P plugin, CycleState state, boolean skips, PodInfo pod, Rule rule, String when) {
        Walk walk = new Walk(cluster);
        for (NodeState node : nodes()) {
            assertThat(skips ? "" : plugin.filter(state, pod, node).reason())
                    .as("%s, %s: %s", when, node.name(), pod.pod())
                    .isEqualTo(rule.of(walk).reason(pod, node.node()));
        }
    }

    private void assertScores(PodInfo pod, String when) {
        List<NodeState> nodes = nodes();
        CycleState state = new CycleState(cluster, FakeClock.START);
        Walk walk = new Walk(cluster);
        InterPodAffinityScore affinity = new InterPodAffinityScore();
        boolean noAffinity = affinity.preScore(state, pod, nodes).skip();
        PodTopologySpreadScore spread = new PodTopologySpreadScore();
        boolean noSpread = spread.preScore(state, pod, nodes).skip();
        for (NodeState node : nodes) {
            assertThat(noAffinity ? 0 : affinity.score(state, pod, node))
                    .as("%s, affinity score of %s: %s", when, node.name(), pod.pod())
                    .isEqualTo(walk.affinityScore(pod, node.node()));
            if (!noSpread) {
                assertThat(spread.score(state, pod, node))
                        .as("%s, spread score of %s: %s", when, node.name(), pod.pod())
                        .isEqualTo(walk.spreadScore(pod, node.node()));
            }
        }
    }

    private List<NodeState> nodes() {
        List<NodeState> nodes = new ArrayList<>();
        for (int i = 0; i < cluster.nodes().size(); i++) {
            nodes.add(cluster.nodes().get(i));
        }
        return nodes;
    }
}
