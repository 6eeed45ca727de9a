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
import io.latencyscheduler.sandbox.testing.RequiresTier;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes in network namespaces, each with its own Open vSwitch with DPDK and its own agent, VXLAN between them, four pods
 * attached by tsn-cni with host-local addresses.
 */
@RequiresTier(3)
class OverlayIT {
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
    private TestNode one;
    private TestNode two;

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
            node.startDatabase();
            node.startSwitch();
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

    private void startAgent(TestNode node) {
        node.startAgent(
                folder.resolve(node.name),
                "--dataplane.overlay.mode=ovs",
                "--dataplane.overlay.engine-port=" + ENGINE_PORT,
                "--dataplane.overlay.uplink-devargs=" + node.uplinkDevargs());
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

    @Test
    void shouldCarryFramesBetweenPodsAndSurviveARestartOfTheSwitchAndALossOfTheAgent() throws IOException {
        createPod("talker", one.name, 100_000);
        createPod("near", one.name, -1);
        createPod("far", two.name, -1);
        createPod("back", two.name, 200_000);
        awaitReady(one);
        awaitReady(two);
        String talker = attach(one, "talker", "1.1.0");
        String near = attach(one, "near", "0.4.0");
        String far = attach(two, "far", "1.0.0");
        String back = attach(two, "back", "1.0.0");
        awaitPing(talker, address(far));
        awaitPing(talker, address(near));
        awaitPing(back, address(near));

        // Across nodes and on one node.
        expectEveryFrameAccounted(one, talker, "talker", far);
        expectEveryFrameAccounted(one, talker, "talker", near);
        expectEveryFrameAccounted(two, back, "back", near);
        assertThat(two.flows("tsn-int")).contains("tun_src=10.0.10.11");

        restartTheSwitchWhileFramesFlow(talker, far);
        expectEveryFrameAccounted(one, talker, "talker", far);

        one.killAgent();
        assertThat(ping(talker, address(far)))
                .describedAs("pods talk without agent")
                .isTrue();
    }

    private void restartTheSwitchWhileFramesFlow(String talker, String far) {
        CompletableFuture<JsonNode> talking = CompletableFuture.supplyAsync(() -> talk(talker, "talker", far, 800));
        TestNode.await("frames flow", () -> offered(one) > 250, one);
        one.killSwitch();
        one.startSwitch();
        JsonNode sent = talking.join();
        assertThat(sent.path("refused").asInt(0)).isZero();
        awaitAccounted(one);
        awaitPing(talker, address(far));
    }

    // ---- pods ----

    /** A pod bound to a node; with a stream where the offset is not negative. */
    private void createPod(String name, String node, long offsetNs) {
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

    private String attach(TestNode node, String pod, String version) {
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

    private Shell.Ended cni(TestNode node, String verb, String version, String container, String pod, String more) {
        String arguments = ";K8S_POD_NAMESPACE=plant;K8S_POD_NAME=" + pod + ";K8S_POD_UID=" + uids.get(pod);
        return node.cni(verb, version, container, arguments, more);
    }

    private static String address(String container) {
        String text = Shell.run("ip", "-n", container, "-4", "-o", "addr", "show", "dev", "eth0");
        return text.replaceAll("(?s).*inet ([0-9.]+)/.*", "$1");
    }

    private boolean ping(String from, String to) {
        return Shell.succeeds("ip", "netns", "exec", from, "ping", "-c", "2", "-i", "0.2", "-W", "1", to);
    }

    private void awaitPing(String from, String to) {
        TestNode.await(to + " reached from " + from, () -> ping(from, to), one, two);
    }

    private void awaitReady(TestNode node) {
        TestNode.await(
                "overlay of " + node.name + " ready",
                () -> {
                    try {
                        JsonNode status = api.get("latency-scheduler.io/v1alpha1", "NodeDataplane", "", node.name);
                        return status.toString().contains("through Open vSwitch with DPDK")
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

    private JsonNode talk(String from, String pod, String to, int frames) {
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
    private void expectEveryFrameAccounted(TestNode node, String from, String pod, String to) {
        awaitPing(from, address(to));
        long offeredBefore = offered(node);
        long sentBefore = sent(node);
        CompletableFuture<JsonNode> listening = CompletableFuture.supplyAsync(() -> json(Shell.tryRun(
                Map.of(), "", TestNode.tool(to, "", "listener", "-n", "" + FRAMES, "--idle", "4s", "--json"))));
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
    private static long sent(TestNode node) {
        return outcome(node, "sent") + outcome(node, "sent_late");
    }

    private static JsonNode port(TestNode node) {
        return node.ports().path(0);
    }

    private static long offered(TestNode node) {
        return port(node).path("offered").asLong();
    }

    private static long outcome(TestNode node, String name) {
        return port(node).path("outcomes").path(name).asLong();
    }

    /** Frames offered are frames with an outcome: none is unaccounted. */
    private static void awaitAccounted(TestNode node) {
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
}
