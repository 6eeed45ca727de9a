package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.contract.NodeInventory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The owned ports of one node and which pod holds each. */
public final class OwnedPorts {
    private final Map<String, NodeInventory.Port> ports = new LinkedHashMap<>();
    /** UIDs by port, in the order of taking; more than one is a conflict that the auditor reports. */
    private final Map<String, List<String>> holders = new HashMap<>();
    /** Ports that exist − ports held, at hand since every decision asks it of many nodes. */
    private int headroom;

    /** An independent copy. */
    OwnedPorts copy() {
        OwnedPorts copy = new OwnedPorts();
        copy.ports.putAll(ports);
        holders.forEach((port, uids) -> copy.holders.put(port, new ArrayList<>(uids)));
        copy.headroom = headroom;
        return copy;
    }

    /** The ports that exist from now on; who holds what does not change. */
    void exist(List<NodeInventory.Port> existing) {
        ports.clear();
        existing.forEach(port -> ports.put(port.name(), port));
        headroom = ports.size() - holders.size();
    }

    void take(String podUid, List<String> names) {
        for (String name : names) {
            List<String> uids = holders.computeIfAbsent(name, unused -> new ArrayList<>(1));
            if (!uids.contains(podUid)) {
                uids.add(podUid);
            }
        }
        headroom = ports.size() - holders.size();
    }

    void giveBack(String podUid, List<String> names) {
        for (String name : names) {
            List<String> uids = holders.get(name);
            if (uids != null) {
                uids.remove(podUid);
                if (uids.isEmpty()) {
                    holders.remove(name);
                }
            }
        }
        headroom = ports.size() - holders.size();
    }

    public int total() {
        return ports.size();
    }

    /** Distinct ports held, including those that no longer exist. */
    public int held() {
        return holders.size();
    }

    /** Ports that exist − ports held: negative when the inventory shrank below what is in use. */
    public int headroom() {
        return headroom;
    }

    /** Ports that exist and nobody holds, in the inventory's order; at least {@link #headroom()} of them. */
    public List<NodeInventory.Port> free() {
        List<NodeInventory.Port> free = new ArrayList<>();
        for (NodeInventory.Port port : ports.values()) {
            if (!holders.containsKey(port.name())) {
                free.add(port);
            }
        }
        return free;
    }

    /** All ports that exist, in the inventory's order. */
    public List<NodeInventory.Port> all() {
        return List.copyOf(ports.values());
    }

    /** UID of the pod that took it first; null when nobody holds it. */
    public @Nullable String holder(String port) {
        List<String> uids = holders.get(port);
        return uids == null ? null : uids.get(0);
    }

    /** Ports that more than one pod holds, with their UIDs in the order of taking. */
    public Map<String, List<String>> conflicts() {
        Map<String, List<String>> conflicts = new LinkedHashMap<>();
        holders.forEach((port, uids) -> {
            if (uids.size() > 1) {
                conflicts.put(port, List.copyOf(uids));
            }
        });
        return conflicts;
    }
}
