package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.scheduler.StandardPlugins;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The scheduler in this process against an API server: what it must show there. */
abstract class EndToEnd {
    private static final long PATIENCE_NS = 30_000_000_000L;

    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final String schedulerName = "scheduler-" + run;
    private final String namespace = "run-" + run;
    private Clients clients;
    private ObjectClient objects;
    private SchedulerRuntime scheduler;

    abstract Path kubeconfig();

    @BeforeEach
    void start() throws IOException {
        clients = Clients.open(ClientSettings.of(kubeconfig(), "test"));
        objects = new ObjectClient(clients.commands());
        createObject(Resource.NAMESPACES, "", """
                {apiVersion: v1, kind: Namespace, metadata: {name: %s}}
                """.formatted(namespace));
        scheduler = scheduler(Map.of());
    }

    private SchedulerRuntime scheduler(Map<String, String> properties) throws IOException {
        java.util.HashMap<String, String> all = new java.util.HashMap<>(properties);
        all.put("latency-scheduler.name", schedulerName);
        all.put("latency-scheduler.client.kubeconfig", kubeconfig().toString());
        SchedulerConfig config = SchedulerConfig.read(all).value();
        return new SchedulerRuntime(
                        config,
                        Clients.open(SchedulerRuntime.clientSettings(config, "test")),
                        StandardPlugins::of,
                        new SchedulerMetrics())
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        scheduler.close();
        for (JsonNode node : objects.list(Resource.NODES, "", Map.of())) {
            objects.delete(
                    Resource.NODES, "", node.path("metadata").path("name").asText(), "");
        }
        clients.close();
    }

    @Test
    void shouldBindAnOrdinaryPodAndTellSo() throws Exception {
        node("n1", "");
        pod("web", "");

        ObjectNode bound = await(Resource.PODS, "web", pod -> !nodeOf(pod).isEmpty());

        assertThat(nodeOf(bound)).isEqualTo("n1-" + run);
        awaitEvent("Scheduled", "Successfully assigned " + namespace + "/web to n1-" + run);
    }

    @Test
    void shouldLeaveAPodPendingInKubeSchedulersWords() throws Exception {
        node("n1", "unschedulable: true");
        node("n2", "taints: [{key: a, value: b, effect: NoSchedule}]");
        pod("stuck", "");

        String message = "0/2 nodes are available: ";
        ObjectNode pending = await(
                Resource.PODS,
                "stuck",
                pod -> condition(pod).path("message").asText("").startsWith(message));

        assertThat(condition(pending).path("status").asText()).isEqualTo("False");
        assertThat(condition(pending).path("reason").asText()).isEqualTo("Unschedulable");
        assertThat(condition(pending).path("message").asText()).contains("1 node(s) were unschedulable");
        awaitEvent("FailedScheduling", message);
    }

    private void node(String name, String spec) throws IOException {
        createObject(
                Resource.NODES,
                "",
                "{apiVersion: v1, kind: Node, metadata: {name: %s-%s}, spec: {%s}}".formatted(name, run, spec));
        ObjectNode status = tree("""
                {status: {capacity: {cpu: "8", memory: 16Gi, pods: "110"},
                          allocatable: {cpu: "8", memory: 16Gi, pods: "110"},
                          conditions: [{type: Ready, status: "True"}]}}
                """);
        objects.patchStatus(Resource.NODES, "", name + "-" + run, Patch.merge(status));
        // A new node is born with a taint that the node controller would remove once it is ready.
        ObjectNode wanted = tree("{spec: {taints: null}}");
        JsonNode taints = tree("{%s}".formatted(spec)).path("taints");
        objects.patch(
                Resource.NODES,
                "",
                name + "-" + run,
                Patch.merge(taints.isMissingNode() ? wanted : tree("{spec: {%s}}".formatted(spec))));
    }

    private void pod(String name, String annotations) throws IOException {
        createObject(Resource.PODS, namespace, """
                {apiVersion: v1, kind: Pod, metadata: {name: %s, annotations: {%s}},
                 spec: {schedulerName: %s, automountServiceAccountToken: false,
                        containers: [{name: c, image: none, resources: {requests: {cpu: 100m}}}]}}
                """.formatted(name, annotations, schedulerName));
    }

    private void createObject(Resource resource, String inNamespace, String yaml) throws IOException {
        objects.create(resource, inNamespace, tree(yaml));
    }

    private static ObjectNode tree(String yaml) throws IOException {
        ObjectMapper mapper = new YAMLMapper();
        return (ObjectNode) mapper.readTree(yaml);
    }

    private ObjectNode await(Resource resource, String name, Predicate<ObjectNode> arrived) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (true) {
            ObjectNode object = objects.get(resource, resource.namespaced() ? namespace : "", name)
                    .orElseThrow();
            if (arrived.test(object)) {
                return object;
            }
            assertThat(System.nanoTime())
                    .as("still waiting; scheduler: %s, object: %s", scheduler.unreadiness(), object)
                    .isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private void awaitEvent(String reason, String message) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (true) {
            for (JsonNode event : objects.list(Resource.EVENTS, namespace, Map.of())) {
                if (event.path("reason").asText().equals(reason)
                        && event.path("message").asText().startsWith(message)) {
                    return;
                }
            }
            assertThat(System.nanoTime()).as("no event %s", reason).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static String nodeOf(JsonNode pod) {
        return pod.path("spec").path("nodeName").asText("");
    }

    private static JsonNode condition(JsonNode pod) {
        for (JsonNode condition : pod.path("status").path("conditions")) {
            if (condition.path("type").asText().equals("PodScheduled")) {
                return condition;
            }
        }
        return com.fasterxml.jackson.databind.node.MissingNode.getInstance();
    }
}
