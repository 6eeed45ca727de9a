package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All nodes, the pods that count on them, and sets of nodes by what they have, kept up to date with every change so that
 * candidates are looked up and not searched for.
 */
public final class Cluster {
    /** Free owned ports beyond this are not told apart. */
    static final int MAX_INDEXED_PORTS = 64;

    private final Map<String, NodeState> nodes = new HashMap<>();
    private final List<Integer> freeSlots = new ArrayList<>();
    private int slots;
    /** One counter for all nodes: a node re-created under its old name never repeats a generation. */
    private long generation;

    private final Map<String, Placed> placed = new HashMap<>();
    private final TreeMap<Integer, Integer> podsByPriority = new TreeMap<>();
    /** UIDs of unfinished pods by group, and the group of each. */
    private final Map<String, Set<String>> groups = new HashMap<>();

    private final Map<String, String> groupOf = new HashMap<>();

    private final DenseNodeSet all = new DenseNodeSet();
    private final DenseNodeSet[] withFreePorts = new DenseNodeSet[MAX_INDEXED_PORTS + 1];
    private final DenseNodeSet withPorts = new DenseNodeSet();
    private final DenseNodeSet ovsDpdk = new DenseNodeSet();
    private final DenseNodeSet ovsDpdkAlone = new DenseNodeSet();
    private final DenseNodeSet kernelAlone = new DenseNodeSet();
    private final DenseNodeSet measured = new DenseNodeSet();
    private final DenseNodeSet gated = new DenseNodeSet();
    private final Set<String> changedCapacity = new LinkedHashSet<>();
    private final ClusterObjects objects = new ClusterObjects();
    private final PodsByTopology podsByTopology = new PodsByTopology(all, objects);

    /** A pod that counts on a node. */
    public record Placed(PodInfo pod, NodeState node, boolean assumed) {}

    public Cluster() {
        for (int i = 0; i < withFreePorts.length; i++) {
            withFreePorts[i] = new DenseNodeSet();
        }
    }

    /** Nodes that exist. */
    public NodeSet nodes() {
        return all;
    }

    /** Nodes with at least so many free owned ports, from 1. */
    public NodeSet nodesWithFreePorts(int atLeast) {
        return withFreePorts[Math.min(atLeast, MAX_INDEXED_PORTS)];
    }

    /** Nodes with owned ports, free or not. */
    public NodeSet nodesWithPorts() {
        return withPorts;
    }

    /** Nodes with neither free owned ports nor an Open vSwitch on DPDK: nothing there is wasted on a slow pod. */
    public NodeSet nodesWithKernelAlone() {
        return kernelAlone;
    }

    /** Nodes with an Open vSwitch on DPDK and no free owned ports. */
    public NodeSet nodesWithOvsDpdkAlone() {
        return ovsDpdkAlone;
    }

    /** Nodes whose agent has published measured latencies, fresh or not. */
    public NodeSet nodesWithMeasuredPaths() {
        return measured;
    }

    /** Nodes with an Open vSwitch on DPDK. */
    public NodeSet nodesWithOvsDpdk() {
        return ovsDpdk;
    }

    /** Nodes whose agent runs gated ports; whether it still lives is for the moment of asking. */
    public NodeSet nodesWithGatedPorts() {
        return gated;
    }

    /** How many pods of a kind are where, and what placed pods want of others. */
    public PodsByTopology podsByTopology() {
        return podsByTopology;
    }

    /** Upper bound of {@link NodeState#slot()}. */
    public int slots() {
        return slots;
    }

    /** The node of this name if the API server has it, else null. */
    public @Nullable NodeState node(String name) {
        NodeState state = nodes.get(name);
        return state != null && state.exists() ? state : null;
    }

    /** Where a pod counts; null when nowhere. */
    public @Nullable Placed placed(String podUid) {
        return placed.get(podUid);
    }

    /** The lowest priority among the pods that count somewhere; the largest integer when there are none. */
    public int lowestPriority() {
        return podsByPriority.isEmpty() ? Integer.MAX_VALUE : podsByPriority.firstKey();
    }

    private void countPriority(PodInfo pod, int change) {
        podsByPriority.merge(pod.priority(), change, (a, b) -> a + b == 0 ? null : a + b);
    }

    /** Every pod that counts somewhere. */
    public Iterable<Placed> allPlaced() {
        return placed.values();
    }

    public int placedPods() {
        return placed.size();
    }

    /** UIDs of the unfinished pods of a group, waiting or placed. */
    public Set<String> groupMembers(String groupKey) {
        return groups.getOrDefault(groupKey, Set.of());
    }

    /** The pod exists and is of this group; null: of none. */
    public void joinGroup(String podUid, @Nullable String groupKey) {
        if (Objects.equals(groupOf.get(podUid), groupKey)) {
            return;
        }
        leaveGroup(podUid);
        if (groupKey != null) {
            groupOf.put(podUid, groupKey);
            groups.computeIfAbsent(groupKey, unused -> new LinkedHashSet<>()).add(podUid);
        }
    }

    /** The pod is gone or terminated. */
    public void leaveGroup(String podUid) {
        String groupKey = groupOf.remove(podUid);
        Set<String> members = groupKey == null ? null : groups.get(groupKey);
        if (members != null) {
            members.remove(podUid);
            if (members.isEmpty()) {
                groups.remove(groupKey);
            }
        }
    }

    /** Everything else that plugins ask: namespaces, claims, volumes, budgets. */
    public ClusterObjects objects() {
        return objects;
    }

    /** Names of nodes whose free capacity may have changed since the last call. */
    public List<String> drainChangedCapacity() {
        List<String> names = List.copyOf(changedCapacity);
        changedCapacity.clear();
        return names;
    }

    /** The node appeared or changed. */
    public void putNode(Node node) {
        NodeState state = state(node.name());
        state.setNode(node);
        refresh(state);
    }

    /** The node is gone. Pods that still name it count on, should it come back. */
    public void removeNode(String name) {
        NodeState state = nodes.get(name);
        if (state != null) {
            state.setNode(null);
            refresh(state);
        }
    }

    /** Discovery's word on a node; null when it was withdrawn. Returns whether it is news. */
    public boolean putInventory(String nodeName, @Nullable NodeInventory inventory) {
        NodeState state = state(nodeName);
        boolean news = state.setInventory(inventory);
        refresh(state);
        return news;
    }

    /** The agent's word on a node; null when it was withdrawn. Returns its word before; null when there was none. */
    public @Nullable NodeDataplane putDataplane(String nodeName, @Nullable NodeDataplane dataplane) {
        NodeState state = state(nodeName);
        NodeDataplane before = state.dataplane();
        state.setDataplane(dataplane);
        refresh(state);
        return before;
    }

    /**
     * A pod is bound to a node, as the API server says; replaces what was assumed of it. An allocation is written once, with
     * the binding: what the pod was first seen bound with counts until it is gone, whatever becomes of the annotation.
     */
    public void putPod(PodInfo pod, String nodeName) {
        Placed before = placed.get(pod.uid());
        PodInfo counted =
                before == null || before.assumed || !before.node.name().equals(nodeName)
                        ? pod
                        : pod.withAllocation(before.pod.allocation());
        place(counted, nodeName, false);
    }

    /** A pod is about to be bound to a node. */
    public void assume(PodInfo pod, String nodeName) {
        place(pod, nodeName, true);
    }

    private void place(PodInfo pod, String nodeName, boolean assumed) {
        Placed before = placed.get(pod.uid());
        if (before != null && !before.node.name().equals(nodeName)) {
            removePod(pod.uid());
        }
        NodeState state = state(nodeName);
        state.add(pod);
        Placed replaced = placed.put(pod.uid(), new Placed(pod, state, assumed));
        if (replaced != null) {
            countPriority(replaced.pod, -1);
        }
        countPriority(pod, 1);
        refresh(state);
    }

    /** The pod is gone or terminated. Null when it did not count anywhere. */
    public @Nullable Placed removePod(String podUid) {
        Placed gone = placed.remove(podUid);
        if (gone != null) {
            gone.node.remove(podUid);
            countPriority(gone.pod, -1);
            refresh(gone.node);
        }
        return gone;
    }

    /** Undoes {@link #assume}, unless the pod has become bound since. */
    public @Nullable Placed forget(String podUid) {
        Placed found = placed.get(podUid);
        return found != null && found.assumed ? removePod(podUid) : null;
    }

    private NodeState state(String name) {
        return nodes.computeIfAbsent(
                name,
                key -> new NodeState(
                        key, freeSlots.isEmpty() ? slots++ : freeSlots.remove(freeSlots.size() - 1), podsByTopology));
    }

    private void refresh(NodeState state) {
        state.touched(++generation);
        boolean exists = state.exists();
        all.put(state, exists);
        int free = exists ? Math.min(state.ownedPorts().headroom(), MAX_INDEXED_PORTS) : 0;
        for (int i = 1; i <= MAX_INDEXED_PORTS; i++) {
            // Membership falls with i: once a node neither is nor was in a set, it is in none above.
            boolean was = withFreePorts[i].contains(state);
            if (!was && i > free) {
                break;
            }
            withFreePorts[i].put(state, i <= free);
        }
        boolean hasOvs = exists && state.ovsDpdk();
        withPorts.put(state, exists && state.ownedPorts().total() > 0);
        ovsDpdk.put(state, hasOvs);
        ovsDpdkAlone.put(state, hasOvs && free <= 0);
        kernelAlone.put(state, exists && !hasOvs && free <= 0);
        measured.put(state, exists && state.hasMeasuredPaths());
        gated.put(state, exists && !state.gatedPorts().isEmpty());
        changedCapacity.add(state.name());
        if (!exists && state.pods().isEmpty() && state.isForgettable()) {
            nodes.remove(state.name());
            freeSlots.add(state.slot());
            state.retire();
        }
    }
}
