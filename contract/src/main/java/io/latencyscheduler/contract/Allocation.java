package io.latencyscheduler.contract;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pod was given, in its annotation {@link Keys#ALLOCATION}; written in the same update that binds the pod.
 *
 * @param version {@link #VERSION}
 * @param podUid UID of the pod it was made for; ledger and agent refuse any other pod
 * @param tier the tier that serves the pod's latency; null for a pod that states none
 * @param interfaces names of the owned ports (PCI addresses where the port has one)
 * @param streams the windows of its streams
 */
public record Allocation(
        int version, String podUid, @Nullable Tier tier, List<String> interfaces, List<StreamAllocation> streams) {
    /** Version of the form. A reader refuses a higher one. */
    public static final int VERSION = 1;

    public Allocation {
        interfaces = List.copyOf(interfaces);
        streams = List.copyOf(streams);
    }

    /** Of a pod that holds nothing. */
    public static Allocation ofNothing(String podUid) {
        return new Allocation(VERSION, podUid, null, List.of(), List.of());
    }

    /** Whether it gives the pod neither ports nor windows nor a tier. */
    public boolean givesNothing() {
        return tier == null && interfaces.isEmpty() && streams.isEmpty();
    }

    /**
     * The windows of one stream: {@code [offsetNs + k*windowPeriod, + windowNs)} in TAI, for every integer k.
     *
     * @param name the stream's name
     * @param port name of the gated port
     * @param periodNs period T of the stream: the agent admits one frame of {@code frameBytes} per period
     * @param deadlineNs its deadline after release
     * @param offsetNs start of the first window after a multiple of the window period, from 0 to below it
     * @param windowNs length of a window with wire overhead and the guard of the moment of admission, frozen
     * @param windowPeriodNs distance of the windows: the period, or a divisor of it for {@link Phase.Kind#FREE}
     * @param frameBytes largest frame with FCS
     * @param phase who chooses the release
     * @param trafficClass 0 to 7
     */
    public record StreamAllocation(
            String name,
            String port,
            long periodNs,
            long deadlineNs,
            long offsetNs,
            long windowNs,
            long windowPeriodNs,
            int frameBytes,
            Phase.Kind phase,
            int trafficClass) {}
}
