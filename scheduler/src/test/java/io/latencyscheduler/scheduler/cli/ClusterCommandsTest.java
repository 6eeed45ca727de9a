package io.latencyscheduler.scheduler.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.offline.Snapshot;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The subcommands over a snapshot: no cluster, no process. */
class ClusterCommandsTest {
    private static final String TAKEN_AT = "2026-03-01T12:00:00Z";

    @TempDir
    private Path folder;

    private Path snapshot;

    private record Run(int exitCode, String out, String err) {}

    @BeforeEach
    void writeSnapshot() throws Exception {
        snapshot = folder.resolve("snapshot.json");
        Files.writeString(snapshot, """
            {"apiVersion":"latency-scheduler.io/v1alpha1","kind":"Snapshot","takenAt":"%s",
             "properties":{"latency-scheduler.tiers.measured":"off"},"items":[
            {"kind":"Node","metadata":{"name":"fast","labels":{"dpdk":"2"}},"status":{
              "allocatable":{"cpu":"8","memory":"16Gi","pods":"110"},"conditions":[{"type":"Ready","status":"True"}]}},
            {"kind":"Node","metadata":{"name":"plain"},"status":{
              "allocatable":{"cpu":"8","memory":"16Gi","pods":"110"},"conditions":[{"type":"Ready","status":"True"}]}},
            {"kind":"Pod","metadata":{"name":"du","namespace":"ran","uid":"u1","annotations":{
              "latency-scheduler.io/latency":"800","latency-scheduler.io/allocation":
              "{\\"version\\":1,\\"podUid\\":\\"u1\\",\\"tier\\":\\"dpdk\\",\\"interfaces\\":[\\"dpdk0\\"],\\"streams\\":[]}"}},
              "spec":{"schedulerName":"latency-scheduler","nodeName":"fast","containers":[{"name":"c"}]}},
            {"kind":"Pod","metadata":{"name":"stuck","namespace":"ran","uid":"u2","annotations":{
              "latency-scheduler.io/latency":"100"}},
              "spec":{"schedulerName":"latency-scheduler","containers":[{"name":"c"}]}}
            ]}
            """.formatted(TAKEN_AT));
    }

    private Run run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of("--snapshot", snapshot.toString()));
        int code = Commands.run(all, new PrintWriter(out), new PrintWriter(err));
        return new Run(code, out.toString(), err.toString());
    }

    private Path manifest(String text) throws Exception {
        return Files.writeString(folder.resolve("pod.yaml"), text);
    }

    private static String pod(String name, String annotations) {
        return "{kind: Pod, metadata: {name: %s, annotations: {%s}}, spec: {containers: [{name: c}]}}%n"
                .formatted(name, annotations);
    }

    @Test
    void shouldExplainWhyAPlacedPodIsThereAndNotElsewhere() {
        Run run = run("explain", "ran/du");

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("Pod ran/du is on node fast.")
                .contains("No decision on it is remembered.")
                .containsPattern("fast +chosen")
                .containsPattern("1 others +refused +node\\(s\\) had no path fast enough for latency 800µs");
    }

    @Test
    void shouldExplainAPendingPodAndExitWithOne() {
        Run run = run("explain", "ran/stuck");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("Pod ran/stuck is pending.").contains("refused");
    }

    @Test
    void shouldSayThatThereIsNoSuchPod() {
        Run run = run("explain", "ran/ghost");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("there is no pod ran/ghost");
    }

    @Test
    void shouldAnswerWhatIfForEachOfSeveralDocuments() throws Exception {
        Path file = manifest(pod("one", "latency: '800'") + "---\n"
                + pod("three", "latency: '800', " + "latency-scheduler.io/interfaces: '3'"));

        Run run = run("whatif", "-f", file.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("pod/one would go to node fast.")
                .contains("pod/three would stay pending: 0/2 nodes are available")
                .contains("Near miss: fast needs 2 more DPDK ports.");
    }

    @Test
    void shouldTakeThePodOfAWorkloadsTemplate() throws Exception {
        Path file = manifest("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: upf}
            spec:
              replicas: 3
              template:
                metadata: {annotations: {latency-scheduler.io/latency: 1ms}}
                spec: {containers: [{name: c}]}
            """);

        Run run = run("whatif", "-f", file.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("deployment/upf would go to node fast.");
    }

    @Test
    void shouldPrintTheDecisionAsJson() throws Exception {
        Run run = run("whatif", "-f", manifest(pod("one", "latency: '800'")).toString(), "-o", "json");

        JsonNode decision = Json.tree(run.out()).get(0);
        assertThat(decision.path("scheduled").asBoolean()).isTrue();
        assertThat(decision.path("node").asText()).isEqualTo("fast");
        assertThat(decision.path("decidedAt").asText()).isEqualTo(TAKEN_AT);
    }

    @Test
    void shouldRefuseAFileThatIsNoManifest() throws Exception {
        assertThat(run("whatif", "-f", manifest("kind: Service").toString()))
                .matches(run -> run.exitCode() == 2 && run.err().contains("no object of kind Pod, Deployment"));
        assertThat(run("whatif", "-f", folder.resolve("absent").toString()))
                .matches(run -> run.exitCode() == 2 && run.err().contains("no such file"));
    }

    @Test
    void shouldRefuseAFileThatIsNoSnapshot() throws Exception {
        Files.writeString(snapshot, "{\"kind\":\"Pod\"}");

        Run run = run("nodes");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("kind 'Pod' must be Snapshot");
    }

    @Test
    void shouldListNodesWithWhatTheyHaveLeft() {
        Run run = run("nodes");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).containsPattern("fast +ready +1/2").containsPattern("plain +ready +-");
    }

    @Test
    void shouldSayThatANodeHasNoGatedPort() {
        Run run = run("gates", "plain");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("Node plain has no gated port: no agent has reported one.");
        assertThat(run("gates", "ghost").exitCode()).isEqualTo(2);
    }

    @Test
    void shouldWriteAndReadASnapshotUnchanged() throws Exception {
        var read = Snapshot.read(snapshot, Instant.EPOCH);
        Path copy = folder.resolve("copy.json");

        read.write(copy);

        assertThat(Snapshot.read(copy, Instant.EPOCH)).isEqualTo(read);
    }
}
