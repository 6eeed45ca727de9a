package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static io.latencyscheduler.scheduler.fake.Terms.HOST;
import static io.latencyscheduler.scheduler.fake.Terms.ZONE;
import static io.latencyscheduler.scheduler.fake.Terms.app;
import static io.latencyscheduler.scheduler.fake.Terms.far;
import static io.latencyscheduler.scheduler.fake.Terms.near;
import static io.latencyscheduler.scheduler.fake.Terms.ratherFar;
import static io.latencyscheduler.scheduler.fake.Terms.ratherNear;
import static io.latencyscheduler.scheduler.fake.Terms.spread;
import static io.latencyscheduler.scheduler.fake.Terms.term;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.model.Affinity;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.Namespace;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Inter-pod affinity and topology spread on four nodes in two zones: a1, a2 in zone a; b1, b2 in zone b; a2 and b2 have a disk. */
class PodsTowardsPodsTest {
    private static final String NOWHERE = "";

    record Row(String name, List<Pods> there, Pods pod, List<String> allowed, String reason) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Pods web(String name) {
        return pod(name).label("app", "web");
    }

    static Stream<Row> rows() {
        List<String> anywhere = List.of("a1", "a2", "b1", "b2");
        return Stream.of(
                new Row(
                        "affinity by zone goes where the wanted pod is",
                        List.of(web("w").on("a1")),
                        pod("p").affinity(near(term("web", ZONE))),
                        List.of("a1", "a2"),
                        ""),
                new Row(
                        "affinity without any wanted pod goes nowhere",
                        List.of(),
                        pod("p").affinity(near(term("web", ZONE))),
                        List.of(),
                        "4 node(s) didn't match pod affinity rules"),
                new Row(
                        "the first pod that wants its own kind goes anywhere",
                        List.of(),
                        web("p").affinity(near(term("web", ZONE))),
                        anywhere,
                        ""),
                new Row(
                        "affinity counts pods of the own namespace alone",
                        List.of(web("w").namespace("other").on("a1")),
                        pod("p").affinity(near(term("web", ZONE))),
                        List.of(),
                        "4 node(s) didn't match pod affinity rules"),
                new Row(
                        "affinity counts pods of a named namespace",
                        List.of(web("w").namespace("other").on("a1")),
                        pod("p").affinity(near(term("web", ZONE, "other"))),
                        List.of("a1", "a2"),
                        ""),
                new Row(
                        "an empty namespace selector means all namespaces",
                        List.of(web("w").namespace("other").on("b1")),
                        pod("p").affinity(near(new Affinity.PodTerm(
                                app("web"),
                                List.of(),
                                new LabelSelector(Map.of(), List.of()),
                                ZONE,
                                List.of(),
                                List.of()))),
                        List.of("b1", "b2"),
                        ""),
                new Row(
                        "several terms must be met by one and the same pod",
                        List.of(web("w").on("a1"), pod("d").label("app", "db").on("b1")),
                        pod("p").affinity(near(term("web", ZONE), term("db", ZONE))),
                        List.of(),
                        "4 node(s) didn't match pod affinity rules"),
                new Row(
                        "anti-affinity by zone keeps away from it",
                        List.of(web("w").on("a1")),
                        pod("p").affinity(far(term("web", ZONE))),
                        List.of("b1", "b2"),
                        ""),
                new Row(
                        "anti-affinity by host keeps away from one node",
                        List.of(web("w").on("a1")),
                        pod("p").affinity(far(term("web", HOST))),
                        List.of("a2", "b1", "b2"),
                        ""),
                new Row(
                        "a placed pod's anti-affinity keeps the new pod away",
                        List.of(pod("shy").affinity(far(term("web", ZONE))).on("a1")),
                        web("p"),
                        List.of("b1", "b2"),
                        ""),
                new Row(
                        "all zones refused, by both directions",
                        List.of(
                                pod("shy").affinity(far(term("web", ZONE))).on("a1"),
                                pod("x").label("app", "db").on("b1")),
                        web("p").affinity(far(term("db", ZONE))),
                        List.of(),
                        "2 node(s) didn't match pod anti-affinity rules,"
                                + " 2 node(s) didn't satisfy existing pods anti-affinity rules"),
                new Row(
                        "matchLabelKeys compare with the incoming pod's own value",
                        List.of(
                                web("w1").label("version", "1").on("a1"),
                                web("w2").label("version", "2").on("b1")),
                        web("p").label("version", "2")
                                .affinity(near(new Affinity.PodTerm(
                                        app("web"), List.of(), null, ZONE, List.of("version"), List.of()))),
                        List.of("b1", "b2"),
                        ""),
                new Row(
                        "preferred affinity draws to the zone",
                        List.of(web("w").on("b2")),
                        pod("p").affinity(ratherNear(100, term("web", ZONE))),
                        List.of("b1", "b2"),
                        ""),
                new Row(
                        "preferred anti-affinity pushes from the zone",
                        List.of(web("w").on("b2")),
                        pod("p").affinity(ratherFar(100, term("web", ZONE))),
                        List.of("a1", "a2"),
                        ""),
                new Row(
                        "a placed pod's preference counts too",
                        List.of(pod("fan")
                                .affinity(ratherNear(100, term("web", ZONE)))
                                .on("a1")),
                        web("p"),
                        List.of("a1", "a2"),
                        ""),
                // Topology spread
                new Row(
                        "DoNotSchedule keeps the skew",
                        List.of(web("w1").on("a1")),
                        web("p").spread(spread(1, ZONE, "DoNotSchedule", "web", 0)),
                        List.of("b1", "b2"),
                        ""),
                new Row(
                        "a skew of two allows two more",
                        List.of(web("w1").on("a1")),
                        web("p").spread(spread(2, ZONE, "DoNotSchedule", "web", 0)),
                        anywhere,
                        ""),
                new Row(
                        "pods on their way out are not counted",
                        List.of(web("w1").terminating().on("a1")),
                        web("p").spread(spread(1, ZONE, "DoNotSchedule", "web", 0)),
                        anywhere,
                        ""),
                new Row(
                        "too few domains count as an empty one",
                        List.of(web("w1").on("a1"), web("w2").on("b1")),
                        web("p").spread(spread(1, ZONE, "DoNotSchedule", "web", 3)),
                        List.of(),
                        "4 node(s) didn't match pod topology spread constraints"),
                new Row(
                        "nodes without the key are refused by their own reason",
                        List.of(),
                        web("p").spread(spread(1, "rack", "DoNotSchedule", "web", 0)),
                        List.of(),
                        "4 node(s) didn't match pod topology spread constraints (missing required label)"),
                new Row(
                        "nodes that the selector excludes are no domains",
                        List.of(web("w1").on("a1")),
                        web("p").selector(ZONE, "a").spread(spread(1, ZONE, "DoNotSchedule", "web", 0)),
                        List.of("a1", "a2"),
                        ""),
                new Row(
                        "pods on nodes that the selector excludes are not counted",
                        List.of(
                                web("w1").on("a1"),
                                web("w2").on("a1"),
                                web("w3").on("b2")),
                        web("p").selector("disk", "ssd").spread(spread(1, ZONE, "DoNotSchedule", "web", 0)),
                        List.of("a2"),
                        ""),
                new Row(
                        "ScheduleAnyway prefers the emptier zone",
                        List.of(web("w1").on("a1"), web("w2").on("a2")),
                        web("p").spread(spread(1, ZONE, "ScheduleAnyway", "web", 0)),
                        List.of("b1", "b2"),
                        ""),
                // talks-to
                new Row(
                        "talks-to draws to the node of the peer",
                        List.of(web("w").on("a2")),
                        pod("p").ask("talks-to", "app=web"),
                        List.of("a2"),
                        ""),
                new Row(
                        "talks-to that is no selector is refused with its value",
                        List.of(),
                        pod("p").ask("talks-to", "app in web"),
                        List.of(),
                        "latency-scheduler.io/talks-to: 'app in web' must be a label selector such as app=plc"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void shouldJudgeAsKubeScheduler(Row row) {
        Harness harness = new Harness();
        for (String zone : List.of("a", "b")) {
            harness.node(node(zone + "1").label(ZONE, zone));
            harness.node(node(zone + "2").label(ZONE, zone).label("disk", "ssd"));
        }
        row.there.forEach(harness::pod);

        harness.pod(row.pod).run();

        if (row.allowed.isEmpty()) {
            assertThat(harness.nodeOf("p")).isEqualTo(NOWHERE);
            assertThat(harness.messages.get("p")).contains(row.reason);
        } else {
            assertThat(row.allowed).contains(harness.nodeOf("p"));
        }
    }

    @Test
    void shouldSelectNamespacesByTheirLabels() {
        Harness harness =
                new Harness().node(node("a1").label(ZONE, "a")).node(node("b1").label(ZONE, "b"));
        harness.inbox()
                .namespace(new Namespace(
                        new ObjectMeta("plant", "", "", "", 0, Map.of("line", "3"), Map.of(), null, null, List.of())));
        harness.pod(web("w").namespace("plant").on("b1"));

        harness.pod(pod("p").affinity(near(new Affinity.PodTerm(
                        app("web"),
                        List.of(),
                        new LabelSelector(Map.of("line", "3"), List.of()),
                        ZONE,
                        List.of(),
                        List.of()))))
                .run();

        assertThat(harness.nodeOf("p")).isEqualTo("b1");
    }
}
