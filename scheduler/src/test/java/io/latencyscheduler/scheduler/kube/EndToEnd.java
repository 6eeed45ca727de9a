package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.contract.timetable.Window;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The scheduler in this process against an API server: what it must show there. */
abstract class EndToEnd {
    private static final long PATIENCE_NS = 120_000_000_000L;
    /** An API server that has to share its processor may be that slow. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

    private static final String PLC = "latency-scheduler.io/period: 1ms, latency-scheduler.io/deadline: 250us";

    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final String schedulerName = "scheduler-" + run;
    private final String namespace = "run-" + run;
    private Clients clients;
    private ObjectClient objects;
    private SchedulerRuntime scheduler;

    abstract Path kubeconfig();

    @BeforeEach
    void start() throws Exception {
        clients = Clients.open(new ClientSettings(kubeconfig(), "test", 500, 500, 8, REQUEST_TIMEOUT));
        objects = new ObjectClient(clients.commands());
        createObject(Resource.NAMESPACES, "", """
            {apiVersion: v1, kind: Namespace, metadata: {name: %s}}
            """.formatted(namespace));
        defineCustomResources();
        scheduler = scheduler(Map.of("latency-scheduler.tiers.measured", "off"));
    }

    /** Registers our custom resources, unless that was done before. */
    private void defineCustomResources() throws Exception {
        for (String file : new String[] {"nodeinventories.yaml", "nodedataplanes.yaml"}) {
            createIfAbsent(
                    Resource.CUSTOM_RESOURCE_DEFINITIONS,
                    Files.readString(Path.of(System.getProperty("repository.root"), "manifests", "crds", file)));
        }
        await(
                Resource.CUSTOM_RESOURCE_DEFINITIONS,
                Keys.NODE_DATAPLANES + "." + Keys.GROUP,
                crd -> crd.path("status")
                        .path("conditions")
                        .findValuesAsText("type")
                        .contains("Established"));
    }

    private void createIfAbsent(Resource resource, String yaml) throws IOException {
        ObjectNode object = tree(yaml);
        if (objects.get(resource, "", object.path("metadata").path("name").asText())
                .isEmpty()) {
            objects.create(resource, "", object);
        }
    }

    private SchedulerRuntime scheduler(Map<String, String> properties) throws IOException {
        Map<String, String> all = new HashMap<>(properties);
        all.put("latency-scheduler.name", schedulerName);
        all.put("latency-scheduler.client.kubeconfig", kubeconfig().toString());
        SchedulerConfig config = SchedulerConfig.read(all).value();
        return new SchedulerRuntime(
                        config,
                        Clients.open(SchedulerRuntime.clientSettings(config, "test")),
                        volumes -> DefaultPlugins.create(
                                config.tiers(), config.streams(), config.dpdkReadiness(), volumes),
                        new SchedulerMetrics())
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        if (scheduler != null) {
            scheduler.close();
        }
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

    @Test
    void shouldGivePortsInTheWriteThatBindsAndShowWhatIsLeft() throws Exception {
        node("n1", "");
        inventory("n1", 4);
        pod("du", "latency-scheduler.io/latency: '800', latency-scheduler.io/interfaces: '2'");

        ObjectNode bound = await(Resource.PODS, "du", pod -> !nodeOf(pod).isEmpty());

        Allocation allocation = allocation(bound);
        assertThat(allocation.podUid())
                .isEqualTo(bound.path("metadata").path("uid").asText());
        assertThat(allocation.tier()).isEqualTo(Tier.DPDK);
        assertThat(allocation.interfaces()).hasSize(2).doesNotHaveDuplicates();
        await(Resource.NODES, "n1-" + run, node -> label(node, Keys.DPDK_LABEL).equals("2"));

        objects.delete(Resource.PODS, namespace, "du", "");
        finish("du");
        await(Resource.NODES, "n1-" + run, node -> label(node, Keys.DPDK_LABEL).equals("4"));
        objects.delete(Resource.NODE_INVENTORIES, "", "n1-" + run, "");
    }

    /** A user may annotate a pod of his at any time. Where the API server has the chart's policies, it refuses the changes. */
    @Test
    void shouldIgnoreAllocationsThatAUserWritesAndTellSo() throws Exception {
        node("n1", "unschedulable: true");
        inventory("n1", 4);
        pod("ordinary", "latency-scheduler.io/allocation: '%s'".formatted(forged("of another", 2)));
        pod("owner", "latency-scheduler.io/latency: 1ms");
        for (String name : List.of("ordinary", "owner")) {
            ObjectNode pending = await(
                    Resource.PODS,
                    name,
                    pod -> condition(pod).path("status").asText("").equals("False"));
            annotate(name, forged(uid(pending), 2));
        }
        objects.patch(Resource.NODES, "", "n1-" + run, Patch.merge(tree("{spec: {unschedulable: null}}")));

        ObjectNode ordinary =
                await(Resource.PODS, "ordinary", pod -> !nodeOf(pod).isEmpty());
        ObjectNode owner = await(Resource.PODS, "owner", pod -> !nodeOf(pod).isEmpty());

        assertThat(allocation(ordinary)).isEqualTo(Allocation.ofNothing(uid(ordinary)));
        assertThat(allocation(owner).interfaces()).hasSize(1);
        awaitEvent("AllocationIgnored", "the annotation latency-scheduler.io/allocation was there before");

        annotate("owner", forged(uid(owner), 4));
        awaitEvent("AllocationIgnored", "the annotation latency-scheduler.io/allocation was changed");
        pod("second", "latency-scheduler.io/latency: 1ms, latency-scheduler.io/interfaces: '3'");
        ObjectNode second = await(Resource.PODS, "second", pod -> !nodeOf(pod).isEmpty());
        assertThat(allocation(second).interfaces())
                .hasSize(3)
                .doesNotContainAnyElementsOf(allocation(owner).interfaces());
        objects.delete(Resource.NODE_INVENTORIES, "", "n1-" + run, "");
    }

    private static String uid(JsonNode object) {
        return object.path("metadata").path("uid").asText();
    }

    private static String forged(String podUid, int ports) {
        List<String> interfaces =
                IntStream.range(0, ports).mapToObj(i -> "0000:05:00." + i).toList();
        return Json.text(new Allocation(Allocation.VERSION, podUid, Tier.DPDK, interfaces, List.of()));
    }

    private void annotate(String pod, String allocation) throws IOException {
        ObjectNode patch = Json.object();
        patch.putObject("metadata").putObject("annotations").put(Keys.ALLOCATION, allocation);
        objects.patch(Resource.PODS, namespace, pod, Patch.merge(patch));
    }

    @Test
    void shouldPlacePodsBeforeOurCustomResourcesAreDefinedAndGivePortsOnceTheyAre() throws Exception {
        scheduler.close();
        for (String plural : List.of(Keys.NODE_INVENTORIES, Keys.NODE_DATAPLANES)) {
            String name = plural + "." + Keys.GROUP;
            objects.delete(Resource.CUSTOM_RESOURCE_DEFINITIONS, "", name, "");
            awaitGone(Resource.CUSTOM_RESOURCE_DEFINITIONS, name);
        }
        node("n1", "");
        scheduler = scheduler(Map.of());
        pod("web", "");
        await(Resource.PODS, "web", pod -> !nodeOf(pod).isEmpty());
        pod("du", "latency-scheduler.io/interfaces: '2'");
        await(Resource.PODS, "du", pod -> condition(pod).path("status").asText().equals("False"));

        defineCustomResources();
        inventory("n1", 2);

        ObjectNode bound = await(Resource.PODS, "du", pod -> !nodeOf(pod).isEmpty());
        assertThat(allocation(bound).interfaces()).hasSize(2);
    }

    private void awaitGone(Resource resource, String name) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (objects.get(resource, "", name).isPresent()) {
            assertThat(System.nanoTime()).as(name + " is still there").isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    @Test
    void shouldHandOverToTheStandByWhichThenBinds() throws Exception {
        node("n1", "");
        pod("before", "");
        await(Resource.PODS, "before", pod -> !nodeOf(pod).isEmpty());
        SchedulerRuntime standBy = scheduler(Map.of());
        awaitTrue(() -> standBy.unreadiness().isEmpty());
        assertThat(standBy.placing()).isFalse();

        scheduler.close();
        scheduler = standBy;
        pod("after", "");

        await(Resource.PODS, "after", pod -> !nodeOf(pod).isEmpty());
        assertThat(standBy.placing()).isTrue();
    }

    private static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    @Test
    void shouldAdoptAHandSetLabelOnceAndKeepItsTotal() throws Exception {
        createObject(
                Resource.NODES,
                "",
                "{apiVersion: v1, kind: Node, metadata: {name: hand-%s, labels: {dpdk: '3'}}}".formatted(run));
        ready("hand", "");
        pod("one", "latency-scheduler.io/latency: 1ms");

        ObjectNode bound = await(Resource.PODS, "one", pod -> !nodeOf(pod).isEmpty());
        Allocation allocation = allocation(bound);
        assertThat(allocation.interfaces()).hasSize(1).allMatch(port -> port.matches("dpdk[0-2]"));
        ObjectNode node = await(
                Resource.NODES,
                "hand-" + run,
                found -> label(found, Keys.DPDK_LABEL).equals("2"));

        assertThat(node.path("metadata")
                        .path("annotations")
                        .path(Keys.DPDK_TOTAL)
                        .asText())
                .isEqualTo("3");
    }

    /** 18 streams of 1 ms, deadline 250 µs, 1522 bytes fill a port of 1 Gb/s: 18 · 13,336 ns ≤ 250 µs. */
    @Test
    void shouldFillTheGatedPortsNameTheCollisionOfTheNextAndLetItInWhenOneLeaves() throws Exception {
        for (String name : List.of("n1", "n2", "n3")) {
            node(name, "");
            gatedPort(name);
        }
        for (int i = 0; i < 54; i++) {
            pod("plc" + i, PLC);
        }
        Map<String, List<Window>> windows = new HashMap<>();
        for (int i = 0; i < 54; i++) {
            ObjectNode bound =
                    await(Resource.PODS, "plc" + i, pod -> !nodeOf(pod).isEmpty());
            Allocation.StreamAllocation stream = allocation(bound).streams().get(0);
            assertThat(stream.port()).isEqualTo("uplink0");
            assertThat(stream.windowNs()).isEqualTo(13_336);
            assertThat(stream.offsetNs()).isBetween(0L, 236_664L);
            windows.computeIfAbsent(nodeOf(bound), unused -> new ArrayList<>()).add(Window.of(stream));
        }
        assertThat(windows).hasSize(3);
        windows.values().forEach(EndToEnd::assertNoTwoMeet);

        pod("late", PLC);
        ObjectNode pending = await(
                Resource.PODS,
                "late",
                pod -> condition(pod).path("status").asText("").equals("False"));
        assertThat(condition(pending).path("message").asText())
                .startsWith("0/3 nodes are available: 3 node(s) had no free window that meets the deadline.")
                .contains("stream s0 on port uplink0: every offset that meets its deadline of 250µs collides")
                .containsPattern("the first with " + namespace + "/plc[0-9]+ \\(s0\\), 13336ns at ")
                .contains("(window test)")
                .contains("would fit");

        String left = nodeOf(objects.get(Resource.PODS, namespace, "plc7").orElseThrow());
        finish("plc7");
        ObjectNode admitted = await(Resource.PODS, "late", pod -> !nodeOf(pod).isEmpty());
        assertThat(nodeOf(admitted)).isEqualTo(left);
        for (String name : List.of("n1", "n2", "n3")) {
            objects.delete(Resource.NODE_DATAPLANES, "", name + "-" + run, "");
            objects.delete(Resource.NODE_INVENTORIES, "", name + "-" + run, "");
        }
    }

    private static void assertNoTwoMeet(List<Window> windows) {
        assertThat(windows).hasSize(18);
        for (int i = 0; i < windows.size(); i++) {
            for (int j = 0; j < i; j++) {
                assertThat(windows.get(i).meets(windows.get(j))).isFalse();
            }
        }
    }

    /** What node-discovery and a live agent say of a node with one gated port of 1 Gb/s. */
    private void gatedPort(String node) throws IOException {
        inventory(node, port("uplink0", NodeInventory.Role.GATED, 1_000_000_000L));
        createObject(
                Resource.NODE_DATAPLANES,
                "",
                "{apiVersion: %s/%s, kind: NodeDataplane, metadata: {name: %s-%s}}"
                        .formatted(Keys.GROUP, Keys.VERSION, node, run));
        NodeDataplane dataplane = new NodeDataplane(
                Instant.now(),
                "test",
                new NodeDataplane.Clock(NodeDataplane.ClockState.LOCKED, "ptp", 37, 100),
                List.of(new NodeDataplane.GatedPort(
                        "uplink0", "af_packet", 1_000_000_000L, true, 1_000, 0, 1522, List.of(), null)),
                List.of(),
                List.of(),
                List.of());
        ObjectNode status = Json.object();
        status.set("status", Json.toTree(dataplane));
        objects.patchStatus(Resource.NODE_DATAPLANES, "", node + "-" + run, Patch.merge(status));
    }

    private void inventory(String node, int ports) throws IOException {
        NodeInventory.Port[] owned = new NodeInventory.Port[ports];
        Arrays.setAll(owned, i -> port("0000:05:00." + i, NodeInventory.Role.OWNED, 10_000_000_000L));
        inventory(node, owned);
    }

    private static NodeInventory.Port port(String name, NodeInventory.Role role, long linkRateBps) {
        return new NodeInventory.Port(
                name,
                role == NodeInventory.Role.OWNED ? name : null,
                null,
                "X710",
                "8086:1572",
                "vfio-pci",
                0,
                linkRateBps,
                null,
                role,
                "test",
                Set.of(NodeInventory.Feature.DPDK),
                null,
                null,
                null,
                0);
    }

    private void inventory(String node, NodeInventory.Port... ports) throws IOException {
        String uid = objects.get(Resource.NODES, "", node + "-" + run)
                .orElseThrow()
                .path("metadata")
                .path("uid")
                .asText();
        ObjectNode object = tree("{apiVersion: %s/%s, kind: NodeInventory, metadata: {name: %s-%s}}"
                .formatted(Keys.GROUP, Keys.VERSION, node, run));
        object.set("spec", Json.toTree(new NodeInventory(uid, List.of(ports), false, List.of(), "")));
        objects.create(Resource.NODE_INVENTORIES, "", object);
    }

    private static Allocation allocation(JsonNode pod) throws IOException {
        return Json.read(
                pod.path("metadata").path("annotations").path(Keys.ALLOCATION).asText(), Allocation.class);
    }

    /** Without a kubelet nobody ends a pod's grace period. */
    private void finish(String name) throws IOException {
        objects.get(Resource.PODS, namespace, name);
        clients.commands()
                .demand(ApiRequest.delete(
                        Resource.PODS.path(namespace, name), Json.object().put("gracePeriodSeconds", 0)));
    }

    private static String label(JsonNode object, String key) {
        return object.path("metadata").path("labels").path(key).asText("");
    }

    private void node(String name, String spec) throws IOException {
        createObject(
                Resource.NODES,
                "",
                "{apiVersion: v1, kind: Node, metadata: {name: %s-%s}, spec: {%s}}".formatted(name, run, spec));
        ready(name, spec);
    }

    private void ready(String name, String spec) throws IOException {
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
                    .as(
                            "still waiting; scheduler: %s, object: %s",
                            scheduler == null ? "" : scheduler.unreadiness(), object)
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
        return MissingNode.getInstance();
    }
}
