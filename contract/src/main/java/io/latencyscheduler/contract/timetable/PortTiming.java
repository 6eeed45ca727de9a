package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.NodeDataplane.ClassLimit;
import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import io.latencyscheduler.contract.NodeDataplane.GatedPort;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the length of a window on one port depends on, and what the port serves at all.
 *
 * @param linkRateBps bits per second, above 0: an unknown rate is a configuration error, never a guess
 * @param overheadBytes added per frame beside preamble and gap: {@link #VXLAN_OVERHEAD_BYTES} or 0
 * @param guardNs added to each window for emission error, 0 or more
 * @param maxSduBytes largest frame the port takes, with FCS
 * @param classes limits of the traffic classes that differ from the port's
 * @param periodsNs the only periods the port supports, ascending; empty: any
 * @param gates limits of its gate control list; null where gates are software
 */
public record PortTiming(
        long linkRateBps,
        int overheadBytes,
        long guardNs,
        int maxSduBytes,
        List<ClassLimit> classes,
        List<Long> periodsNs,
        @Nullable GateLimits gates) {
    /** Preamble, start delimiter and inter-packet gap: 8 + 12 bytes (IEEE 802.3 clauses 3.1 and 4.4.2). */
    public static final int WIRE_OVERHEAD_BYTES = 20;
    /** Outer Ethernet, IPv4, UDP and VXLAN headers (RFC 7348). */
    public static final int VXLAN_OVERHEAD_BYTES = 50;
    /** The guard of a port unless configured otherwise. */
    public static final long DEFAULT_GUARD_NS = 1_000;

    public PortTiming {
        if (linkRateBps <= 0) {
            throw new IllegalArgumentException("linkRateBps: '" + linkRateBps + "' must be above 0");
        }
        if (guardNs < 0 || overheadBytes < 0) {
            throw new IllegalArgumentException("guardNs and overheadBytes must not be negative");
        }
        classes = List.copyOf(classes);
        periodsNs = periodsNs.stream().sorted().toList();
    }

    /** A port whose classes are all alike and that takes any period. */
    public PortTiming(long linkRateBps, int overheadBytes, long guardNs, int maxSduBytes) {
        this(linkRateBps, overheadBytes, guardNs, maxSduBytes, List.of(), List.of());
    }

    /** A port whose gates are software. */
    public PortTiming(
            long linkRateBps,
            int overheadBytes,
            long guardNs,
            int maxSduBytes,
            List<ClassLimit> classes,
            List<Long> periodsNs) {
        this(linkRateBps, overheadBytes, guardNs, maxSduBytes, classes, periodsNs, null);
    }

    /** What an agent says of a port. */
    public static PortTiming of(GatedPort port) {
        return new PortTiming(
                port.linkRateBps(),
                port.overheadBytes(),
                port.guardNs(),
                port.maxSduBytes(),
                port.classes(),
                port.periodsNs(),
                port.gates());
    }

    /** Limits of the gate control list, be it in hardware or in software. */
    public GateLimits gateLimits() {
        return gates == null ? GatePlanner.SOFTWARE_LIMITS : gates;
    }

    /**
     * How long a frame and its gap occupy the wire, rounded up to whole nanoseconds.
     *
     * <p>(1522 + 20 + 50) · 8 · 10^9 is below 2^44, so the product cannot overflow.
     *
     * @param frameBytes with FCS
     */
    public long wireNs(int frameBytes) {
        long bits = (frameBytes + (long) WIRE_OVERHEAD_BYTES + overheadBytes) * 8;
        return (bits * 1_000_000_000L + linkRateBps - 1) / linkRateBps;
    }

    /** Length of the window that one frame needs: its time on the wire plus the port's guard. */
    public long windowNs(int frameBytes) {
        return wireNs(frameBytes) + guardNs;
    }

    /** Length of the window that one frame of a class needs, with the guard of that class. */
    public long windowNs(int frameBytes, int trafficClass) {
        return wireNs(frameBytes) + guardNs(trafficClass);
    }

    /** The guard of a traffic class. */
    public long guardNs(int trafficClass) {
        for (int i = 0; i < classes.size(); i++) {
            if (classes.get(i).trafficClass() == trafficClass) {
                return classes.get(i).guardNs();
            }
        }
        return guardNs;
    }

    /** queueMaxSDU of a traffic class: the largest frame it takes, with FCS. */
    public int maxSduBytes(int trafficClass) {
        for (int i = 0; i < classes.size(); i++) {
            if (classes.get(i).trafficClass() == trafficClass) {
                return Math.min(maxSduBytes, classes.get(i).maxSduBytes());
            }
        }
        return maxSduBytes;
    }

    /** Whether streams may use a traffic class. */
    public boolean servesStreams(int trafficClass) {
        for (int i = 0; i < classes.size(); i++) {
            if (classes.get(i).trafficClass() == trafficClass) {
                return classes.get(i).streams();
            }
        }
        return true;
    }

    /** The supported periods nearest to one that is not supported: the next below and the next above, as far as there are. */
    public List<Long> nearestPeriodsNs(long periodNs) {
        return Stream.concat(
                        periodsNs.stream().filter(p -> p < periodNs).reduce((a, b) -> b).stream(),
                        periodsNs.stream().filter(p -> p > periodNs).findFirst().stream())
                .toList();
    }
}
