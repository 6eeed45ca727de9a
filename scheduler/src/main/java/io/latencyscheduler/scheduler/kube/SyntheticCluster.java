package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.PortTiming;
import io.latencyscheduler.contract.timetable.Window;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Reflector;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.cycle.Reporter;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.cycle.Settings;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.Profile;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.queue.Backoff;
import io.latencyscheduler.scheduler.trace.Decision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler's core on nodes and pods that are made up and read from JSON like real ones, with an API server that agrees to
 * everything: to measure decisions, and to run them before real pods come. Of ten nodes four have 16 DPDK ports and three
 * Open vSwitch on DPDK; every node runs four pods. Belongs to one thread.
 */
public final class SyntheticCluster implements Binder, Reporter {
    private static final int PORTS = 16;
    private static final int PODS_PER_NODE = 4;
    private static final Instant NOW = Instant.EPOCH;
    private static final long[] PERIODS_NS = {250_000, 500_000, 1_000_000};
    private static final String GATED_PORT = "uplink0";
    private static final Reflector.Decoder<Node> NODES = Decoders.of(Node.class);
    private static final Reflector.Decoder<PodInfo> PODS = Decoders.pod();

    /** What a pod asks. */
    public enum Asks {
        /** CPU and memory alone. */
        PLAIN,
        /** A latency that Open vSwitch keeps. */
        TIER,
        /** A latency that a port of its own keeps, and two of them. */
        INTERFACES,
        /** A stream that no node without a gated port takes. */
        STREAM,
        /** A node for itself among its kind, rather in one zone than in the others. */
        AFFINITY,
        /** More CPU than any node has, which every node has to refuse. */
        TOO_MUCH_CPU,
        /** More ports than any node has. */
        TOO_MANY_PORTS
    }

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final Scheduler core;
    private int pods;
    private boolean placed;

    /** Makes so many nodes up. */
    public SyntheticCluster(int nodes, List<? extends Plugin> plugins) {
        core = new Scheduler(
                new Settings(Keys.SCHEDULER_NAME, Settings.DEFAULT_NODES_TO_SCORE, 1, Backoff.DEFAULT),
                new Profile(plugins),
                new Cluster(),
                this,
                this,
                tasks::add,
                () -> NOW,
                () -> NOW);
        for (int number = 0; number < nodes; number++) {
            addNode(number);
        }
    }

    private void addNode(int number) {
        ObjectNode node = Json.object();
        String name = name(number);
        node.putObject("metadata")
                .put("name", name)
                .put("uid", name)
                .putObject("labels")
                .put("kubernetes.io/hostname", name)
                .put("topology.kubernetes.io/zone", "zone-" + number % 3);
        ObjectNode status = node.putObject("status");
        status.putObject("allocatable").put("cpu", "32").put("memory", "128Gi").put("pods", "110");
        status.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
        core.inbox().node(decode(NODES, node));
        List<NodeInventory.Port> ports = new ArrayList<>();
        for (int i = 0; i < (number % 10 < 4 ? PORTS : 0); i++) {
            ports.add(port("0000:05:%02x.%d".formatted(2 + i / 8, i % 8), i % 2));
        }
        if (number % 10 >= 6) {
            agent(number, 10_000_000_000L);
        }
        boolean ovsDpdk = number % 10 >= 3 && number % 10 < 6;
        core.inbox().inventory(name, new NodeInventory(name, ports, ovsDpdk, List.of(), ""));
        for (int i = 0; i < PODS_PER_NODE; i++) {
            core.inbox().pod(pod(Asks.PLAIN, name));
        }
    }

    /** Gives a node a live agent with one idle gated port. */
    public void agent(int number, long linkRateBps) {
        NodeDataplane.GatedPort port = new NodeDataplane.GatedPort(
                GATED_PORT,
                "af_packet",
                linkRateBps,
                true,
                PortTiming.DEFAULT_GUARD_NS,
                0,
                StreamDemand.MAX_FRAME_BYTES,
                List.of(),
                null);
        core.inbox()
                .dataplane(
                        name(number),
                        new NodeDataplane(
                                NOW,
                                "",
                                new NodeDataplane.Clock(NodeDataplane.ClockState.LOCKED, "ptp", 37, 100),
                                List.of(port),
                                List.of(),
                                List.of(),
                                List.of()));
    }

    /** A pod that runs on a node and holds windows of its gated port. */
    public void hold(int number, List<Window> windows) {
        List<Allocation.StreamAllocation> streams = new ArrayList<>();
        for (Window window : windows) {
            StreamDemand demand = new StreamDemand(
                    "s" + streams.size(),
                    window.periodNs(),
                    window.periodNs(),
                    StreamDemand.MIN_FRAME_BYTES,
                    Phase.ASSIGNED,
                    OptionalLong.empty(),
                    StreamDemand.DEFAULT_TRAFFIC_CLASS);
            streams.add(window.allocation(GATED_PORT, demand));
        }
        PodInfo pod = pod(Asks.PLAIN, name(number));
        core.inbox().pod(pod.withAllocation(new Allocation(Allocation.VERSION, pod.uid(), null, List.of(), streams)));
    }

    private static String name(int number) {
        return "node-" + number;
    }

    private static NodeInventory.Port port(String address, int numaNode) {
        return new NodeInventory.Port(
                address,
                address,
                null,
                "Ethernet Virtual Function",
                "8086:154c",
                "vfio-pci",
                numaNode,
                10_000_000_000L,
                null,
                NodeInventory.Role.OWNED,
                "bound to vfio-pci",
                Set.of(NodeInventory.Feature.DPDK),
                null,
                null,
                null,
                0);
    }

    /** A pod of its own name that waits to be placed. */
    public PodInfo pod(Asks asks) {
        return pod(asks, "");
    }

    /** A pod of its own name that waits, with a stream whose windows may start anywhere. */
    public PodInfo pod(StreamDemand demand, int priority) {
        ObjectNode pod = object(Asks.PLAIN, "");
        pod.withObject("spec").put("priority", priority);
        stream(
                pod.withObject("metadata").withObject("annotations"),
                demand.periodNs(),
                demand.deadlineNs(),
                demand.frameBytes());
        return decode(PODS, pod);
    }

    private static void stream(ObjectNode annotations, long periodNs, long deadlineNs, int frameBytes) {
        annotations
                .put(Keys.PREFIX + "period", periodNs + "ns")
                .put(Keys.PREFIX + "deadline", deadlineNs + "ns")
                .put(Keys.PREFIX + "frame-bytes", Integer.toString(frameBytes));
    }

    private PodInfo pod(Asks asks, String nodeName) {
        return decode(PODS, object(asks, nodeName));
    }

    private ObjectNode object(Asks asks, String nodeName) {
        ObjectNode pod = Json.object();
        String name = "pod-" + pods++;
        ObjectNode metadata = pod.putObject("metadata")
                .put("name", name)
                .put("namespace", "default")
                .put("uid", name)
                .put("creationTimestamp", NOW.toString());
        metadata.putObject("labels").put("app", asks.name());
        ObjectNode annotations = metadata.putObject("annotations");
        metadata.putArray("managedFields").addObject().put("manager", "none").put("time", NOW.toString());
        ObjectNode spec =
                pod.putObject("spec").put("schedulerName", Keys.SCHEDULER_NAME).put("nodeName", nodeName);
        spec.putArray("containers")
                .addObject()
                .put("name", "c")
                .putObject("resources")
                .putObject("requests")
                .put("cpu", asks == Asks.TOO_MUCH_CPU ? "64" : "100m")
                .put("memory", "64Mi");
        switch (asks) {
            case PLAIN, TOO_MUCH_CPU -> {}
            case TIER -> annotations.put(Keys.PREFIX + "latency", "6ms");
            case INTERFACES -> annotations.put(Keys.PREFIX + "latency", "1ms").put(Keys.PREFIX + "interfaces", "2");
            case TOO_MANY_PORTS ->
                annotations.put(Keys.PREFIX + "latency", "1ms").put(Keys.PREFIX + "interfaces", "40");
            case STREAM -> stream(annotations, PERIODS_NS[pods % PERIODS_NS.length], 100_000, 64 + pods * 31 % 1_000);
            case AFFINITY -> affinity(spec.putObject("affinity"), asks.name());
        }
        return pod;
    }

    private static void affinity(ObjectNode affinity, String app) {
        ObjectNode preferred = affinity.putObject("nodeAffinity")
                .putArray("preferredDuringSchedulingIgnoredDuringExecution")
                .addObject()
                .put("weight", 10);
        ArrayNode expressions = preferred.putObject("preference").putArray("matchExpressions");
        expressions
                .addObject()
                .put("key", "topology.kubernetes.io/zone")
                .put("operator", "In")
                .putArray("values")
                .add("zone-1");
        affinity.putObject("podAntiAffinity")
                .putArray("requiredDuringSchedulingIgnoredDuringExecution")
                .addObject()
                .put("topologyKey", "kubernetes.io/hostname")
                .putObject("labelSelector")
                .putObject("matchLabels")
                .put("app", app);
    }

    private static <T> T decode(Reflector.Decoder<T> decoder, ObjectNode object) {
        try (JsonParser parser = Json.parser(Json.bytes(object))) {
            parser.nextToken();
            return decoder.decode(parser);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /**
     * The pod comes, is decided, is bound if a node can take it, and goes: the cluster is afterwards as it was before.
     *
     * @return whether it was bound
     */
    public boolean pass(PodInfo pod) {
        placed = false;
        core.inbox().pod(pod);
        core.scheduleOne();
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        core.inbox().podDeleted(pod.uid());
        return placed;
    }

    @Override
    public CompletionStage<Result> bind(Request request) {
        placed = true;
        return CompletableFuture.completedFuture(new Result.Bound());
    }

    @Override
    public void decided(Decision decision) {}

    @Override
    public void broke(String doing, RuntimeException cause) {
        throw cause;
    }

    @Override
    public void unschedulable(PodInfo pod, String reason, String message, @Nullable String nominatedNodeName) {}

    @Override
    public void scheduled(PodInfo pod, String nodeName, String why, int attempts) {}

    @Override
    public void warning(PodInfo pod, String reason, String message) {}

    @Override
    public void preempt(PodInfo preemptor, String nodeName, List<PodInfo> victims) {}
}
