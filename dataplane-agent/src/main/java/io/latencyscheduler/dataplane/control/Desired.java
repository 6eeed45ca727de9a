package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.dataplane.plan.BoundPod;
import java.util.List;

/**
 * What the API server says of this node.
 *
 * @param ports the gated ports of its inventory
 * @param pods the pods bound to it that carry an allocation
 */
record Desired(List<Port> ports, List<BoundPod> pods) {
    Desired {
        ports = List.copyOf(ports);
        pods = List.copyOf(pods);
    }
}
