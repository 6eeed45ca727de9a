package io.latencyscheduler.sandbox.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.chaos.Auditor.Kind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuditorTest {
    private final Auditor auditor =
            new Auditor(pod -> !Json.text(pod, "/spec/nodeName").equals("full"));

    AuditorTest() {
        for (String node : List.of("n1", "n2", "full")) {
            auditor.inventory(yaml("""
                {metadata: {name: %s}, spec: {ports: [
                  {name: p0, role: owned}, {name: p1, role: owned}, {name: up, role: gated}, {name: m, role: management}]}}
                """.formatted(node)));
        }
    }

    private static JsonNode yaml(String text) {
        return Json.parseYaml(text.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode pod(String uid, String node, String allocation) {
        return pod(uid, node, allocation, pod -> {});
    }

    private static JsonNode pod(String uid, String node, String allocation, Consumer<ObjectNode> change) {
        ObjectNode pod = (ObjectNode) yaml("""
            {metadata: {name: %1$s, namespace: default, uid: %1$s, annotations: {latency-scheduler.io/interfaces: "1"}},
             spec: {nodeName: %2$s}}
            """.formatted(uid, node));
        ((ObjectNode) pod.at("/metadata/annotations"))
                .put(
                        "latency-scheduler.io/allocation",
                        yaml(allocation.formatted(uid)).toString());
        change.accept(pod);
        return pod;
    }

    private static String port(String name) {
        return "{podUid: %%s, interfaces: ['%s']}".formatted(name);
    }

    private static String stream(long periodNs, long offsetNs, long windowNs) {
        return "{podUid: %%s, streams: [{name: s, port: up, periodNs: %d, offsetNs: %d, windowNs: %d}]}"
                .formatted(periodNs, offsetNs, windowNs);
    }

    private List<Kind> found() {
        return auditor.found().stream().map(Auditor.Violation::kind).toList();
    }

    @Test
    void shouldFindNothingWhereEachHasItsOwn() {
        auditor.changed(pod("a", "n1", port("p0")));
        auditor.changed(pod("b", "n1", port("p1")));
        auditor.changed(pod("c", "n2", port("p0")));
        assertThat(auditor.found()).isEmpty();
        assertThat(auditor.holding()).isEqualTo(3);
    }

    @Test
    void shouldFindThatWindowsMeetWhichReturnMoreOftenThanTheStreamsPeriod() {
        String often = "{podUid: %s, streams: [{name: s, port: up, periodNs: 1000, windowPeriodNs: 250, offsetNs: 0,"
                + " windowNs: 10}]}";
        auditor.changed(pod("a", "n1", often));
        auditor.changed(pod("b", "n1", stream(1000, 100, 10)));
        assertThat(auditor.found()).isEmpty();

        auditor.changed(pod("c", "n1", stream(1000, 505, 10)));

        assertThat(found()).containsExactly(Kind.WINDOWS_MEET);
    }

    @Test
    void shouldFindAPortUsedTwiceOnlyWhenBothPodsRunAtOnce() {
        auditor.changed(pod("a", "n1", port("p0")));
        auditor.changed(pod("b", "n1", port("p0")));
        auditor.changed(pod("c", "n2", port("p0")));
        auditor.begun("a");
        auditor.begun("c");
        auditor.ended("a");
        auditor.begun("b");
        assertThat(found()).containsExactly(Kind.PORT_GIVEN_TWICE);
        auditor.begun("a");
        assertThat(found()).containsExactly(Kind.PORT_GIVEN_TWICE, Kind.PORT_USED_TWICE);
    }

    @Test
    void shouldTakeAPodThatIsGoneForOneThatDoesNotRun() {
        auditor.changed(pod("a", "n1", port("p0")));
        auditor.begun("a");
        auditor.deleted(pod("a", "n1", port("p0")));
        auditor.changed(pod("b", "n1", port("p0")));
        auditor.begun("b");
        auditor.begun("nobody");
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldFindAPortGivenTwiceAndCloseItWhenOneOfThemLeaves() {
        auditor.changed(pod("a", "n1", port("p0")));
        auditor.changed(pod("b", "n1", port("p0")));
        assertThat(found()).containsExactly(Kind.PORT_GIVEN_TWICE);
        assertThat(auditor.open()).hasSize(1);
        auditor.deleted(pod("b", "n1", port("p0")));
        assertThat(auditor.open()).isEmpty();
        assertThat(found()).as("what was wrong stays known").containsExactly(Kind.PORT_GIVEN_TWICE);
    }

    @Test
    void shouldTakeAPortForFreeOnceItsPodEnded() {
        auditor.changed(pod("a", "n1", port("p0")));
        auditor.changed(
                pod("a", "n1", port("p0"), pod -> pod.putObject("status").put("phase", "Succeeded")));
        auditor.changed(pod("b", "n1", port("p0")));
        assertThat(auditor.found()).isEmpty();
    }

    @Test
    void shouldForgetWhatAListNoLongerHas() {
        auditor.changed(pod("a", "n1", port("p0")));
        auditor.relisted(List.of(pod("b", "n1", port("p0"))));
        assertThat(auditor.found()).isEmpty();
        assertThat(auditor.holding()).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a port that is not there, n1, 'p9', NOT_IN_INVENTORY",
        "the management port, n1, 'm', NOT_IN_INVENTORY",
        "a port of a node without inventory, n3, 'p0', NOT_IN_INVENTORY",
        "a node that could not take it, full, 'p0', INFEASIBLE",
    })
    void shouldFind(String what, String node, String port, Kind kind) {
        auditor.changed(pod("a", node, port(port)));
        assertThat(found()).as(what).containsExactly(kind);
    }

    @Test
    void shouldFindAnAllocationOfAnotherPodAndAMissingOne() {
        auditor.changed(pod("a", "n1", "{podUid: other, interfaces: [p0]}"));
        auditor.changed(pod("b", "n1", "{}"));
        assertThat(found()).containsExactly(Kind.NOT_ITS_OWN, Kind.NOT_ITS_OWN);
    }

    @ParameterizedTest(name = "[{1}, +{2}) every {0} and [{4}, +{5}) every {3}: {6}")
    @CsvSource({
        "1000, 0, 100, 1000, 100, 100, false",
        "1000, 0, 101, 1000, 100, 100, true",
        "1000, 900, 100, 1000, 0, 100, false",
        "1000, 901, 100, 1000, 0, 100, true",
        "1000, 0, 100, 1500, 250, 100, false",
        "1000, 0, 100, 1500, 50, 100, true",
        "1000, 0, 100, 700, 350, 100, true",
    })
    void shouldFindWindowsThatMeet(long t1, long o1, long c1, long t2, long o2, long c2, boolean meet) {
        auditor.changed(pod("a", "n1", stream(t1, o1, c1)));
        auditor.changed(pod("b", "n1", stream(t2, o2, c2)));
        assertThat(found()).isEqualTo(meet ? List.of(Kind.WINDOWS_MEET) : List.of());
    }
}
