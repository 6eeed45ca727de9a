package io.latencyscheduler.dataplane.engine;

import io.latencyscheduler.contract.NodeDataplane.Quantiles;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counters at one moment. */
public record EngineStats(ClockReading clock, List<PortStats> ports, List<StreamStats> streams) {
    public EngineStats {
        ports = List.copyOf(ports);
        streams = List.copyOf(streams);
    }

    /**
     * The kernel's clock as adjtimex(2) tells it.
     *
     * @param synchronised whether some service disciplines it
     * @param errorNs the kernel's bound of its error; -1 when unknown
     * @param taiOffsetSeconds TAI − UTC; 0 where nobody ever set it
     */
    public record ClockReading(boolean synchronised, long errorNs, int taiOffsetSeconds) {}

    /**
     * One port. Frames offered = the sum of the outcomes + queued.
     *
     * @param linkUp whether it carries frames now
     * @param offered frames that came for it
     * @param queued frames that wait for their gate or for the device
     * @param outcomes frames by outcome, under the outcome's name
     * @param emission signed emission error's magnitude; null before the first timed frame
     * @param errors the same as a histogram; null before the first timed frame
     * @param cycles gate cycles begun
     * @param overruns frames still on the wire when their gate closed
     * @param received frames the other way
     */
    public record PortStats(
            String name,
            boolean linkUp,
            long offered,
            long queued,
            Map<String, Long> outcomes,
            @Nullable Quantiles emission,
            @Nullable ErrorHistogram errors,
            long cycles,
            long overruns,
            Received received) {
        public PortStats {
            outcomes = Map.copyOf(outcomes);
        }
    }

    /**
     * Frames to the pods of a port.
     *
     * @param fromDevice frames that the device brought
     * @param throughMemory frames from pods of the same port, which no device saw
     * @param delivered copies put on a receiver's ring, and frames given to the kernel's interface
     * @param unmatched frames that nobody asked for
     * @param lost copies for a receiver whose ring was full
     */
    public record Received(long fromDevice, long throughMemory, long delivered, long unmatched, long lost) {}

    /**
     * Emission errors by magnitude.
     *
     * @param counts how many were at most as large as the bound of {@link #BOUNDS_NS} at the same place; the last: all
     * @param sumNs sum of all, at the resolution of the engine's buckets (1/16)
     */
    public record ErrorHistogram(List<Long> counts, long sumNs) {
        /** Upper bounds, rising, without the last one, which is infinite. */
        public static final List<Long> BOUNDS_NS = List.of(
                100L, 250L, 500L, 1_000L, 2_500L, 5_000L, 10_000L, 25_000L, 50_000L, 100_000L, 1_000_000L, 10_000_000L);

        public ErrorHistogram {
            counts = List.copyOf(counts);
        }
    }

    /**
     * One stream of a pod, since the pod came or the stream's contract changed. Frames offered = the sum of the outcomes +
     * queued.
     *
     * @param port name of its port
     * @param podUid UID of its pod
     * @param name its name
     * @param offered frames that its pod handed over
     * @param queued frames that wait for their window or for the device
     * @param outcomes frames by outcome, under the outcome's name
     * @param sentBytes bytes that left, with FCS
     * @param movedToNextWindow late frames that were given another window
     * @param emission emission error's magnitude; null before the first timed frame
     */
    public record StreamStats(
            String port,
            String podUid,
            String name,
            long offered,
            long queued,
            Map<String, Long> outcomes,
            long sentBytes,
            long movedToNextWindow,
            @Nullable Quantiles emission) {
        public StreamStats {
            outcomes = Map.copyOf(outcomes);
        }
    }
}
