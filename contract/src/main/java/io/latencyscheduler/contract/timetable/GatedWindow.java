package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Allocation.StreamAllocation;

/** Windows and the traffic class, 0 to 7, whose gate they open. */
public record GatedWindow(Window window, int trafficClass) {
    public GatedWindow {
        if (trafficClass < 0 || trafficClass > 7) {
            throw new IllegalArgumentException("traffic class '" + trafficClass + "' must be 0 to 7");
        }
    }

    /** The windows that an allocation carries. */
    public static GatedWindow of(StreamAllocation stream) {
        return new GatedWindow(Window.of(stream), stream.trafficClass());
    }
}
