package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.model.Affinity;
import io.latencyscheduler.scheduler.model.NodeSelector;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What kube-scheduler's node filters accept and refuse, one pod and one node per row. */
class FilterTest {
    private static final String ACCEPTED = "";

    record Row(String name, Nodes node, List<Pods> there, Pods pod, String reason) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row row(String name, Nodes node, Pods pod, String reason) {
        return new Row(name, node, List.of(), pod, reason);
    }

    static Stream<Row> rows() {
        return Stream.of(
                row("an idle node takes a pod that asks nothing", node("n"), pod("p"), ACCEPTED),
                // NodeUnschedulable
                row("a cordoned node takes nobody", node("n").cordoned(), pod("p"), "node(s) were unschedulable"),
                row(
                        "a cordoned node takes a pod that tolerates the cordon",
                        node("n").cordoned(),
                        pod("p").tolerate("node.kubernetes.io/unschedulable", "Exists", "", ""),
                        ACCEPTED),
                // TaintToleration
                row(
                        "a NoSchedule taint keeps a pod away",
                        node("n").taint("k", "v", "NoSchedule"),
                        pod("p"),
                        "node(s) had untolerated taint {k: v}"),
                row(
                        "a NoExecute taint keeps a pod away",
                        node("n").taint("k", "v", "NoExecute"),
                        pod("p"),
                        "node(s) had untolerated taint {k: v}"),
                row(
                        "a PreferNoSchedule taint keeps nobody away",
                        node("n").taint("k", "v", "PreferNoSchedule"),
                        pod("p"),
                        ACCEPTED),
                row(
                        "a taint is tolerated by key, value and effect",
                        node("n").taint("k", "v", "NoSchedule"),
                        pod("p").tolerate("k", "Equal", "v", "NoSchedule"),
                        ACCEPTED),
                row(
                        "a taint of another value is not tolerated",
                        node("n").taint("k", "v", "NoSchedule"),
                        pod("p").tolerate("k", "Equal", "w", "NoSchedule"),
                        "node(s) had untolerated taint {k: v}"),
                row(
                        "a toleration of another effect does not help",
                        node("n").taint("k", "v", "NoSchedule"),
                        pod("p").tolerate("k", "Exists", "", "NoExecute"),
                        "node(s) had untolerated taint {k: v}"),
                row(
                        "an empty key with Exists tolerates everything",
                        node("n").taint("k", "v", "NoSchedule").taint("x", "", "NoExecute"),
                        pod("p").tolerate("", "Exists", "", ""),
                        ACCEPTED),
                // NodeAffinity
                row(
                        "a selector the labels do not meet",
                        node("n").label("disk", "hdd"),
                        pod("p").selector("disk", "ssd"),
                        "node(s) didn't match Pod's node affinity/selector"),
                row(
                        "a selector the labels meet",
                        node("n").label("disk", "ssd"),
                        pod("p").selector("disk", "ssd"),
                        ACCEPTED),
                row(
                        "Gt compares integers",
                        node("n").label("nics", "10"),
                        pod("p").affinity(required("nics", "Gt", "9")),
                        ACCEPTED),
                row(
                        "Gt is not met by the same integer",
                        node("n").label("nics", "9"),
                        pod("p").affinity(required("nics", "Gt", "9")),
                        "node(s) didn't match Pod's node affinity/selector"),
                row(
                        "Lt is not met by a word",
                        node("n").label("nics", "few"),
                        pod("p").affinity(required("nics", "Lt", "9")),
                        "node(s) didn't match Pod's node affinity/selector"),
                row(
                        "NotIn is met without the label",
                        node("n"),
                        pod("p").affinity(required("x", "NotIn", "y")),
                        ACCEPTED),
                row(
                        "no term at all matches nothing",
                        node("n"),
                        pod("p").affinity(new Affinity(
                                new Affinity.NodeAffinity(new NodeSelector(List.of()), List.of()), null, null)),
                        "node(s) didn't match Pod's node affinity/selector"),
                row("a node is found by its name", node("n"), pod("p").affinity(named("n")), ACCEPTED),
                row(
                        "a node is refused by its name",
                        node("n"),
                        pod("p").affinity(named("m")),
                        "node(s) didn't match Pod's node affinity/selector"),
                // NodePorts
                new Row(
                        "a host port is taken",
                        node("n"),
                        List.of(pod("other").hostPort(8080, "TCP", "").on("n")),
                        pod("p").hostPort(8080, "TCP", "127.0.0.1"),
                        "node(s) didn't have free ports for the requested pod ports"),
                new Row(
                        "a host port is free on another address",
                        node("n"),
                        List.of(pod("other").hostPort(8080, "TCP", "10.0.0.1").on("n")),
                        pod("p").hostPort(8080, "TCP", "127.0.0.1"),
                        ACCEPTED),
                new Row(
                        "a host port is free for another protocol",
                        node("n"),
                        List.of(pod("other").hostPort(8080, "UDP", "").on("n")),
                        pod("p").hostPort(8080, "TCP", ""),
                        ACCEPTED),
                // NodeResourcesFit
                row("all of the CPU may be taken", node("n"), pod("p").container("cpu", "4"), ACCEPTED),
                row("too little CPU", node("n"), pod("p").container("cpu", "4001m"), "Insufficient cpu"),
                row("too little memory", node("n"), pod("p").container("memory", "9Gi"), "Insufficient memory"),
                row(
                        "too little ephemeral storage",
                        node("n"),
                        pod("p").container("ephemeral-storage", "1Ti"),
                        "Insufficient ephemeral-storage"),
                row(
                        "a resource that the node does not have",
                        node("n"),
                        pod("p").container("example.com/fpga", "1"),
                        "Insufficient example.com/fpga"),
                row(
                        "hugepages are counted",
                        node("n").offers("hugepages-2Mi", "512Mi"),
                        pod("p").container("hugepages-2Mi", "1Gi"),
                        "Insufficient hugepages-2Mi"),
                new Row(
                        "a node that is full of pods",
                        node("n").offers("pods", "1"),
                        List.of(pod("other").on("n")),
                        pod("p"),
                        "Too many pods"),
                row(
                        "the largest init container counts where it exceeds the sum",
                        node("n"),
                        pod("p").initContainer("cpu", "5").container("cpu", "1"),
                        "Insufficient cpu"),
                row(
                        "init containers do not add up",
                        node("n"),
                        pod("p").initContainer("cpu", "3")
                                .initContainer("cpu", "3")
                                .container("cpu", "1"),
                        ACCEPTED),
                row(
                        "sidecars add to the containers",
                        node("n"),
                        pod("p").sidecar("cpu", "2").container("cpu", "3"),
                        "Insufficient cpu"),
                row(
                        "a sidecar adds to the init containers behind it",
                        node("n"),
                        pod("p").sidecar("cpu", "2").initContainer("cpu", "3"),
                        "Insufficient cpu"),
                row(
                        "a sidecar does not add to the init containers before it",
                        node("n"),
                        pod("p").initContainer("cpu", "3").sidecar("cpu", "2"),
                        ACCEPTED),
                row(
                        "overhead is added",
                        node("n"),
                        pod("p").container("cpu", "4").overhead("cpu", "1m"),
                        "Insufficient cpu"),
                new Row(
                        "pods that ended take nothing",
                        node("n"),
                        List.of(pod("other").container("cpu", "4").on("n").phase("Succeeded")),
                        pod("p").container("cpu", "4"),
                        ACCEPTED),
                // What is not supported is refused by its name
                row(
                        "claims of dynamic resource allocation",
                        node("n"),
                        pod("p").resourceClaim("gpu"),
                        "spec.resourceClaims is not supported by this scheduler; remove it or use another schedulerName"));
    }

    private static Affinity required(String key, String operator, String... values) {
        return affinity(new NodeSelector.Term(
                List.of(new NodeSelector.Requirement(key, operator, List.of(values))), List.of()));
    }

    private static Affinity named(String name) {
        return affinity(new NodeSelector.Term(
                List.of(), List.of(new NodeSelector.Requirement("metadata.name", "In", List.of(name)))));
    }

    private static Affinity affinity(NodeSelector.Term term) {
        return new Affinity(new Affinity.NodeAffinity(new NodeSelector(List.of(term)), List.of()), null, null);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void shouldJudgeAsKubeScheduler(Row row) {
        Harness harness = new Harness().node(row.node);
        row.there.forEach(harness::pod);

        harness.pod(row.pod).run();

        if (row.reason.equals(ACCEPTED)) {
            assertThat(harness.nodeOf("p")).isEqualTo("n");
        } else {
            assertThat(harness.nodeOf("p")).isEmpty();
            assertThat(harness.messages.get("p")).contains(row.reason);
        }
    }
}
