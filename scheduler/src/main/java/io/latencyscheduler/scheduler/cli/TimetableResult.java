package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Admission;
import io.latencyscheduler.contract.timetable.GatePlan;
import io.latencyscheduler.contract.timetable.GatePlanner;
import io.latencyscheduler.contract.timetable.GatedWindow;
import io.latencyscheduler.contract.timetable.Holding;
import io.latencyscheduler.contract.timetable.Timetable;
import io.latencyscheduler.contract.timetable.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * What became of the streams of a file.
 *
 * @param file what was asked
 * @param placed streams that got windows, in the order of asking
 * @param refused those that got none
 * @param gates the port's list for all windows
 * @param utilisation share of the port's time that is held, 0 to 1
 */
record TimetableResult(
        TimetableFile file, List<Placed> placed, List<Admission.Refused> refused, GatePlan gates, double utilisation) {
    /** Reserved windows open the gate of the highest class. */
    private static final int RESERVED_CLASS = 7;

    /** A stream and its windows. */
    record Placed(StreamDemand demand, Window window) {}

    /** Asks for the streams one after another, as pods of one stream each would. */
    static TimetableResult of(TimetableFile file) {
        Timetable timetable = new Timetable(file.name(), file.timing());
        List<GatedWindow> windows = new ArrayList<>();
        for (ReservedWindow reserved : file.reserved()) {
            Window window = new Window(reserved.periodNs(), reserved.offsetNs(), reserved.windowNs());
            timetable.add("reserved window " + reserved.name(), window);
            windows.add(new GatedWindow(window, RESERVED_CLASS));
        }
        List<Placed> placed = new ArrayList<>();
        List<Admission.Refused> refused = new ArrayList<>();
        for (StreamDemand demand : file.streams()) {
            Admission admission = timetable.admit(List.of(demand));
            if (admission instanceof Admission.Admitted admitted) {
                Window window = admitted.windows().get(0);
                timetable.add(new Holding("stream " + demand.name(), "", window, demand.trafficClass()));
                placed.add(new Placed(demand, window));
                windows.add(new GatedWindow(window, demand.trafficClass()));
            } else {
                refused.add((Admission.Refused) admission);
            }
        }
        GatePlan gates = new GatePlanner(file.timing(), file.gates(), file.lengthAware()).plan(windows);
        return new TimetableResult(file, placed, refused, gates, timetable.utilisation());
    }
}
