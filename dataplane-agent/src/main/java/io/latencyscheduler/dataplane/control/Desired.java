package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.dataplane.plan.BoundPod;
import java.util.List;

/**
 * What the API server says of this node.
 *
 * @param ports the gated ports of its inventory
 * @param pods the pods bound to it that carry an allocation
 * @param problems allocations that cannot be read, one sentence each
 */
public record Desired(List<Port> ports, List<BoundPod> pods, List<String> problems) {
    public Desired {
        ports = List.copyOf(ports);
        pods = List.copyOf(pods);
        problems = List.copyOf(problems);
    }
}
