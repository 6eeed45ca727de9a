package io.latencyscheduler.dataplane.engine;

import io.latencyscheduler.contract.NodeDataplane.Quantiles;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counters at one moment. Frames of one port: accepted = the sum of its outcomes + queued. */
public record EngineStats(List<PortStats> ports) {
    public EngineStats {
        ports = List.copyOf(ports);
    }

    /**
     * One port.
     *
     * @param linkUp whether it carries frames now
     * @param queued frames that wait for their gate
     * @param outcomes frames by outcome, under the outcome's name
     * @param emission signed emission error's magnitude; null before the first timed frame
     */
    public record PortStats(
            String name,
            boolean linkUp,
            long queued,
            Map<String, Long> outcomes,
            @Nullable Quantiles emission) {
        public PortStats {
            outcomes = Map.copyOf(outcomes);
        }
    }
}
