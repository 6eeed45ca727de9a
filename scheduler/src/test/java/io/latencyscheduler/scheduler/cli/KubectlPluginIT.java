package io.latencyscheduler.scheduler.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged plugin under a real kubectl, beside the packaged scheduler, on a real API server. */
@RequiresApiServer
class KubectlPluginIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Path REPOSITORY = Path.of(System.getProperty("repository.root"));
    private static final Path JAR = REPOSITORY.resolve("scheduler/target/latency-scheduler.jar");

    @TempDir
    private static Path folder;

    private static ControlPlane server;
    private static Process scheduler;
    private static int port;

    private record Run(int exitCode, String out, String err) {}

    @BeforeAll
    static void start() throws Exception {
        server = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
        try (Clients clients = Clients.open(ClientSettings.of(server.kubeconfig(), "test"))) {
            ObjectClient objects = new ObjectClient(clients.commands());
            node(objects, "fast", "2");
            node(objects, "plain", "");
            create(objects, pod("du", "latency-scheduler", "latency: '800'"));
            create(objects, pod("stuck", "latency-scheduler", "latency: '100'"));
            create(objects, pod("orphan", "nobody", ""));
            port = ControlPlane.freePort();
            scheduler = new ProcessBuilder(
                            java(),
                            "-XX:TieredStopAtLevel=1",
                            "-jar",
                            JAR.toString(),
                            "--server.port=" + port,
                            "--latency-scheduler.tiers.measured=off",
                            "--latency-scheduler.client.kubeconfig=" + server.kubeconfig())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("scheduler.log").toFile())
                    .start();
            Instant deadline = Instant.now().plus(PATIENCE);
            while (!decided(objects, "du") || !decided(objects, "stuck")) {
                assertThat(Instant.now()).as(() -> "not yet decided; " + log()).isBefore(deadline);
                Thread.sleep(200);
            }
        }
    }

    private static String log() {
        try {
            return Files.readString(folder.resolve("scheduler.log"));
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    @AfterAll
    static void stop() throws Exception {
        if (scheduler != null) {
            scheduler.destroy();
            scheduler.waitFor(20, TimeUnit.SECONDS);
            scheduler.destroyForcibly();
        }
        if (server != null) {
            server.close();
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static boolean decided(ObjectClient objects, String pod) throws IOException {
        return objects.get(Resource.PODS, "default", pod)
                .orElseThrow()
                .path("status")
                .path("conditions")
                .findValuesAsText("type")
                .contains("PodScheduled");
    }

    private static void node(ObjectClient objects, String name, String ports) throws IOException {
        ObjectNode node = tree("{apiVersion: v1, kind: Node, metadata: {name: %s, labels: {%s}}}"
                .formatted(name, ports.isEmpty() ? "" : "dpdk: '" + ports + "'"));
        objects.create(Resource.NODES, "", node);
        objects.patchStatus(Resource.NODES, "", name, Patch.merge(tree("""
            {status: {capacity: {cpu: "8", memory: 16Gi, pods: "110"},
                      allocatable: {cpu: "8", memory: 16Gi, pods: "110"},
                      conditions: [{type: Ready, status: "True"}]}}
            """)));
        objects.patch(Resource.NODES, "", name, Patch.merge(tree("{spec: {taints: null}}")));
    }

    private static ObjectNode pod(String name, String schedulerName, String annotations) {
        return tree("""
            {apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: default, annotations: {%s}},
             spec: {schedulerName: %s, automountServiceAccountToken: false, containers: [{name: c, image: none}]}}
            """.formatted(name, annotations, schedulerName));
    }

    private static void create(ObjectClient objects, ObjectNode pod) throws IOException {
        objects.create(Resource.PODS, "default", pod);
    }

    private static ObjectNode tree(String yaml) {
        return (ObjectNode) Json.toTree(Yaml.read(yaml));
    }

    private static Run kubectl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getenv("KUBEBUILDER_ASSETS"), "kubectl").toString());
        command.add("latency-scheduler");
        command.addAll(Arrays.asList(arguments));
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment()
                .put("PATH", REPOSITORY.resolve("scheduler/bin") + File.pathSeparator + System.getenv("PATH"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("LATENCY_SCHEDULER_JAR", JAR.toString());
        builder.environment().put("KUBECONFIG", server.kubeconfig().toString());
        Process process = builder.start();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static String url() {
        return "--scheduler-url=http://127.0.0.1:" + port;
    }

    @Test
    void shouldTellWhatTheSchedulerDecidedAndWhatEachNodeSays() throws Exception {
        Run placed = kubectl("explain", "du", url());
        assertThat(placed.exitCode()).as(placed.err()).isZero();
        assertThat(placed.out())
                .contains("Pod default/du is on node fast.")
                .contains("to place it on fast")
                .containsPattern("fast +chosen")
                .doesNotContain("\u001b");

        Run pending = kubectl("explain", "stuck", url());
        assertThat(pending.exitCode()).isEqualTo(1);
        assertThat(pending.out()).contains("Pod default/stuck is pending.").contains("0/2 nodes are available");
    }

    @Test
    void shouldAnswerFromASnapshotWithoutTheCluster() throws Exception {
        Path file = folder.resolve("snapshot.json");
        Run taken = kubectl("snapshot", file.toString(), url());
        assertThat(taken.exitCode()).as(taken.err()).isZero();

        Run whatIf = kubectl(
                "whatif",
                "-f",
                REPOSITORY.resolve("manifests/samples/vran-du.yaml").toString(),
                "--snapshot",
                file.toString(),
                "--kubeconfig",
                "/absent");

        assertThat(whatIf.exitCode()).as(whatIf.err()).isEqualTo(1);
        assertThat(whatIf.out()).contains("Near miss: fast needs 1 more DPDK port.");
    }

    @Test
    void shouldNoticeAPodWhoseSchedulerIsNotRunning() throws Exception {
        Run run = kubectl("status", url());

        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(1);
        assertThat(run.out())
                .contains("pod default/orphan names scheduler 'nobody', which is not running")
                .contains("ok, leading");
    }

    @Test
    void shouldShowHelpInKubectlsWordsAndRefuseWhatItDoesNotKnow() throws Exception {
        Run help = kubectl();
        assertThat(help.exitCode()).isZero();
        assertThat(help.out()).contains("Usage: kubectl latency-scheduler");

        assertThat(kubectl("explian", "du").exitCode()).isEqualTo(2);
    }
}
