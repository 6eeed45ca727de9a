package io.latencyscheduler.dataplane.paths;

import java.util.List;

/**
 * What one report interval of {@code path-probe} brought.
 *
 * @param sent probes sent
 * @param lost those that did not come in time
 * @param latencyNs one-way latencies of the others
 */
public record ProbeReport(long sent, long lost, List<Long> latencyNs) {
    public ProbeReport {
        latencyNs = List.copyOf(latencyNs);
    }
}
