package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Compares what the ledger counts with a fresh, consistent list of all pods. List and ledger are never of quite the same
 * moment, so a difference counts as drift when the audit before has seen it too.
 */
public final class Auditor {
    private Set<Drift> suspected = Set.of();

    /** What is wrong about a pod or a port. */
    public enum Kind {
        /** The API server has the pod bound, the ledger does not count it. */
        NOT_COUNTED,
        /** The ledger counts a pod that the API server does not have, or that ended. */
        GHOST,
        /** It is counted on another node than it is bound to. */
        ELSEWHERE,
        /** Its annotation says other ports or windows than it holds, and the ledger has not seen that annotation. */
        OTHER_ALLOCATION,
        /** A port is held by two pods: the node's agent serves the earlier one alone. */
        PORT_HELD_TWICE
    }

    /**
     * One difference.
     *
     * @param subject UID of the pod, or the port's name
     * @param node where; empty where it is not one node's matter
     * @param detail in words
     */
    public record Drift(Kind kind, String subject, String node, String detail) {}

    /** The differences that were there at the last audit too. Repairing them is the caller's: it has the list. */
    public List<Drift> audit(Cluster cluster, Collection<PodInfo> fresh) {
        Set<Drift> found = new LinkedHashSet<>();
        Set<String> bound = new HashSet<>();
        for (PodInfo pod : fresh) {
            if (pod.pod().bound() && !pod.pod().terminated()) {
                bound.add(pod.uid());
                compare(cluster, pod, found);
            }
        }
        for (Cluster.Placed placed : cluster.allPlaced()) {
            if (!placed.assumed() && !bound.contains(placed.pod().uid())) {
                found.add(new Drift(
                        Kind.GHOST,
                        placed.pod().uid(),
                        placed.node().name(),
                        placed.pod().key() + " on " + placed.node().name()));
            }
        }
        NodeSet nodes = cluster.nodes();
        for (int i = 0; i < nodes.size(); i++) {
            NodeState node = nodes.get(i);
            node.ownedPorts()
                    .conflicts()
                    .forEach((port, uids) -> found.add(new Drift(
                            Kind.PORT_HELD_TWICE,
                            port,
                            node.name(),
                            "held by pods with UID " + String.join(", ", uids))));
        }
        List<Drift> confirmed = new ArrayList<>(found);
        confirmed.retainAll(suspected);
        suspected = found;
        return confirmed;
    }

    private static void compare(Cluster cluster, PodInfo pod, Set<Drift> found) {
        Cluster.Placed placed = cluster.placed(pod.uid());
        String nodeName = pod.pod().spec().nodeName();
        if (placed == null) {
            found.add(new Drift(Kind.NOT_COUNTED, pod.uid(), nodeName, pod.key() + " on " + nodeName));
        } else if (!placed.node().name().equals(nodeName)) {
            found.add(new Drift(
                    Kind.ELSEWHERE,
                    pod.uid(),
                    nodeName,
                    pod.key() + " on " + nodeName + ", counted on "
                            + placed.node().name()));
        } else if (pod.allocation() != null
                && !Objects.equals(pod.allocationText(), placed.pod().allocationText())
                && !Objects.equals(pod.allocation(), placed.node().allocation(placed.pod()))) {
            found.add(new Drift(Kind.OTHER_ALLOCATION, pod.uid(), nodeName, pod.key() + " on " + nodeName));
        }
    }
}
