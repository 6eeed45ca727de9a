package io.latencyscheduler.browser;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.scheduler.SchedulerApplication;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A factory and a radio site to look at: an in-memory API server with nodes of four kinds, the scheduler in this process,
 * and pods of every persona. {@code main} keeps it until interrupted, for work on the page.
 */
public final class PageWorld implements AutoCloseable {
    private static final long GBPS = 1_000_000_000L;

    private final Sandbox sandbox;
    private final ConfigurableApplicationContext scheduler;
    private final Path kubeconfig;
    private int pods;

    private PageWorld(Sandbox sandbox, ConfigurableApplicationContext scheduler, Path kubeconfig) {
        this.sandbox = sandbox;
        this.scheduler = scheduler;
        this.kubeconfig = kubeconfig;
    }

    /** {@code PageWorld NODES PORT}. */
    public static void main(String[] arguments) throws Exception {
        PageWorld world = start(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
        world.fill();
        System.out.println("page at " + world.url() + ", KUBECONFIG=" + world.kubeconfig);
        Thread.currentThread().join();
    }

    /** So many nodes and no pods yet. */
    static PageWorld start(int nodes, int port) throws IOException {
        Sandbox sandbox = Sandbox.start();
        for (String file : List.of("nodeinventories.yaml", "nodedataplanes.yaml")) {
            sandbox.create(Files.readString(Path.of(System.getProperty("repository.root"), "manifests", "crds", file)));
        }
        for (int i = 0; i < nodes; i++) {
            create(sandbox, i);
        }
        Path kubeconfig = Files.createTempFile("page-world", ".kubeconfig");
        sandbox.writeKubeconfig(kubeconfig);
        ConfigurableApplicationContext scheduler = new SpringApplicationBuilder(SchedulerApplication.class)
                .web(WebApplicationType.SERVLET)
                .properties(Map.of(
                        "server.port", port,
                        "server.address", "127.0.0.1",
                        "latency-scheduler.client.kubeconfig", kubeconfig.toString(),
                        "latency-scheduler.leader-election.enabled", "false",
                        "latency-scheduler.client.qps", "2000",
                        "latency-scheduler.client.burst", "4000",
                        "logging.level.root", "warn"))
                .run();
        return new PageWorld(sandbox, scheduler, kubeconfig);
    }

    String url() {
        return "http://127.0.0.1:" + scheduler.getEnvironment().getProperty("local.server.port");
    }

    /** Pods of every persona, some of them impossible, in a number that suits the nodes. */
    PageWorld fill() {
        int nodes = Math.max(1, sandbox.names("v1", "Node").size());
        for (int i = 0; i < nodes; i++) {
            switch (i % 5) {
                case 0 -> pod("ran", "vran-du", "latency: '1ms', interfaces: '2'");
                case 1 -> pod("core", "upf", "latency: '6ms'");
                case 2, 3 -> pod("line-4", "plc", "period: " + (i % 2 == 0 ? "1ms" : "2ms") + ", deadline: 500us");
                default -> pod("shop", "web", "latency: '20ms'");
            }
        }
        for (int i = 0; i < Math.min(120, 3 * nodes); i++) {
            pod(
                    "line-" + i % 3,
                    "plc",
                    "period: " + (i % 4 == 0 ? "500us" : "1ms") + ", deadline: " + (i % 2 == 0 ? "250us" : "400us")
                            + ", frame-bytes: '" + (i % 3 == 0 ? 256 : 1522) + "'");
        }
        pod(
                "line-4",
                "motion",
                "streams: '[{name: setpoint, period: 500us, deadline: 100us, frameBytes: 128},"
                        + " {name: feedback, period: 1ms, frameBytes: 256, trafficClass: 6}]'");
        pod("ran", "fronthaul", "latency: '200us'");
        pod("ran", "greedy-du", "latency: '1ms', interfaces: '64'");
        pod("line-4", "typo", "latency: 'fast'");
        pod("shop", "hostile", "latency: '<img src=x onerror=alert(1)>'");
        awaitDecisions();
        return this;
    }

    /** Until every pod is bound or refused: from then on nothing moves but ages. */
    private void awaitDecisions() {
        int all = podCount();
        SchedulerRuntime runtime = scheduler.getBean(SchedulerRuntime.class);
        Awaitility.await("every pod is decided")
                .atMost(Duration.ofMinutes(5))
                .ignoreExceptions()
                .until(() -> runtime.ask(core -> core.inFlight() == 0
                                && core.queue().size(SchedulingQueue.Place.ACTIVE) == 0
                                && core.cluster().placedPods()
                                                + core.queue().waiting().size()
                                        == all)
                        .get(10, TimeUnit.SECONDS));
    }

    /** How many pods the API server has. */
    int podCount() {
        return sandbox.names("v1", "Pod").size();
    }

    /** As a crash of the scheduler's pod is seen by who looks at the page. */
    void stopScheduler() {
        scheduler.close();
    }

    /** A pod of that persona with annotations of ours, comma separated, without prefix. */
    void pod(String namespace, String persona, String annotations) {
        StringBuilder prefixed = new StringBuilder();
        int depth = 0;
        boolean key = true;
        for (int i = 0; i < annotations.length(); i++) {
            char c = annotations.charAt(i);
            depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
            if (key && c != ' ') {
                prefixed.append(Keys.PREFIX);
                key = false;
            }
            prefixed.append(c);
            key |= c == ',' && depth == 0;
        }
        if (!sandbox.names("v1", "Namespace").contains(namespace)) {
            sandbox.create("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(namespace));
        }
        sandbox.create("""
                {apiVersion: v1, kind: Pod, metadata: {name: %s-%d, namespace: %s, annotations: {%s}},
                 spec: {schedulerName: latency-scheduler, containers: [{name: main, image: pause,
                   resources: {requests: {cpu: 100m, memory: 64Mi}}}]}}
                """.formatted(persona, pods++, namespace, prefixed));
    }

    private static void create(Sandbox sandbox, int index) {
        String kind = List.of("radio", "core", "cell", "cell", "general").get(index % 5);
        String name = "%s-%03d".formatted(kind, index);
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        node.putObject("metadata")
                .put("name", name)
                .putObject("labels")
                .put("kubernetes.io/hostname", name)
                .put("topology.kubernetes.io/zone", "zone-" + index % 3)
                .put(Keys.SIMULATED_LABEL, "true");
        if (index % 37 == 36) {
            node.putObject("spec").put("unschedulable", true);
        }
        ObjectNode status = node.putObject("status");
        status.putObject("allocatable").put("cpu", "32").put("memory", "128Gi").put("pods", "110");
        status.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
        sandbox.create(Json.text(node));
        String uid = sandbox.get("v1", "Node", "", name).at("/metadata/uid").asText();
        inventory(sandbox, name, uid, kind, index);
        dataplane(sandbox, name, kind, index);
    }

    private static void inventory(Sandbox sandbox, String name, String uid, String kind, int index) {
        List<NodeInventory.Port> ports = new ArrayList<>();
        int owned = kind.equals("radio") ? 4 + 4 * (index % 2) : kind.equals("core") ? 2 : 0;
        for (int i = 0; i < owned; i++) {
            String address = "0000:%02x:00.%d".formatted(5 + i / 4, i % 4);
            ports.add(port(address, address, "Intel X710", "vfio-pci", 25 * GBPS, NodeInventory.Role.OWNED, i / 4));
        }
        if (kind.equals("cell")) {
            ports.add(port("uplink0", "0000:03:00.0", "Intel I225-LM", "igc", GBPS, NodeInventory.Role.GATED, 0));
        }
        ports.add(port("0000:01:00.0", "0000:01:00.0", "Intel I350", "igb", GBPS, NodeInventory.Role.MANAGEMENT, 0));
        ObjectNode object =
                Json.object().put("apiVersion", Keys.GROUP + "/" + Keys.VERSION).put("kind", NodeInventory.KIND);
        object.putObject("metadata").put("name", name);
        object.set("spec", Json.toTree(new NodeInventory(uid, ports, kind.equals("core"), List.of(), "")));
        sandbox.create(Json.text(object));
    }

    private static NodeInventory.Port port(
            String name, String pci, String model, String driver, long rate, NodeInventory.Role role, int numa) {
        return new NodeInventory.Port(
                name,
                pci,
                null,
                model,
                null,
                driver,
                numa,
                rate,
                true,
                role,
                "configured",
                Set.of(),
                null,
                null,
                null,
                4);
    }

    private static void dataplane(Sandbox sandbox, String name, String kind, int index) {
        Instant now = Instant.now();
        NodeDataplane.Quantiles emission =
                new NodeDataplane.Quantiles(1_200_000, 180, 2_400 + 90 * (index % 7), 6_100, 21_000);
        NodeDataplane.GatedPort port = kind.equals("cell")
                ? new NodeDataplane.GatedPort(
                        "uplink0",
                        "af_packet",
                        GBPS,
                        index % 41 != 40,
                        1_000,
                        0,
                        1522,
                        List.of(new NodeDataplane.ReservedWindow("gptp", 1_000_000, 980_000, 12_000)),
                        emission)
                : null;
        List<NodeDataplane.MeasuredPath> paths = new ArrayList<>();
        if (index % 3 != 2) {
            paths.add(path(Tier.KERNEL, 31_000 + 900L * (index % 11), 4_200_000 + 200_000L * (index % 5), now));
            if (kind.equals("core")) {
                paths.add(path(Tier.OVS_DPDK, 4_900, 1_900_000 + 110_000L * (index % 13), now));
            }
            if (kind.equals("radio")) {
                paths.add(path(Tier.DPDK, 2_300, 44_000 + 3_000L * (index % 9), now));
            }
        }
        boolean silent = index % 29 == 28;
        NodeDataplane dataplane = new NodeDataplane(
                silent ? now.minusSeconds(600) : now.plusSeconds(3600),
                "0.1.0",
                new NodeDataplane.Clock(NodeDataplane.ClockState.LOCKED, "ptp0", 37, 120),
                port == null ? List.of() : List.of(port),
                paths,
                List.of(),
                List.of());
        ObjectNode object =
                Json.object().put("apiVersion", Keys.GROUP + "/" + Keys.VERSION).put("kind", NodeDataplane.KIND);
        object.putObject("metadata").put("name", name);
        object.set("status", Json.toTree(dataplane));
        sandbox.create(Json.text(object));
    }

    private static NodeDataplane.MeasuredPath path(Tier tier, long p50, long p999, Instant now) {
        return new NodeDataplane.MeasuredPath(
                tier, new NodeDataplane.Quantiles(240_000, p50, p999 / 2, p999, p999 * 2), now.plusSeconds(3600));
    }

    @Override
    public void close() {
        scheduler.close();
        sandbox.close();
        deleteQuietly(kubeconfig);
    }

    private static void deleteQuietly(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException left) {
            System.err.println("left behind: " + file);
        }
    }
}
