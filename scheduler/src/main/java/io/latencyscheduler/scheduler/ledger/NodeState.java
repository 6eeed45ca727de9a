package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.Resources;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** One node with the pods that count on it, bound or assumed, and the sums that filters ask for. */
public final class NodeState {
    private final String name;
    private int slot;
    private @Nullable Node node;
    private Resources allocatable = Resources.NONE;
    private long allocatablePods;
    private long generation;

    private final Map<String, PodInfo> pods = new LinkedHashMap<>();
    private long milliCpu;
    private long memoryBytes;
    private long ephemeralStorageBytes;
    private long scoreMilliCpu;
    private long scoreMemoryBytes;
    private final Map<String, Long> scalar = new HashMap<>();
    private int podsWithHostPorts;

    final NodePorts ports;
    /** Told of the pods here while the node exists; null for a trial copy. */
    private final @Nullable PodsByTopology topology;

    NodeState(String name, int slot, PodsByTopology topology) {
        this(name, slot, new NodePorts(), topology);
    }

    private NodeState(String name, int slot, NodePorts ports, @Nullable PodsByTopology topology) {
        this.name = name;
        this.slot = slot;
        this.ports = ports;
        this.topology = topology;
    }

    /** Its place in arrays with one entry per node: from 0 to below {@link Cluster#slots()}; -1 for a trial copy. */
    public int slot() {
        return slot;
    }

    /** Whether this is a {@link #trialCopy}. */
    public boolean isTrial() {
        return slot < 0;
    }

    public String name() {
        return name;
    }

    /** Whether the API server has the node; one that only pods name is no candidate. */
    public boolean exists() {
        return node != null;
    }

    /**
     * The node as last read.
     *
     * @throws IllegalStateException when it does not exist
     */
    public Node node() {
        if (node == null) {
            throw new IllegalStateException("node " + name + " does not exist");
        }
        return node;
    }

    /** Its labels; empty while it does not exist. */
    public Map<String, String> labels() {
        return node == null ? Map.of() : node.metadata().labels();
    }

    /** Changes with every change of the node or its pods, and is never used twice in the life of the process. */
    public long generation() {
        return generation;
    }

    void touched(long generation) {
        this.generation = generation;
    }

    void setNode(@Nullable Node updated) {
        boolean moves = !sameTopology(node, updated);
        if (moves) {
            countAll(-1);
        }
        node = updated;
        if (moves) {
            countAll(1);
        }
        allocatable =
                updated == null ? Resources.NONE : Resources.of(updated.status().allocatable());
        allocatablePods = updated == null || !updated.status().allocatable().containsKey(Resources.PODS)
                ? 0
                : updated.status().allocatable().get(Resources.PODS).value();
        ports.nodeChanged(updated, pods.values());
    }

    /** Whether pods here are where they were, in the opinion of every {@link NodeScope}. */
    private static boolean sameTopology(@Nullable Node before, @Nullable Node after) {
        return before != null
                && after != null
                && before.metadata().labels().equals(after.metadata().labels())
                && before.spec().taints().equals(after.spec().taints());
    }

    private void countAll(int sign) {
        if (node == null || topology == null) {
            return;
        }
        if (sign > 0) {
            topology.node(node, sign);
        }
        for (PodInfo pod : pods.values()) {
            topology.pod(node, pod, sign);
        }
        if (sign < 0) {
            topology.node(node, sign);
        }
    }

    boolean setInventory(@Nullable NodeInventory inventory) {
        return ports.setInventory(inventory, pods.values());
    }

    void setDataplane(@Nullable NodeDataplane dataplane) {
        ports.setDataplane(dataplane, pods.values());
    }

    void add(PodInfo pod) {
        PodInfo before = pods.put(pod.uid(), pod);
        if (before != null) {
            count(before, -1);
        }
        count(pod, 1);
        boolean sameAllocation =
                before != null && (pod.allocation() == null || pod.allocation().equals(before.allocation()));
        if (sameAllocation) {
            return; // The common update: nothing about ports, and timetables need not be touched.
        }
        if (before != null) {
            ports.giveBack(before);
        }
        ports.take(pod);
    }

    @Nullable
    PodInfo remove(String uid) {
        PodInfo pod = pods.remove(uid);
        if (pod != null) {
            count(pod, -1);
            ports.giveBack(pod);
            ports.forget(uid);
        }
        return pod;
    }

    private void count(PodInfo pod, int sign) {
        Resources requests = pod.requests();
        milliCpu += sign * requests.milliCpu();
        memoryBytes += sign * requests.memoryBytes();
        ephemeralStorageBytes += sign * requests.ephemeralStorageBytes();
        scoreMilliCpu += sign * pod.scoreRequests().milliCpu();
        scoreMemoryBytes += sign * pod.scoreRequests().memoryBytes();
        if (!requests.scalar().isEmpty()) {
            requests.scalar().forEach((resource, amount) -> scalar.merge(resource, sign * amount, Long::sum));
        }
        podsWithHostPorts += pod.hostPorts().isEmpty() ? 0 : sign;
        if (node != null && topology != null) {
            topology.pod(node, pod, sign);
        }
    }

    /** Pods that count here: bound or assumed, and not terminated. */
    public Collection<PodInfo> pods() {
        return pods.values();
    }

    public @Nullable PodInfo pod(String uid) {
        return pods.get(uid);
    }

    /** What the node offers pods; {@link #allocatablePods()} beside it. */
    public Resources allocatable() {
        return allocatable;
    }

    public long allocatablePods() {
        return allocatablePods;
    }

    public long requestedMilliCpu() {
        return milliCpu;
    }

    public long requestedMemoryBytes() {
        return memoryBytes;
    }

    public long requestedEphemeralStorageBytes() {
        return ephemeralStorageBytes;
    }

    /** Hugepages in bytes, extended resources in units. */
    public long requestedScalar(String resource) {
        return scalar.getOrDefault(resource, 0L);
    }

    /** With kube-scheduler's defaults for containers that state nothing; for scores alone. */
    public long scoreMilliCpu() {
        return scoreMilliCpu;
    }

    /** Likewise. */
    public long scoreMemoryBytes() {
        return scoreMemoryBytes;
    }

    public boolean hasHostPorts() {
        return podsWithHostPorts > 0;
    }

    /** Ports that belong to one pod each. */
    public OwnedPorts ownedPorts() {
        return ports.owned();
    }

    /** Ports whose time is divided, by name, as its agent runs them; empty without an agent. */
    public Map<String, GatedPort> gatedPorts() {
        return ports.gated();
    }

    /** Changes with every change of the gated ports or their windows, and is never used twice in the life of the process. */
    public long gatedPortsGeneration() {
        return ports.gatedGeneration();
    }

    /** Why no window can be taken although the ports have room; empty when that is not so. */
    public String unknownStreams() {
        return ports.unknownStreams();
    }

    /** What its agent says; null without an agent. Its heartbeat may be old. */
    public @Nullable NodeDataplane dataplane() {
        return ports.dataplane();
    }

    /** Whether its agent has published measured latencies. */
    boolean hasMeasuredPaths() {
        NodeDataplane dataplane = ports.dataplane();
        return dataplane != null && !dataplane.paths().isEmpty();
    }

    /** What discovery found on this very node; null when nothing was, or for an earlier node of this name. */
    public @Nullable NodeInventory inventory() {
        return ports.inventory();
    }

    /** Whether an Open vSwitch with the DPDK datapath runs there. */
    public boolean ovsDpdk() {
        return ports.ovsDpdk();
    }

    /** The total adopted from a hand-set label, which the projector is to keep in an annotation; else empty. */
    public OptionalInt adoptedTotal() {
        return ports.adoptedTotal();
    }

    /** The allocation that counts for a pod here: what its annotation says or said; null when it holds nothing. */
    public @Nullable Allocation allocation(PodInfo pod) {
        return ports.allocation(pod);
    }

    /** Reads what most filters and scores read, so that it is in the processor's cache; the number means nothing. */
    public long fetch() {
        Node known = node;
        return milliCpu
                + allocatable.milliCpu()
                + pods.size()
                + ports.owned().headroom()
                + (known == null ? 0 : known.spec().taints().size() + labels().size());
    }

    /** A copy to try things on: changes to it do not reach this one. */
    public NodeState trialCopy() {
        NodeState copy = new NodeState(name, -1, ports.trialCopy(), null);
        copy.node = node;
        copy.generation = generation;
        copy.allocatable = allocatable;
        copy.allocatablePods = allocatablePods;
        copy.pods.putAll(pods);
        copy.milliCpu = milliCpu;
        copy.memoryBytes = memoryBytes;
        copy.ephemeralStorageBytes = ephemeralStorageBytes;
        copy.scoreMilliCpu = scoreMilliCpu;
        copy.scoreMemoryBytes = scoreMemoryBytes;
        copy.scalar.putAll(scalar);
        copy.podsWithHostPorts = podsWithHostPorts;
        return copy;
    }

    /** For trials alone: {@link #trialCopy()} with a pod more. */
    public void tryAdd(PodInfo pod) {
        requireTrial();
        add(pod);
    }

    /** For trials alone: {@link #trialCopy()} with a pod less. */
    public void tryRemove(PodInfo pod) {
        requireTrial();
        remove(pod.uid());
    }

    private void requireTrial() {
        if (slot >= 0) {
            throw new IllegalStateException("node " + name + " is no trial copy");
        }
    }

    /** Whether nothing is known of it but its name. */
    boolean isForgettable() {
        return node == null && ports.dataplane() == null && !ports.hasAnyInventory();
    }

    void retire() {
        slot = -1;
    }
}
