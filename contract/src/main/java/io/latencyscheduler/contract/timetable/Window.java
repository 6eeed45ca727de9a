package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.StreamDemand;

/**
 * Periodic windows {@code [offsetNs + k*periodNs, offsetNs + k*periodNs + lengthNs)} for every integer k.
 *
 * @param periodNs above 0
 * @param offsetNs from 0 to below the period
 * @param lengthNs above 0, at most the period
 */
public record Window(long periodNs, long offsetNs, long lengthNs) {
    public Window {
        if (periodNs <= 0 || offsetNs < 0 || offsetNs >= periodNs || lengthNs <= 0 || lengthNs > periodNs) {
            throw new IllegalArgumentException(
                    "not a window: period " + periodNs + " ns, offset " + offsetNs + " ns, length " + lengthNs + " ns");
        }
    }

    /**
     * The window that an allocation carries.
     *
     * @throws IllegalArgumentException when its numbers are none
     */
    public static Window of(StreamAllocation stream) {
        return new Window(stream.windowPeriodNs(), stream.offsetNs(), stream.windowNs());
    }

    /** What is written into the pod that {@code demand} comes from, once this window was admitted for it. */
    public StreamAllocation allocation(String port, StreamDemand demand) {
        return new StreamAllocation(
                demand.name(),
                port,
                demand.periodNs(),
                demand.deadlineNs(),
                offsetNs,
                lengthNs,
                periodNs,
                demand.frameBytes(),
                demand.phase().kind(),
                demand.trafficClass());
    }

    /**
     * Whether two series of windows ever overlap: they never do iff C1 ≤ (o2 − o1) mod g ≤ g − C2 with g = gcd(T1, T2)
     * (Korst, Aarts, Lenstra). Exact for any periods; no hyperperiod is walked.
     */
    public boolean meets(Window other) {
        long g = gcd(periodNs, other.periodNs);
        long distance = Math.floorMod(other.offsetNs - offsetNs, g);
        return distance < lengthNs || distance > g - other.lengthNs;
    }

    /** The greatest common divisor of two positive numbers. */
    static long gcd(long a, long b) {
        while (b != 0) {
            long rest = a % b;
            a = b;
            b = rest;
        }
        return a;
    }
}
