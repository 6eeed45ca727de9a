package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.contract.timetable.GatePlanner;
import io.latencyscheduler.contract.timetable.GatedWindow;
import io.latencyscheduler.contract.timetable.Window;
import io.latencyscheduler.dataplane.plan.PlanPort;
import java.util.ArrayList;
import java.util.List;

/** The gate control list of a port from the windows it must open. */
public final class Gates {
    /** A reserved window keeps all other traffic out, so it opens the class of control traffic alone. */
    private static final int RESERVED_CLASS = 7;

    private Gates() {}

    /** The list for the streams and the reserved windows of a port whose gates are software. */
    public static GateControlList compile(PlanPort port, List<StreamAllocation> streams) {
        List<GatedWindow> windows = new ArrayList<>();
        streams.forEach(stream -> windows.add(GatedWindow.of(stream)));
        for (ReservedWindow reserved : port.reserved()) {
            windows.add(new GatedWindow(
                    new Window(reserved.periodNs(), reserved.offsetNs(), reserved.windowNs()), RESERVED_CLASS));
        }
        return new GatePlanner(port.timing(), GatePlanner.SOFTWARE_LIMITS, true)
                .plan(windows)
                .list();
    }
}
