package io.latencyscheduler.dataplane.plan;

import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.timetable.PortTiming;
import java.util.List;

/**
 * A gated port that this node's agent runs.
 *
 * @param name as in the inventory and in allocations
 * @param timing rate, guard, overhead and largest frame
 * @param reserved windows taken by local configuration
 */
public record PlanPort(String name, PortTiming timing, List<ReservedWindow> reserved) {
    public PlanPort {
        reserved = List.copyOf(reserved);
    }
}
