package io.latencyscheduler.dataplane.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.dataplane.control.SocketPaths;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.sandbox.Kubeconfig;
import io.latencyscheduler.sandbox.Sandbox;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes in network namespaces, each with its own agent, VXLAN between them, pods attached by tsn-cni with host-local
 * addresses; what carries the overlay is the subclass's.
 */
abstract class OverlayScenario {
    private static final String ENGINE_PORT = "overlay0";
    private static final long PERIOD_NS = 5_000_000;
    private static final int FRAME_BYTES = 600;
    private static final int FRAMES = 200;

    @TempDir
    Path folder;

    private final String run = Long.toString(ProcessHandle.current().pid() % 10_000);
    private final List<String> containers = new ArrayList<>();
    private final List<Relay> relays = new ArrayList<>();
    private final Map<String, String> uids = new HashMap<>();
    private Sandbox api;
    TestNode one;
    TestNode two;

    @BeforeEach
    void start() throws IOException {
        api = Sandbox.start();
        for (String definition : List.of("nodeinventories", "nodedataplanes")) {
            Path file = Path.of(System.getProperty("repository.root", ".."))
                    .resolve("manifests/crds/" + definition + ".yaml");
            api.create(Files.readString(file));
        }
        api.create("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"plant\"}}");
        one = new TestNode(run, 1);
        two = new TestNode(run, 2);
        TestNode.connect(one, two);
        for (TestNode node : List.of(one, two)) {
            int index = node == one ? 1 : 2;
            createNode(node.name, "10.0.10.1" + index);
            prepare(node);
            String host = "10.231." + index + ".1";
            node.reachHost("tsn" + run + "m" + index, host, "10.231." + index + ".2");
            Relay relay = new Relay(host, api.url().getPort());
            relays.add(relay);
            Kubeconfig.write(
                    folder.resolve(node.name),
                    URI.create("http://" + host + ":" + relay.port()),
                    Sandbox.ADMIN_TOKEN,
                    null);
            startAgent(node);
        }
    }

    private void createNode(String name, String address) {
        api.create("""
                {"apiVersion":"v1","kind":"Node","metadata":{"name":"%1$s"},
                 "status":{"addresses":[{"type":"InternalIP","address":"%2$s"}]}}
                ---
                {"apiVersion":"latency-scheduler.io/v1alpha1","kind":"NodeInventory","metadata":{"name":"%1$s"},
                 "spec":{"nodeUid":"","ovsDpdk":true,"hugepages":[],"isolatedCpus":"","ports":[
                 {"name":"overlay0","model":"vhost-user","numaNode":-1,"linkRateBps":1000000000,"role":"gated",
                  "roleReason":"configured","features":[],"txQueues":1}]}}""".formatted(name, address));
    }

    /** Makes what the agent finds on a node. */
    abstract void prepare(TestNode node);

    /** The agent's properties that choose the carrier. */
    abstract List<String> properties(TestNode node);

    /** What the condition OverlayReady says. */
    abstract String carrier();

    /** The node's label {@code latency-scheduler.io/overlay}. */
    abstract String label();

    void startAgent(TestNode node) {
        List<String> properties = new ArrayList<>(properties(node));
        properties.add("--dataplane.overlay.engine-port=" + ENGINE_PORT);
        // The carriers alone are looked at here.
        properties.add("--dataplane.paths.rate=0");
        node.startAgent(folder.resolve(node.name), properties.toArray(String[]::new));
    }

    @AfterEach
    void stop() throws IOException {
        for (String container : containers) {
            Shell.tryRun(Map.of(), "", List.of("ip", "netns", "del", container));
        }
        for (TestNode node : List.of(one, two)) {
            node.close();
        }
        for (int index : List.of(1, 2)) {
            Shell.tryRun(Map.of(), "", List.of("ip", "link", "del", "tsn" + run + "m" + index));
        }
        for (Relay relay : relays) {
            relay.close();
        }
        api.close();
    }

    // ---- pods ----

    /** A pod bound to a node; with a stream where the offset is not negative. */
    void createPod(String name, String node, long offsetNs) {
        api.create("""
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"plant"},
                 "spec":{"nodeName":"%s","containers":[{"name":"c","image":"i"}]}}""".formatted(name, node));
        String uid = api.get("v1", "Pod", "plant", name).at("/metadata/uid").asText();
        uids.put(name, uid);
        if (offsetNs < 0) {
            return;
        }
        long windowNs = (FRAME_BYTES + 20 + 50) * 8 + 1_000;
        StreamAllocation stream = new StreamAllocation(
                "s0",
                ENGINE_PORT,
                PERIOD_NS,
                PERIOD_NS,
                offsetNs,
                windowNs,
                PERIOD_NS,
                FRAME_BYTES,
                Phase.Kind.ASSIGNED,
                7);
        Allocation allocation = new Allocation(1, uid, null, List.of(), List.of(stream));
        Shell.run(
                "curl",
                "-sf",
                "-X",
                "PATCH",
                "-H",
                "Content-Type: application/merge-patch+json",
                "-d",
                Json.text(Map.of("metadata", Map.of("annotations", Map.of(Keys.ALLOCATION, Json.text(allocation))))),
                podUrl(name));
    }

    private String podUrl(String pod) {
        return api.url() + "/api/v1/namespaces/plant/pods/" + pod;
    }

    String attach(TestNode node, String pod, String version) {
        String container = node.container(pod + containers.size());
        containers.add(container);
        Shell.Ended added = cni(node, "ADD", version, container, pod, "");
        assertThat(added.code())
                .describedAs("%s%s", added.output(), node.logs())
                .isZero();
        String previous = ",\"prevResult\":" + added.output();
        Shell.Ended checked = cni(node, "CHECK", version, container, pod, previous);
        assertThat(checked.code()).describedAs(checked.output()).isZero();
        return container;
    }

    Shell.Ended cni(TestNode node, String verb, String version, String container, String pod, String more) {
        String arguments = ";K8S_POD_NAMESPACE=plant;K8S_POD_NAME=" + pod + ";K8S_POD_UID=" + uids.get(pod);
        return node.cni(verb, version, container, arguments, more);
    }

    static String address(String container) {
        String text = Shell.run("ip", "-n", container, "-4", "-o", "addr", "show", "dev", "eth0");
        return text.replaceAll("(?s).*inet ([0-9.]+)/.*", "$1");
    }

    boolean ping(String from, String to) {
        return Shell.succeeds("ip", "netns", "exec", from, "ping", "-c", "2", "-i", "0.2", "-W", "1", to);
    }

    void awaitPing(String from, String to) {
        TestNode.await(to + " reached from " + from, () -> ping(from, to), one, two);
    }

    void awaitReady(TestNode node) {
        TestNode.await(
                "overlay of " + node.name + " ready",
                () -> {
                    try {
                        JsonNode status = api.get("latency-scheduler.io/v1alpha1", "NodeDataplane", "", node.name);
                        JsonNode labels = api.get("v1", "Node", "", node.name).at("/metadata/labels");
                        return labels.path(Keys.OVERLAY_LABEL).asText().equals(label())
                                && status.toString().contains(carrier())
                                && node.serves()
                                && port(node).path("linkUp").asBoolean()
                                && node.cni("STATUS", "1.1.0", "none", "", "").code() == 0;
                    } catch (RuntimeException notYet) {
                        return false;
                    }
                },
                node);
    }

    // ---- frames ----

    JsonNode talk(String from, String pod, String to, int frames) {
        TestNode node = pod.equals("back") ? two : one;
        String socket = SocketPaths.socket(node.runDirectory(), uids.get(pod)).toString();
        List<String> command = TestNode.tool(
                from,
                socket,
                "talker",
                "-a",
                address(to),
                "-n",
                "" + frames,
                "-i",
                PERIOD_NS + "ns",
                "-c",
                "7",
                "-s",
                "512",
                "--json");
        return json(Shell.tryRun(Map.of(), "", command));
    }

    private static JsonNode json(Shell.Ended ended) {
        assertThat(ended.code())
                .describedAs("%s%s", ended.output(), ended.errors())
                .isZero();
        try {
            return Json.tree(ended.output());
        } catch (IOException unreadable) {
            throw new AssertionError(ended.output() + ended.errors(), unreadable);
        }
    }

    /** Every frame goes through the engine's gates; each that is sent arrives, and each other is in a counter. */
    void expectEveryFrameAccounted(TestNode node, String from, String pod, String to) {
        expectEveryFrameAccounted(node, from, pod, to, "");
    }

    /** The same with a listener that receives through the agent's socket as well. */
    private void expectEveryFrameAccounted(TestNode node, String from, String pod, String to, String listenerSocket) {
        awaitPing(from, address(to));
        long offeredBefore = offered(node);
        long sentBefore = sent(node);
        CompletableFuture<JsonNode> listening = CompletableFuture.supplyAsync(() -> json(Shell.tryRun(
                Map.of(),
                "",
                TestNode.tool(to, listenerSocket, "listener", "-n", "" + FRAMES, "--idle", "4s", "--json"))));
        TestNode.await(
                "the listener is there",
                () -> Shell.run("ip", "netns", "exec", to, "ss", "-lunH").contains(":9999"),
                node);
        JsonNode sent = talk(from, pod, to, FRAMES);
        JsonNode received = listening.join();
        awaitAccounted(node);
        assertThat(offered(node) - offeredBefore)
                .describedAs("handed to the engine; %s", sent)
                .isEqualTo(FRAMES);
        assertThat(received.path("received").asLong())
                .describedAs("arrived of those that the engine sent; %s", node.ports())
                .isEqualTo(sent(node) - sentBefore)
                .isPositive();
    }

    /** Frames that left; on a busy machine some leave late, and those that are too late are counted elsewhere. */
    static long sent(TestNode node) {
        return outcome(node, "sent") + outcome(node, "sent_late");
    }

    static JsonNode port(TestNode node) {
        return node.ports().path(0);
    }

    static long offered(TestNode node) {
        return port(node).path("offered").asLong();
    }

    private static long outcome(TestNode node, String name) {
        return port(node).path("outcomes").path(name).asLong();
    }

    /** Frames offered are frames with an outcome: none is unaccounted. */
    static void awaitAccounted(TestNode node) {
        TestNode.await(
                "every frame accounted",
                () -> {
                    JsonNode port = port(node);
                    long counted = 0;
                    for (JsonNode count : port.path("outcomes")) {
                        counted += count.asLong();
                    }
                    return port.path("queued").asLong() == 0
                            && port.path("offered").asLong() == counted;
                },
                node);
    }

    /** Between two pods of one node that both use the agent: through memory, past no switch. */
    void expectEveryFrameThroughMemory(TestNode node, String from, String pod, String to, String toPod) {
        long before = throughMemory(node);
        long sentBefore = sent(node);
        String socket = SocketPaths.socket(node.runDirectory(), uids.get(toPod)).toString();
        expectEveryFrameAccounted(node, from, pod, to, socket);
        assertThat(throughMemory(node) - before).describedAs("%s", node.ports()).isEqualTo(sent(node) - sentBefore);
    }

    private static long throughMemory(TestNode node) {
        return port(node).path("received").path("throughMemory").asLong();
    }

    /** What tells the pod's folder on the node from one made anew. */
    Object folder(TestNode node, String pod) {
        try {
            return Files.getAttribute(SocketPaths.folder(node.runDirectory(), uids.get(pod)), "unix:ino");
        } catch (IOException gone) {
            throw new AssertionError(gone);
        }
    }

    // ---- the end of pods ----

    /** The runtime's DEL, twice as runtimes do, and then the end of the namespace. */
    void delete(TestNode node, String container, String pod) {
        for (int i = 0; i < 2; i++) {
            Shell.Ended deleted = cni(node, "DEL", "1.0.0", container, pod, "");
            assertThat(deleted.code())
                    .describedAs("%s%s", deleted.output(), node.logs())
                    .isZero();
        }
        Shell.tryRun(Map.of(), "", List.of("ip", "netns", "del", container));
    }

    void deletePod(String pod) {
        Shell.run("curl", "-sf", "-X", "DELETE", podUrl(pod) + "?gracePeriodSeconds=0");
    }

    static String mac(String container) {
        String text = Shell.run("ip", "-n", container, "-o", "link", "show", "dev", "eth0");
        return text.replaceAll("(?s).*link/ether ([0-9a-f:]+) .*", "$1");
    }

    /** Interfaces of pods that are still on the node. */
    static List<String> podLinks(TestNode node) {
        return node.run("ip", "-o", "link", "show", "type", "veth")
                .lines()
                .filter(line -> line.contains("latency-scheduler.io"))
                .toList();
    }

    /** What pods leave on a node that has none any more: no interface, socket or lease. */
    void expectNoTraceOfPods(TestNode node) {
        TestNode.await(
                "no interface of a pod: " + node.name, () -> podLinks(node).isEmpty(), node);
        TestNode.await("no pod's folder: " + node.name, () -> node.podFolders().isEmpty(), node);
        assertThat(node.leases()).isEmpty();
    }
}
