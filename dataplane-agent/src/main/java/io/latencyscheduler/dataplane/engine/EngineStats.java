package io.latencyscheduler.dataplane.engine;

import io.latencyscheduler.contract.NodeDataplane.Quantiles;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counters at one moment. */
public record EngineStats(ClockReading clock, List<PortStats> ports) {
    public EngineStats {
        ports = List.copyOf(ports);
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
     */
    public record PortStats(
            String name,
            boolean linkUp,
            long offered,
            long queued,
            Map<String, Long> outcomes,
            @Nullable Quantiles emission) {
        public PortStats {
            outcomes = Map.copyOf(outcomes);
        }
    }
}
