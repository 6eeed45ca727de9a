package io.latencyscheduler.dataplane.kubelet;

import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The anonymous devices that the kubelet counts: one for each owned port of the node. The kubelet's calls name no pod, so a
 * slot is not the port that it is named after: the pod's allocation says which port it gets. Pure.
 */
final class Slots {
    private Slots() {}

    /**
     * A slot.
     *
     * @param id name of its port, fit for a device name of the Container Device Interface
     * @param port name of its port
     * @param numaNode -1 when the machine does not say
     * @param healthy whether the port is there
     */
    record Slot(String id, String port, int numaNode, boolean healthy) {}

    /**
     * The slots now.
     *
     * @param ports the node's inventory
     * @param before the slots before: one whose port is gone stays, and is unhealthy
     * @param present whether a port is there now
     */
    static List<Slot> of(Collection<Port> ports, Collection<Slot> before, Predicate<Port> present) {
        Map<String, Slot> slots = new TreeMap<>();
        before.forEach(slot -> slots.put(slot.id(), new Slot(slot.id(), slot.port(), slot.numaNode(), false)));
        for (Port port : ports) {
            if (port.role() == Role.OWNED) {
                slots.put(id(port.name()), new Slot(id(port.name()), port.name(), port.numaNode(), present.test(port)));
            } else {
                slots.remove(id(port.name())); // it is there, and no pod's any more
            }
        }
        return List.copyOf(slots.values());
    }

    /** The slot that is named after a port. */
    static String id(String port) {
        return "slot-" + port.replaceAll("[^A-Za-z0-9]", "-");
    }

    /**
     * Which slots a container should have of those that are free: those it must have, then those of ports that a pod was
     * given and no container has yet, then those that leave the fewest NUMA nodes.
     *
     * @param expected names of ports that pods wait for
     */
    static List<String> preferred(
            Collection<Slot> slots, List<String> available, List<String> mustInclude, int size, Set<String> expected) {
        Map<String, Slot> known = slots.stream().collect(Collectors.toMap(Slot::id, slot -> slot));
        Map<Integer, Long> perNode = available.stream()
                .filter(known::containsKey)
                .collect(Collectors.groupingBy(id -> node(known, id), Collectors.counting()));
        List<String> ordered = new ArrayList<>(available);
        ordered.sort(Comparator.comparing((String id) -> !expected.contains(port(known, id)))
                .thenComparing(id -> perNode.getOrDefault(node(known, id), 0L) < size)
                .thenComparingInt(id -> node(known, id))
                .thenComparing(id -> id));
        Set<String> chosen = new LinkedHashSet<>(mustInclude);
        for (String id : ordered) {
            if (chosen.size() < size) {
                chosen.add(id);
            }
        }
        return List.copyOf(chosen);
    }

    private static int node(Map<String, Slot> known, String id) {
        Slot slot = known.get(id);
        return slot == null ? -1 : slot.numaNode();
    }

    private static String port(Map<String, Slot> known, String id) {
        Slot slot = known.get(id);
        return slot == null ? "" : slot.port();
    }

    /**
     * Which port each slot of a pod stands for: its own where the pod has that, else one of the others, in order.
     *
     * @param ids the slots that the kubelet gave to the pod
     * @param ports the ports of its allocation
     * @return port by slot; of the shorter of the two lists
     */
    static Map<String, String> assign(List<String> ids, List<String> ports) {
        Map<String, String> assigned = new TreeMap<>();
        List<String> left = new ArrayList<>(ports);
        for (String id : ids) {
            left.stream().filter(port -> id(port).equals(id)).findFirst().ifPresent(port -> {
                assigned.put(id, port);
                left.remove(port);
            });
        }
        for (String id : ids) {
            if (!assigned.containsKey(id) && !left.isEmpty()) {
                assigned.put(id, left.remove(0));
            }
        }
        return assigned;
    }
}
