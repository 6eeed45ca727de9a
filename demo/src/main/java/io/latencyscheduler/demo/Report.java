package io.latencyscheduler.demo;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of the story; printed as a table for people and, by {@code --headless}, as this JSON for scripts.
 *
 * @param ok whether every pod was placed as promised and every frame is accounted for: the exit status
 * @param failures what was not as it should be, one sentence each
 * @param pods the sample pods, in the order submitted
 * @param nodes the nodes with their free DPDK ports before and after
 * @param frames the PLC's frames; null when this machine cannot carry them
 * @param simulated which parts are simulated here, one sentence each
 * @param seconds how long the story took
 */
record Report(
        boolean ok,
        List<String> failures,
        List<PodRow> pods,
        List<NodeRow> nodes,
        @Nullable Frames frames,
        List<String> simulated,
        double seconds) {

    /**
     * One pod.
     *
     * @param node where it runs; null while Pending
     * @param tier of its allocation; null when it has none
     * @param interfaces the ports it owns
     * @param windows its windows in words
     * @param why the scheduler's message: why there, or why not
     */
    record PodRow(
            String name,
            String asks,
            @Nullable String node,
            @Nullable String tier,
            List<String> interfaces,
            List<String> windows,
            String why) {}

    /** One node; the counts are the {@code dpdk} label, null where there is none. */
    record NodeRow(
            String name,
            String machine,
            @Nullable String dpdkBefore,
            @Nullable String dpdkAfter) {}

    /**
     * The PLC's frames, counted at every place they pass.
     *
     * @param backend what carried them, such as {@code dpdk:net_af_packet0,iface=tsn0}
     * @param sent by the application
     * @param inWindow left the gated port inside their window
     * @param late left it later
     * @param lost sent and not received, with a counted cause
     * @param received by the listener
     * @param unaccounted sent, not received and in no counter: must be 0
     * @param byOutcome the engine's counters
     * @param latency arrival minus release in nanoseconds
     */
    record Frames(
            String backend,
            long sent,
            long inWindow,
            long late,
            long lost,
            long received,
            long unaccounted,
            Map<String, Long> byOutcome,
            Latency latency) {}

    /** Quantiles in nanoseconds. */
    record Latency(long p50Ns, long p99Ns, long maxNs) {}
}
