package io.latencyscheduler.dataplane.paths;

import io.latencyscheduler.contract.NodeDataplane.MeasuredPath;
import io.latencyscheduler.contract.NodeDataplane.PathState;
import io.latencyscheduler.contract.NodeDataplane.Quantiles;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.HdrHistogram.IntCountsHistogram;
import org.jspecify.annotations.Nullable;

/**
 * The latencies of one path over the last {@link MeasuredPath#WINDOW}, in slices that are forgotten one by one. The clock
 * is passed in. Not thread-safe.
 *
 * <p>Probes go one after the other: while one is slow or lost, those that were due in the meantime are not sent. They are
 * counted as HdrHistogram does for coordinated omission, or an outage of a second would be one sample of many thousand.
 */
public final class PathRecorder {
    private static final int SLICES = 10;
    private static final Duration SLICE = MeasuredPath.WINDOW.dividedBy(SLICES);
    private static final int SIGNIFICANT_DIGITS = 3;

    private final Probe probe;
    private final Deque<Slice> slices = new ArrayDeque<>();
    private @Nullable MeasuredPath last;

    private static final class Slice {
        final Instant begin;
        final IntCountsHistogram latencies = new IntCountsHistogram(SIGNIFICANT_DIGITS);
        long sent;
        long lost;

        Slice(Instant begin) {
            this.begin = begin;
        }
    }

    /** For the probes of this path. */
    public PathRecorder(Probe probe) {
        this.probe = probe;
    }

    /** Takes a report that was written at {@code now}, which must not go back. */
    public void record(ProbeReport report, Instant now) {
        if (report.sent() == 0) {
            return;
        }
        forget(now);
        Slice slice = slices.peekLast();
        if (slice == null || !now.isBefore(slice.begin.plus(SLICE))) {
            slice = new Slice(now);
            slices.addLast(slice);
        }
        slice.sent += report.sent();
        slice.lost += report.lost();
        long intervalNs = 1_000_000_000L / probe.rate();
        for (long latencyNs : report.latencyNs()) {
            slice.latencies.recordValueWithExpectedInterval(latencyNs, intervalNs);
        }
        for (long i = 0; i < report.lost(); i++) {
            slice.latencies.recordValueWithExpectedInterval(probe.timeout().toNanos(), intervalNs);
        }
        last = merged(now);
    }

    /** The measurement as it stands at {@code now}; null before the first probe. One that grew old keeps its numbers. */
    public @Nullable MeasuredPath measured(Instant now) {
        if (last == null || !last.measuredAt().plus(MeasuredPath.WINDOW).isBefore(now)) {
            return last;
        }
        return with(last, PathState.OLD);
    }

    private void forget(Instant now) {
        while (!slices.isEmpty() && slices.peekFirst().begin.plus(SLICE).isBefore(now.minus(MeasuredPath.WINDOW))) {
            slices.removeFirst();
        }
    }

    private MeasuredPath merged(Instant now) {
        IntCountsHistogram all = new IntCountsHistogram(SIGNIFICANT_DIGITS);
        long sent = 0;
        long lost = 0;
        for (Slice slice : slices) {
            all.add(slice.latencies);
            sent += slice.sent;
            lost += slice.lost;
        }
        Quantiles latency = new Quantiles(
                sent,
                all.getValueAtPercentile(50),
                all.getValueAtPercentile(99),
                all.getValueAtPercentile(99.9),
                all.getMaxValue());
        return new MeasuredPath(
                probe.tier(),
                probe.method(),
                probe.peer(),
                latency,
                lost,
                now,
                sent < MeasuredPath.MIN_SAMPLES ? PathState.TOO_FEW_SAMPLES : PathState.USABLE);
    }

    private static MeasuredPath with(MeasuredPath path, PathState state) {
        return new MeasuredPath(
                path.tier(), path.method(), path.peer(), path.latency(), path.lost(), path.measuredAt(), state);
    }
}
