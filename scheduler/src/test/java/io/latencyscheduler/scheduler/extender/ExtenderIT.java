package io.latencyscheduler.scheduler.extender;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.envtest.GuardedProcess;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.scheduler.SchedulerApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The real kube-scheduler with the scheduler as its extender places the sample pods as the scheduler itself does. */
@RequiresApiServer
class ExtenderIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Path REPOSITORY = Path.of(System.getProperty("repository.root"));
    private static final List<String> PLACED = List.of("vran-du", "upf", "plc", "web");
    private static final long GBPS = 1_000_000_000L;

    @TempDir
    private static Path folder;

    private static ControlPlane server;
    private static Clients clients;
    private static ObjectClient objects;
    private static ConfigurableApplicationContext scheduler;
    private GuardedProcess kubeScheduler;

    /** Where a pod is and what it was given there, whichever pod it is. */
    private record Place(String node, Object tier, int interfaces, List<Object> streams) {}

    @BeforeAll
    static void start() throws Exception {
        server = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
        clients = Clients.open(ClientSettings.of(server.kubeconfig(), "test"));
        objects = new ObjectClient(clients.commands());
        for (String file : List.of("nodeinventories.yaml", "nodedataplanes.yaml")) {
            objects.create(
                    Resource.CUSTOM_RESOURCE_DEFINITIONS,
                    "",
                    tree(Files.readString(REPOSITORY.resolve("manifests/crds").resolve(file))));
        }
        for (String name : List.of(Keys.NODE_INVENTORIES, Keys.NODE_DATAPLANES)) {
            await(
                    Resource.CUSTOM_RESOURCE_DEFINITIONS,
                    "",
                    name + "." + Keys.GROUP,
                    definition -> definition
                            .path("status")
                            .path("conditions")
                            .findValuesAsText("type")
                            .contains("Established"));
        }
        for (String namespace : List.of("ours", "theirs")) {
            objects.create(
                    Resource.NAMESPACES,
                    "",
                    tree("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(namespace)));
        }
        node("radio", ports(4, NodeInventory.Role.OWNED), false);
        node("core", List.of(), true);
        node("cell", ports(1, NodeInventory.Role.GATED), false);
        node("plain", List.of(), false);
        scheduler = new SpringApplicationBuilder(SchedulerApplication.class)
                .web(WebApplicationType.SERVLET)
                .properties(Map.of(
                        "server.port", 0,
                        "server.address", "127.0.0.1",
                        "latency-scheduler.client.kubeconfig",
                                server.kubeconfig().toString(),
                        "latency-scheduler.leader-election.enabled", "false",
                        "latency-scheduler.extender.enabled", "true",
                        "latency-scheduler.tiers.measured", "off",
                        "logging.level.root", "warn"))
                .run();
    }

    @AfterAll
    static void stop() {
        if (scheduler != null) {
            scheduler.close();
        }
        if (clients != null) {
            clients.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @AfterEach
    void removePods() throws IOException {
        if (kubeScheduler != null) {
            kubeScheduler.close();
        }
        remove("ours");
        remove("theirs");
    }

    private void startKubeScheduler(boolean nodeCacheCapable) throws IOException {
        Path config = folder.resolve("kube-scheduler.yaml");
        Files.writeString(config, """
                apiVersion: kubescheduler.config.k8s.io/v1beta1
                kind: KubeSchedulerConfiguration
                leaderElection: {leaderElect: false}
                clientConnection: {kubeconfig: %2$s}
                healthzBindAddress: 127.0.0.1:%1$s
                metricsBindAddress: 127.0.0.1:%1$s
                podInitialBackoffSeconds: 1
                podMaxBackoffSeconds: 2
                extenders:
                  - urlPrefix: http://127.0.0.1:%3$s/extender
                    filterVerb: filter
                    prioritizeVerb: prioritize
                    preemptVerb: preempt # A kube-scheduler before 1.20.10 never calls it.
                    bindVerb: bind
                    weight: 100
                    httpTimeout: 30s
                    nodeCacheCapable: %4$s
                """.formatted(
                        ControlPlane.freePort(),
                        server.kubeconfig(),
                        scheduler.getEnvironment().getProperty("local.server.port"),
                        nodeCacheCapable));
        kubeScheduler = GuardedProcess.start(
                "kube-scheduler",
                List.of(
                        Path.of(System.getenv("KUBEBUILDER_ASSETS"), "kube-scheduler")
                                .toString(),
                        "--config=" + config,
                        "--secure-port=0"),
                folder.resolve("kube-scheduler.log"));
    }

    @ParameterizedTest(name = "as the scheduler itself, with nodeCacheCapable: {0}")
    @ValueSource(booleans = {true, false})
    void shouldPlaceTheSamplesAsTheSchedulerItselfDoes(boolean nodeCacheCapable) throws Exception {
        Map<String, Place> own = places("ours", "latency-scheduler");
        remove("ours");
        startKubeScheduler(nodeCacheCapable);

        Map<String, Place> theirs = places("theirs", "default-scheduler");

        assertThat(theirs).isEqualTo(own);
        assertThat(own.get("vran-du").interfaces()).isEqualTo(2);
        assertThat(own.get("plc").streams()).hasSize(1);
    }

    /** The samples one after another, so that each meets the same cluster; those that fit nowhere say so. */
    private Map<String, Place> places(String namespace, String schedulerName) throws Exception {
        Map<String, Place> places = new LinkedHashMap<>();
        for (String name : PLACED) {
            create(namespace, sample(name), schedulerName);
            ObjectNode pod = await(
                    Resource.PODS, namespace, name, found -> !nodeOf(found).isEmpty());
            places.put(name, place(pod));
        }
        create(namespace, sample("impossible"), schedulerName);
        ObjectNode pending = await(
                Resource.PODS,
                namespace,
                "impossible",
                found -> message(found).startsWith("0/4 nodes are available: "));
        assertThat(message(pending)).contains("no path fast enough for latency 100µs");
        return places;
    }

    private static ObjectNode sample(String name) throws IOException {
        ObjectNode pod = tree(Files.readString(REPOSITORY.resolve("manifests/samples/" + name + ".yaml")));
        pod.withObject("/spec").put("automountServiceAccountToken", false);
        return pod;
    }

    private static void create(String namespace, ObjectNode pod, String schedulerName) throws IOException {
        pod.withObject("/spec").put("schedulerName", schedulerName);
        objects.create(Resource.PODS, namespace, pod);
    }

    private static void remove(String namespace) throws IOException {
        for (JsonNode pod : objects.list(Resource.PODS, namespace, Map.of())) {
            String path = Resource.PODS.path(namespace, pod.at("/metadata/name").asText());
            clients.commands().send(ApiRequest.delete(path, Json.object().put("gracePeriodSeconds", 0)));
        }
        Awaitility.await("the pods are gone")
                .atMost(PATIENCE)
                .until(() -> objects.list(Resource.PODS, namespace, Map.of()).isEmpty());
    }

    private static Place place(JsonNode pod) throws IOException {
        String text =
                pod.path("metadata").path("annotations").path(Keys.ALLOCATION).asText("");
        if (text.isEmpty()) {
            return new Place(nodeOf(pod), "", 0, List.of());
        }
        Allocation allocation = Json.read(text, Allocation.class);
        assertThat(allocation.podUid()).isEqualTo(pod.at("/metadata/uid").asText());
        return new Place(
                nodeOf(pod),
                String.valueOf(allocation.tier()),
                allocation.interfaces().size(),
                new ArrayList<>(allocation.streams()));
    }

    private static void node(String name, List<NodeInventory.Port> ports, boolean ovsDpdk) throws IOException {
        ObjectNode created = objects.create(
                Resource.NODES,
                "",
                tree("{apiVersion: v1, kind: Node, metadata: {name: %s, labels: {kubernetes.io/hostname: %s}}}"
                        .formatted(name, name)));
        objects.patchStatus(Resource.NODES, "", name, Patch.merge(tree("""
                {status: {capacity: {cpu: "16", memory: 32Gi, pods: "110"},
                          allocatable: {cpu: "16", memory: 32Gi, pods: "110"},
                          conditions: [{type: Ready, status: "True"}]}}
                """)));
        // Born with a taint that the node controller would remove.
        objects.patch(Resource.NODES, "", name, Patch.merge(tree("{spec: {taints: null}}")));
        ObjectNode inventory = tree("{apiVersion: %s/%s, kind: NodeInventory, metadata: {name: %s}}"
                .formatted(Keys.GROUP, Keys.VERSION, name));
        inventory.set(
                "spec",
                Json.toTree(new NodeInventory(created.at("/metadata/uid").asText(), ports, ovsDpdk, List.of(), "")));
        objects.create(Resource.NODE_INVENTORIES, "", inventory);
        if (!ports.isEmpty() && ports.get(0).role() == NodeInventory.Role.GATED) {
            dataplane(name, ports.get(0).name());
        }
    }

    private static void dataplane(String node, String port) throws IOException {
        ObjectNode object = tree("{apiVersion: %s/%s, kind: NodeDataplane, metadata: {name: %s}}"
                .formatted(Keys.GROUP, Keys.VERSION, node));
        objects.create(Resource.NODE_DATAPLANES, "", object);
        ObjectNode status = Json.object();
        status.set(
                "status",
                Json.toTree(new NodeDataplane(
                        Instant.now().plusSeconds(3600),
                        "test",
                        new NodeDataplane.Clock(NodeDataplane.ClockState.LOCKED, "ptp0", 37, 100),
                        List.of(new NodeDataplane.GatedPort(
                                port, "af_packet", GBPS, true, 1_000, 0, 1522, List.of(), null)),
                        List.of(),
                        List.of(),
                        List.of())));
        objects.patchStatus(Resource.NODE_DATAPLANES, "", node, Patch.merge(status));
    }

    private static List<NodeInventory.Port> ports(int count, NodeInventory.Role role) {
        return IntStream.range(0, count)
                .mapToObj(i -> new NodeInventory.Port(
                        "0000:05:00." + i,
                        "0000:05:00." + i,
                        null,
                        "X710",
                        "8086:1572",
                        "vfio-pci",
                        0,
                        GBPS,
                        true,
                        role,
                        "test",
                        Set.of(NodeInventory.Feature.DPDK),
                        null,
                        null,
                        null,
                        0))
                .toList();
    }

    private static ObjectNode tree(String yaml) {
        return (ObjectNode) Json.toTree(Yaml.read(yaml));
    }

    private static ObjectNode await(Resource resource, String namespace, String name, Predicate<ObjectNode> arrived)
            throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            ObjectNode object = objects.get(resource, namespace, name).orElseThrow();
            if (arrived.test(object)) {
                return object;
            }
            Path log = folder.resolve("kube-scheduler.log");
            assertThat(System.nanoTime())
                    .as(
                            "still waiting for %s among %s; kube-scheduler: %s",
                            object,
                            resource.namespaced() ? objects.list(resource, namespace, Map.of()) : "",
                            Files.exists(log) ? Files.readString(log) : "")
                    .isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static String nodeOf(JsonNode pod) {
        return pod.at("/spec/nodeName").asText("");
    }

    private static String message(JsonNode pod) {
        for (JsonNode condition : pod.at("/status/conditions")) {
            if (condition.path("type").asText().equals("PodScheduled")) {
                return condition.path("message").asText("");
            }
        }
        return "";
    }
}
