package io.latencyscheduler.contract.timetable;

import java.util.BitSet;

/**
 * The usual digest to compare with: one bit per microsecond over a horizon that every period divides. Sound, since windows
 * are rounded up, and pessimistic for the same reason.
 */
final class FoldedBitmap {
    private static final long TICK_NS = 1_000;

    private final int ticks;
    private final BitSet taken;

    FoldedBitmap(long horizonNs) {
        ticks = Math.toIntExact(horizonNs / TICK_NS);
        taken = new BitSet(ticks);
    }

    private static int ticks(long ns) {
        return Math.toIntExact((ns + TICK_NS - 1) / TICK_NS);
    }

    /** First free start in ticks for a window that ends within the deadline; -1 when there is none. */
    int firstFree(long periodNs, long lengthNs, long deadlineNs) {
        int period = Math.toIntExact(periodNs / TICK_NS);
        BitSet fold = new BitSet(period);
        for (int from = 0; from < ticks; from += period) {
            fold.or(taken.get(from, from + period));
        }
        int length = ticks(lengthNs);
        int start = fold.nextClearBit(0);
        while ((start + length) * TICK_NS <= deadlineNs) {
            int end = fold.nextSetBit(start);
            if (end < 0 || end - start >= length) {
                return start;
            }
            start = fold.nextClearBit(end);
        }
        return -1;
    }

    void take(long periodNs, int start, long lengthNs) {
        int period = Math.toIntExact(periodNs / TICK_NS);
        for (int from = start; from < ticks; from += period) {
            taken.set(from, Math.min(ticks, from + ticks(lengthNs)));
        }
    }
}
