package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.StreamDemand;

/** Where windows of a stream may start on a port, whoever else is there (the table of phases in the documentation). */
final class Offsets {
    /** Windows per period that a {@code free} stream may take; more would spend a port on one frame per period. */
    static final int MAX_FREE_WINDOWS = 1_024;

    private Offsets() {}

    /** Smallest offset. */
    static long fromNs(StreamDemand demand) {
        return demand.phase().releaseNs();
    }

    /**
     * Largest offset, not reduced modulo the period; for {@code free} any within the distance of its windows. Below
     * twice the period, so below 2^48.
     */
    static long toNs(StreamDemand demand, long windowPeriodNs, long lengthNs) {
        return switch (demand.phase().kind()) {
            case ASSIGNED -> demand.deadlineNs() - lengthNs;
            case FIXED -> demand.phase().releaseNs() + demand.deadlineNs() - lengthNs;
            case FREE -> windowPeriodNs - 1;
        };
    }

    /**
     * How many windows per period come next: for {@code free} the smallest n above {@code n} such that T/n is whole, at
     * least C, T/n + C ≤ D and, where jitter is bounded, T/n ≤ J; otherwise 1. 0 when there is none.
     *
     * <p>The caller tries n in ascending order, so a stream gets the fewest windows that a port has for it.
     */
    static int windowsPerPeriod(StreamDemand demand, long lengthNs, int n) {
        switch (demand.phase().kind()) {
            case ASSIGNED, FIXED -> {
                return n == 0 ? 1 : 0;
            }
            case FREE -> {}
        }
        long longestNs = demand.deadlineNs() - lengthNs;
        if (demand.jitterNs().isPresent()) {
            longestNs = Math.min(longestNs, demand.jitterNs().getAsLong());
        }
        if (longestNs < lengthNs) {
            return 0;
        }
        long periodNs = demand.periodNs();
        long least = Math.max(n + 1L, (periodNs + longestNs - 1) / longestNs);
        long most = Math.min(MAX_FREE_WINDOWS, periodNs / lengthNs);
        for (long next = least; next <= most; next++) {
            if (periodNs % next == 0) {
                return (int) next;
            }
        }
        return 0;
    }
}
