package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.timetable.Holding;
import io.latencyscheduler.contract.timetable.PortTiming;
import io.latencyscheduler.contract.timetable.Timetable;
import io.latencyscheduler.contract.timetable.Window;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The network ports of one node: what exists by inventory and agent, and what the pods there hold.
 *
 * <p>What a pod holds is remembered for as long as the pod counts, whatever becomes of its annotation. The agent's list
 * of installed allocations is the second witness for a pod whose annotation cannot be read.
 */
final class NodePorts {
    /** A hand-set label is believed up to here. */
    static final int MAX_ADOPTED = 1024;

    private static final AtomicLong GENERATIONS = new AtomicLong();

    private final OwnedPorts owned;
    private Map<String, GatedPort> gated = Map.of();
    private long gatedGeneration = GENERATIONS.incrementAndGet();
    /** By pod UID: what counts for it. */
    private final Map<String, Allocation> allocations = new HashMap<>();
    /** Pods here that hold streams of which nothing but the name is known, by UID. */
    private final Map<String, String> unknownStreams = new LinkedHashMap<>();

    private @Nullable NodeInventory anyInventory;
    /** From {@link #anyInventory} and {@link #node}, as is {@link #ovsDpdk}. */
    private @Nullable NodeInventory inventory;

    private boolean ovsDpdk;
    private @Nullable NodeDataplane dataplane;
    private @Nullable Node node;
    private OptionalInt adoptedTotal = OptionalInt.empty();
    private String adoptedUid = "";

    NodePorts() {
        this(new OwnedPorts());
    }

    private NodePorts(OwnedPorts owned) {
        this.owned = owned;
    }

    OwnedPorts owned() {
        return owned;
    }

    /** Changes with every change of the gated ports or of their windows; no other node ever has the same. */
    long gatedGeneration() {
        return gatedGeneration;
    }

    private void gatedChanged() {
        gatedGeneration = GENERATIONS.incrementAndGet();
    }

    Map<String, GatedPort> gated() {
        return gated;
    }

    @Nullable
    NodeDataplane dataplane() {
        return dataplane;
    }

    OptionalInt adoptedTotal() {
        return adoptedTotal;
    }

    String unknownStreams() {
        return unknownStreams.isEmpty()
                ? ""
                : unknownStreams.values().iterator().next();
    }

    @Nullable
    Allocation allocation(PodInfo pod) {
        return allocations.get(pod.uid());
    }

    /** An inventory counts for the node it was made for, not for a later one of its name. */
    @Nullable
    NodeInventory inventory() {
        return inventory;
    }

    boolean hasAnyInventory() {
        return anyInventory != null;
    }

    boolean ovsDpdk() {
        return ovsDpdk;
    }

    /** Works out once what every filter asks of every node. */
    private void refreshFacts() {
        inventory =
                anyInventory != null && node != null && anyInventory.nodeUid().equals(node.uid()) ? anyInventory : null;
        if (inventory != null) {
            ovsDpdk = inventory.ovsDpdk();
        } else {
            ovsDpdk = node != null
                    && anyInventory == null
                    && "true".equals(node.metadata().labels().get(Keys.OVS_DPDK_LABEL));
        }
        refreshOwned();
    }

    void nodeChanged(@Nullable Node updated, Collection<PodInfo> pods) {
        boolean sameUid = node != null && updated != null && node.uid().equals(updated.uid());
        node = updated;
        if (updated != null && !updated.uid().equals(adoptedUid)) {
            adoptedUid = updated.uid();
            adoptedTotal = OptionalInt.empty();
        }
        refreshFacts();
        if (!sameUid) {
            refreshGated(pods);
        }
    }

    boolean setInventory(@Nullable NodeInventory updated, Collection<PodInfo> pods) {
        if (Objects.equals(anyInventory, updated)) {
            return false;
        }
        anyInventory = updated;
        refreshFacts();
        refreshGated(pods);
        return true;
    }

    void setDataplane(@Nullable NodeDataplane updated, Collection<PodInfo> pods) {
        boolean samePorts =
                dataplane != null && updated != null && dataplane.ports().equals(updated.ports());
        dataplane = updated;
        if (!samePorts) {
            refreshGated(pods);
        }
        for (PodInfo pod : pods) {
            if (!allocations.containsKey(pod.uid())) {
                take(pod);
            }
        }
    }

    /** An independent copy to try things on; timetables share their memory with these until they change. */
    NodePorts trialCopy() {
        NodePorts copy = new NodePorts(owned.copy());
        Map<String, GatedPort> trials = new LinkedHashMap<>();
        gated.forEach((name, port) -> trials.put(
                name,
                new GatedPort(
                        port.state(), port.inventoryRateBps(), port.timetable().trial())));
        copy.gated = trials;
        copy.allocations.putAll(allocations);
        copy.unknownStreams.putAll(unknownStreams);
        copy.anyInventory = anyInventory;
        copy.inventory = inventory;
        copy.ovsDpdk = ovsDpdk;
        copy.dataplane = dataplane;
        copy.node = node;
        copy.adoptedTotal = adoptedTotal;
        copy.adoptedUid = adoptedUid;
        return copy;
    }

    private void refreshOwned() {
        owned.exist(node == null || node.lost() ? List.of() : existing(node));
    }

    private List<NodeInventory.Port> existing(Node existing) {
        if (anyInventory != null) {
            return inventory == null
                    ? List.of()
                    : inventory.ports().stream()
                            .filter(port -> port.role() == NodeInventory.Role.OWNED)
                            .toList();
        }
        if (adoptedTotal.isEmpty()) {
            adoptedTotal = adopt(existing);
        }
        List<NodeInventory.Port> ports = new ArrayList<>();
        for (int i = 0; i < adoptedTotal.orElse(0); i++) {
            ports.add(handSetPort(i));
        }
        return ports;
    }

    /** The kept total, else the label as somebody set it by hand; an unreadable one counts as absent. */
    private static OptionalInt adopt(Node node) {
        String kept = node.metadata().annotations().get(Keys.DPDK_TOTAL);
        String text = kept != null ? kept : node.metadata().labels().get(Keys.DPDK_LABEL);
        if (text == null || !text.matches("[0-9]{1,4}")) {
            return OptionalInt.empty();
        }
        int total = Integer.parseInt(text);
        return total <= MAX_ADOPTED ? OptionalInt.of(total) : OptionalInt.empty();
    }

    private static NodeInventory.Port handSetPort(int number) {
        return new NodeInventory.Port(
                "dpdk" + number,
                null,
                null,
                "unknown",
                null,
                null,
                -1,
                0,
                null,
                NodeInventory.Role.OWNED,
                "stated by the node label " + Keys.DPDK_LABEL,
                Set.of(NodeInventory.Feature.DPDK),
                null,
                null,
                null,
                0);
    }

    /** New timetables from what the agent says now, with the windows of local configuration and of all pods. */
    private void refreshGated(Collection<PodInfo> pods) {
        gatedChanged();
        if (dataplane == null || dataplane.ports().isEmpty()) {
            gated = Map.of();
            return;
        }
        Map<String, GatedPort> refreshed = new LinkedHashMap<>();
        for (NodeDataplane.GatedPort port : dataplane.ports()) {
            Timetable timetable = timetable(port);
            if (timetable == null) {
                continue;
            }
            long rate = inventory == null
                    ? 0
                    : inventory
                            .port(port.name())
                            .map(NodeInventory.Port::linkRateBps)
                            .orElse(0L);
            refreshed.put(port.name(), new GatedPort(port, rate, timetable));
        }
        gated = refreshed;
        for (PodInfo pod : pods) {
            Allocation allocation = allocations.get(pod.uid());
            if (allocation != null) {
                addWindows(pod, allocation);
            }
        }
    }

    /** Null for a port whose numbers cannot be right: it takes no streams, and its agent's conditions say why. */
    private static @Nullable Timetable timetable(NodeDataplane.GatedPort port) {
        try {
            Timetable timetable = new Timetable(port.name(), PortTiming.of(port));
            for (NodeDataplane.ReservedWindow reserved : port.reserved()) {
                timetable.add(
                        "local configuration",
                        reserved.name(),
                        new Window(reserved.periodNs(), reserved.offsetNs(), reserved.windowNs()));
            }
            return timetable;
        } catch (IllegalArgumentException impossible) {
            return null;
        }
    }

    /** Counts what the pod holds: by its annotation, by what it said before, or by the agent's word. */
    void take(PodInfo pod) {
        Allocation allocation = pod.allocation();
        if (allocation == null) {
            allocation = allocations.get(pod.uid());
        }
        if (allocation == null) {
            allocation = installed(pod);
        }
        if (allocation == null) {
            return;
        }
        allocations.put(pod.uid(), allocation);
        owned.take(pod.uid(), allocation.interfaces());
        addWindows(pod, allocation);
    }

    private void addWindows(PodInfo pod, Allocation allocation) {
        for (Allocation.StreamAllocation stream : allocation.streams()) {
            GatedPort port = gated.get(stream.port());
            if (port != null) {
                gatedChanged();
                port.timetable().add(new Holding(pod.key(), stream.name(), Window.of(stream), stream.trafficClass()));
            }
        }
    }

    private @Nullable Allocation installed(PodInfo pod) {
        if (dataplane == null) {
            return null;
        }
        for (NodeDataplane.Installed installed : dataplane.allocations()) {
            if (installed.podUid().equals(pod.uid())) {
                if (!installed.streams().isEmpty()) {
                    unknownStreams.put(pod.uid(), pod.key());
                }
                return new Allocation(Allocation.VERSION, pod.uid(), null, installed.interfaces(), List.of());
            }
        }
        return null;
    }

    /** The pod no longer counts. */
    void giveBack(PodInfo pod) {
        unknownStreams.remove(pod.uid());
        Allocation allocation = allocations.get(pod.uid());
        if (allocation == null) {
            return;
        }
        owned.giveBack(pod.uid(), allocation.interfaces());
        for (Allocation.StreamAllocation stream : allocation.streams()) {
            GatedPort port = gated.get(stream.port());
            if (port != null) {
                gatedChanged();
                port.timetable().remove(pod.key());
            }
        }
    }

    /** Forgets what a pod that no longer counts held. */
    void forget(String podUid) {
        allocations.remove(podUid);
    }
}
