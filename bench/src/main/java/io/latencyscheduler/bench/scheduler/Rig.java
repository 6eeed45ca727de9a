package io.latencyscheduler.bench.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.chaos.Auditor;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A control plane with nodes and their inventories, but no kubelets, and the hands that create and bind pods. */
final class Rig implements AutoCloseable {
    static final String NAMESPACE = "bench";

    private static final YAMLMapper YAML = new YAMLMapper();
    private static final int THREADS = 32;
    private static final int PORTS_PER_NODE = 16;
    private static final Duration ESTABLISHED_WITHIN = Duration.ofSeconds(60);

    final ControlPlane control;
    private final Clients clients;
    private final ObjectClient objects;
    private final int nodes;

    private Rig(ControlPlane control, Clients clients, int nodes) {
        this.control = control;
        this.clients = clients;
        this.objects = new ObjectClient(clients.commands());
        this.nodes = nodes;
    }

    /**
     * Starts etcd and kube-apiserver and creates everything but pods.
     *
     * @param definitions folder with the custom resource definitions
     * @param qps of kube-scheduler and of the raw bindings
     */
    static Rig start(int nodes, Path definitions, int qps) throws IOException, InterruptedException {
        ControlPlane control = ControlPlane.start(ControlPlaneOptions.fromEnvironment()
                .withClientQps(qps)
                // Without node controller nobody would take the taint of a node's birth away.
                .withApiServerFlag("--disable-admission-plugins=TaintNodesByCondition"));
        Clients clients = Clients.open(new ClientSettings(
                control.kubeconfig(), "scheduler-bench", qps, 2 * qps, 2 * THREADS, Duration.ofSeconds(60)));
        Rig rig = new Rig(control, clients, nodes);
        try {
            rig.define(definitions);
            rig.objects.create(
                    Resource.NAMESPACES,
                    "",
                    YAML.readTree("{apiVersion: v1, kind: Namespace, metadata: {name: " + NAMESPACE + "}}"));
            Parallel.run(THREADS, nodes, rig::createNode);
            return rig;
        } catch (IOException | InterruptedException | RuntimeException failure) {
            rig.close();
            throw failure;
        }
    }

    private void define(Path definitions) throws IOException, InterruptedException {
        for (String file : List.of("nodeinventories.yaml", "nodedataplanes.yaml")) {
            JsonNode definition = YAML.readTree(Files.readString(definitions.resolve(file)));
            String name = definition.path("metadata").path("name").asText();
            objects.create(Resource.CUSTOM_RESOURCE_DEFINITIONS, "", definition);
            long deadline = System.nanoTime() + ESTABLISHED_WITHIN.toNanos();
            while (!established(name)) {
                if (System.nanoTime() > deadline) {
                    throw new IOException(
                            name + " was not established within " + ESTABLISHED_WITHIN.toSeconds() + " s");
                }
                Thread.sleep(100);
            }
        }
    }

    private boolean established(String name) throws IOException {
        JsonNode found = objects.get(Resource.CUSTOM_RESOURCE_DEFINITIONS, "", name)
                .map(JsonNode.class::cast)
                .orElse(Json.object());
        for (JsonNode condition : found.path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Established")
                    && condition.path("status").asText().equals("True")) {
                return true;
            }
        }
        return false;
    }

    static String nodeName(int number) {
        return "node-" + number;
    }

    /** Of ten nodes four have DPDK ports and three, one of them with ports, an Open vSwitch on DPDK. */
    private void createNode(int number) throws IOException {
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        String name = nodeName(number);
        node.putObject("metadata")
                .put("name", name)
                .putObject("labels")
                .put("kubernetes.io/hostname", name)
                .put("kubernetes.io/os", "linux")
                .put("topology.kubernetes.io/zone", "zone-" + number % 3);
        ObjectNode status = node.putObject("status");
        for (String resources : List.of("capacity", "allocatable")) {
            status.putObject(resources)
                    .put("cpu", "32")
                    .put("memory", "128Gi")
                    .put("pods", "110")
                    .put("ephemeral-storage", "100Gi");
        }
        status.putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", "True")
                .put("reason", "KubeletReady");
        ObjectNode created = objects.create(Resource.NODES, "", node);
        boolean ports = number % 10 < 4;
        boolean ovsDpdk = number % 10 >= 3 && number % 10 < 6;
        ObjectNode inventory = Json.object()
                .put("apiVersion", Resource.NODE_INVENTORIES.apiVersion())
                .put("kind", "NodeInventory");
        inventory.putObject("metadata").put("name", name);
        inventory.set(
                "spec",
                Json.toTree(new NodeInventory(
                        created.path("metadata").path("uid").asText(),
                        ports ? ports() : List.of(),
                        ovsDpdk,
                        List.of(),
                        "")));
        objects.create(Resource.NODE_INVENTORIES, "", inventory);
    }

    private static List<NodeInventory.Port> ports() {
        List<NodeInventory.Port> ports = new ArrayList<>();
        for (int i = 0; i < PORTS_PER_NODE; i++) {
            String address = "0000:%02x:%02x.%d".formatted(5 + 128 * (i % 2), 2 + i / 8, i % 8);
            ports.add(new NodeInventory.Port(
                    address,
                    address,
                    null,
                    "Ethernet Virtual Function",
                    "8086:154c",
                    "vfio-pci",
                    i % 2,
                    10_000_000_000L,
                    null,
                    NodeInventory.Role.OWNED,
                    "bound to vfio-pci",
                    Set.of(NodeInventory.Feature.DPDK),
                    null,
                    i,
                    null,
                    0));
        }
        return ports;
    }

    static String podName(int number) {
        return "pod-" + number;
    }

    void createPod(Workload workload, int number, String schedulerName) throws IOException {
        objects.create(Resource.PODS, NAMESPACE, workload.pod(podName(number), schedulerName));
    }

    /** Pods from number {@code first}, as fast as the server takes them. */
    void createPods(Workload workload, int first, int count, String schedulerName)
            throws IOException, InterruptedException {
        Parallel.run(THREADS, count, number -> createPod(workload, first + number, schedulerName));
    }

    /** Binds pods as a scheduler without a thought would: round the nodes, with an annotation as large as an allocation. */
    void bindPods(int count, int threads) throws IOException, InterruptedException {
        String allocation = "{\"version\":1,\"podUid\":\"00000000-0000-0000-0000-000000000000\",\"tier\":\"dpdk\","
                + "\"interfaces\":[\"0000:05:02.0\"],\"streams\":[]}";
        Parallel.run(threads, count, number -> {
            ObjectNode binding = Json.object().put("apiVersion", "v1").put("kind", "Binding");
            ObjectNode metadata = binding.putObject("metadata").put("name", podName(number));
            metadata.putObject("annotations").put(Keys.ALLOCATION, allocation);
            binding.putObject("target")
                    .put("apiVersion", "v1")
                    .put("kind", "Node")
                    .put("name", nodeName(number % nodes));
            ApiResponse response = clients.commands()
                    .send(ApiRequest.post(Resource.PODS.path(NAMESPACE, podName(number), "binding"), binding));
            response.orThrow("bind");
        });
    }

    /** Deletes every pod at once and for good, and the events about them. */
    void deletePods() throws IOException, InterruptedException {
        List<String> names = new ArrayList<>();
        for (JsonNode pod : objects.list(Resource.PODS, NAMESPACE, Map.of())) {
            names.add(pod.path("metadata").path("name").asText());
        }
        ObjectNode now = Json.object().put("gracePeriodSeconds", 0);
        Parallel.run(
                THREADS,
                names.size(),
                number -> clients.commands()
                        .send(ApiRequest.delete(Resource.PODS.path(NAMESPACE, names.get(number)), now)));
    }

    /** What is wrong with the ports that bound pods were given. */
    List<Auditor.Violation> audit() throws IOException {
        Auditor auditor = new Auditor(pod -> true);
        objects.list(Resource.NODE_INVENTORIES, "", Map.of()).forEach(auditor::inventory);
        objects.list(Resource.PODS, NAMESPACE, Map.of()).forEach(auditor::changed);
        return auditor.found();
    }

    /** CPU seconds of etcd and kube-apiserver so far. */
    double serverCpuSeconds() throws IOException {
        return ProcessUsage.cpuSeconds(control.pid(ControlPlane.Part.ETCD))
                + ProcessUsage.cpuSeconds(control.pid(ControlPlane.Part.API_SERVER));
    }

    @Override
    public void close() {
        clients.close();
        control.close();
    }
}
