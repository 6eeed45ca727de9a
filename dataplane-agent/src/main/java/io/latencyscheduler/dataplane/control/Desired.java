package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.dataplane.plan.BoundPod;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the API server says of this node.
 *
 * @param ports the gated ports of its inventory
 * @param ownedPorts names of the owned ports of its inventory; null while there is none
 * @param pods the pods bound to it that carry an allocation
 * @param ignored allocations that count for nothing
 */
public record Desired(
        List<Port> ports, @Nullable Set<String> ownedPorts, List<BoundPod> pods, List<IgnoredAllocation> ignored) {
    public Desired {
        ports = List.copyOf(ports);
        ownedPorts = ownedPorts == null ? null : Set.copyOf(ownedPorts);
        pods = List.copyOf(pods);
        ignored = List.copyOf(ignored);
    }

    /**
     * An annotation that no scheduler wrote in this form: it cannot be read, or was not there when the pod was bound. Its
     * pod is reported and left alone; the node is as ready as before.
     */
    public record IgnoredAllocation(String podUid, String namespace, String podName, String sentence) {}
}
