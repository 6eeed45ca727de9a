package io.latencyscheduler.contract;

import java.util.OptionalLong;

/**
 * One periodic stream that a pod asks to send through its node's gated port.
 *
 * @param name unique within the pod, a DNS label
 * @param periodNs period T, above 0
 * @param deadlineNs when the last bit must have left the port after release, above 0, at most the period
 * @param frameBytes largest frame with FCS, 64 to 1522
 * @param phase when the application releases
 * @param jitterNs largest deviation of emission from the period grid; empty: unbounded
 * @param trafficClass 802.1Q traffic class, 0 to 7
 */
public record StreamDemand(
        String name,
        long periodNs,
        long deadlineNs,
        int frameBytes,
        Phase phase,
        OptionalLong jitterNs,
        int trafficClass) {
    /** Smallest Ethernet frame with FCS. */
    public static final int MIN_FRAME_BYTES = 64;
    /** Largest Ethernet frame with a VLAN tag and FCS. */
    public static final int MAX_FRAME_BYTES = 1522;
    /** The class that a stream has unless it states one: the highest. */
    public static final int DEFAULT_TRAFFIC_CLASS = 7;

    /** The same with the longest deadline there is and without bound on jitter. */
    public StreamDemand withoutBounds() {
        return new StreamDemand(name, periodNs, periodNs, frameBytes, phase, OptionalLong.empty(), trafficClass);
    }

    /** The same by another name. */
    public StreamDemand named(String other) {
        return new StreamDemand(other, periodNs, deadlineNs, frameBytes, phase, jitterNs, trafficClass);
    }

    /** The same with another frame, in bytes with FCS. */
    public StreamDemand ofFrame(int bytes) {
        return new StreamDemand(name, periodNs, deadlineNs, bytes, phase, jitterNs, trafficClass);
    }
}
