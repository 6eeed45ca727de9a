package io.latencyscheduler.contract.timetable;

/**
 * What the length of a window on one port depends on.
 *
 * @param linkRateBps bits per second, above 0: an unknown rate is a configuration error, never a guess
 * @param overheadBytes added per frame beside preamble and gap: {@link #VXLAN_OVERHEAD_BYTES} or 0
 * @param guardNs added to each window for emission error, 0 or more
 * @param maxSduBytes largest frame the port takes, with FCS
 */
public record PortTiming(long linkRateBps, int overheadBytes, long guardNs, int maxSduBytes) {
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
    }

    /**
     * Length of the window that one frame needs: time on the wire, rounded up, plus the guard.
     *
     * <p>(1522 + 20 + 50) · 8 · 10^9 is below 2^44, so the product cannot overflow.
     */
    public long windowNs(int frameBytes) {
        long bits = (frameBytes + (long) WIRE_OVERHEAD_BYTES + overheadBytes) * 8;
        return (bits * 1_000_000_000L + linkRateBps - 1) / linkRateBps + guardNs;
    }
}
