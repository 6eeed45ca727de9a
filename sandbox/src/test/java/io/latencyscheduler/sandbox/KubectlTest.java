package io.latencyscheduler.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sandbox as the user of a real kubectl sees it. */
class KubectlTest {
    private static final String OBJECTS = """
            apiVersion: v1
            kind: Node
            metadata: {name: edge-1, labels: {dpdk: "4"}}
            status: {capacity: {cpu: "4"}, conditions: [{type: Ready, status: "True"}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web, labels: {app: web}}
            spec: {schedulerName: latency-scheduler, containers: [{name: main, image: "registry.example/app:1"}]}
            """;

    private Sandbox sandbox;
    private Path kubeconfig;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        assumeTrue(hasKubectl(), "no kubectl on the PATH; run: apt-get install kubernetes-client");
        sandbox = Sandbox.start();
        kubeconfig = folder.resolve("kubeconfig");
        sandbox.writeKubeconfig(kubeconfig);
        Files.writeString(folder.resolve("objects.yaml"), OBJECTS);
    }

    @AfterEach
    void stop() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    private static boolean hasKubectl() throws InterruptedException {
        try {
            return new ProcessBuilder("kubectl", "version", "--client")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private String kubectl(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kubectl", "--kubeconfig", kubeconfig.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("HOME", folder.toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(command + "\n" + output).isZero();
        return output;
    }

    @Test
    void shouldApplyShowLabelAndDelete() throws Exception {
        assertThat(kubectl("apply", "-f", "objects.yaml")).contains("node/edge-1 created", "pod/web created");
        assertThat(kubectl("apply", "-f", "objects.yaml")).contains("node/edge-1 unchanged", "pod/web unchanged");
        kubectl("label", "node", "edge-1", "dpdk=3", "--overwrite");
        assertThat(kubectl("get", "nodes", "-L", "dpdk").lines().toList())
                .anySatisfy(line -> assertThat(line).matches("NAME +STATUS +ROLES +AGE +VERSION +DPDK *"))
                .anySatisfy(line -> assertThat(line).matches("edge-1 +Ready +<none> +\\d+s +3 *"));
        kubectl("annotate", "pod", "web", "latency-scheduler.io/latency=5000");
        assertThat(kubectl("get", "pods", "-o", "wide").lines().toList())
                .anySatisfy(line -> assertThat(line)
                        .matches("NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES *"))
                .anySatisfy(line -> assertThat(line).matches("web +0/1 +Pending +0 +\\d+s +<none> +<none> .*"));
        assertThat(kubectl(
                        "get", "pod", "web", "-o", "jsonpath={.metadata.annotations.latency-scheduler\\.io/latency}"))
                .isEqualTo("5000");
        assertThat(kubectl("describe", "pod", "web")).contains("QoS Class:", "latency-scheduler.io/latency: 5000");
        assertThat(kubectl("describe", "node", "edge-1")).contains("Non-terminated Pods:");
        assertThat(kubectl("delete", "pod", "web")).contains("\"web\" deleted");
        assertThat(kubectl("get", "pods")).contains("No resources found");
    }

    @Test
    void shouldRegisterTheProjectsDefinitions() throws Exception {
        Path definitions = Path.of(System.getProperty("repository.root"), "manifests/crds");
        assertThat(kubectl("apply", "-f", definitions.toString()))
                .contains(
                        "nodeinventories.latency-scheduler.io created", "nodedataplanes.latency-scheduler.io created");
        assertThat(kubectl("get", "nodeinventories,nodedataplanes")).contains("No resources found");
        assertThat(kubectl("api-resources", "--api-group=latency-scheduler.io"))
                .contains("nodeinventories", "nodedataplanes");
    }

    @Test
    void shouldApplyOnTheServer() throws Exception {
        assertThat(kubectl("apply", "--server-side", "-f", "objects.yaml")).contains("pod/web serverside-applied");
        assertThat(kubectl("get", "pod", "web", "-o", "yaml", "--show-managed-fields"))
                .contains("manager: kubectl", "operation: Apply");
    }
}
