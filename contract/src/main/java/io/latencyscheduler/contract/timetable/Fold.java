package io.latencyscheduler.contract.timetable;

import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Which part of a circle of {@code periodNs} is occupied: disjoint intervals that do not touch, ascending. An interval
 * over the end of the circle is kept as two. Immutable.
 *
 * <p>It is an exact folded occupancy map: where a bitmap would round every window up to whole ticks, 18 windows of
 * 13,336 ns stay one interval of 240,048 ns, and a question costs as much as there are gaps.
 */
final class Fold {
    private static final int INDEX_BITS = 16;
    /** Windows that {@link #plus} takes at once. */
    static final int MAX_WINDOWS = 1 << INDEX_BITS;

    private static final long NONE = -1;

    private final long periodNs;
    private final long[] startNs;
    private final long[] endNs;
    private final long longestFreeNs;

    private Fold(long periodNs, long[] startNs, long[] endNs) {
        this.periodNs = periodNs;
        this.startNs = startNs;
        this.endNs = endNs;
        this.longestFreeNs = longestFreeNs(periodNs, startNs, endNs);
    }

    static Fold empty(long periodNs) {
        return new Fold(periodNs, new long[0], new long[0]);
    }

    long periodNs() {
        return periodNs;
    }

    int size() {
        return startNs.length;
    }

    long startNs(int index) {
        return startNs[index];
    }

    long endNs(int index) {
        return endNs[index];
    }

    LongStream starts() {
        return Arrays.stream(startNs);
    }

    LongStream ends() {
        return Arrays.stream(endNs);
    }

    /** Length of the longest free run; the circle has no end, so a run may lie over it. */
    long longestFreeNs() {
        return longestFreeNs;
    }

    private static long longestFreeNs(long periodNs, long[] startNs, long[] endNs) {
        int last = startNs.length - 1;
        if (last < 0) {
            return periodNs;
        }
        long longest = startNs[0] + periodNs - endNs[last];
        for (int i = 0; i < last; i++) {
            longest = Math.max(longest, startNs[i + 1] - endNs[i]);
        }
        return longest;
    }

    /** Occupied nanoseconds of the circle. */
    long occupiedNs() {
        long sum = 0;
        for (int i = 0; i < startNs.length; i++) {
            sum += endNs[i] - startNs[i];
        }
        return sum;
    }

    /**
     * This with further windows occupied.
     *
     * @param strideNs distance of the copies, a divisor of the circle
     * @param offsetsNs starts of windows, each from 0 on, in any order
     * @param lengthsNs their lengths, above 0
     */
    Fold plus(long strideNs, long[] offsetsNs, long[] lengthsNs) {
        int count = offsetsNs.length;
        long[] residues = new long[count];
        for (int i = 0; i < count; i++) {
            if (lengthsNs[i] >= strideNs) {
                return new Fold(periodNs, new long[] {0}, new long[] {periodNs});
            }
            residues[i] = offsetsNs[i] % strideNs;
        }
        Intervals one = new Intervals(2 * count);
        for (int i : ascending(residues)) {
            long end = residues[i] + lengthsNs[i];
            one.add(residues[i], Math.min(end, strideNs));
        }
        // What runs over the stride comes back at its beginning; of such only the longest matters.
        long overNs = 0;
        for (int i = 0; i < count; i++) {
            overNs = Math.max(overNs, residues[i] + lengthsNs[i] - strideNs);
        }
        if (overNs > 0) {
            Intervals wrapped = new Intervals(one.size + 1);
            wrapped.add(0, overNs);
            for (int i = 0; i < one.size; i++) {
                wrapped.add(one.start[i], one.end[i]);
            }
            one = wrapped;
        }
        int copies = Math.toIntExact(periodNs / strideNs);
        Intervals union = new Intervals(startNs.length + one.size * copies);
        int mine = 0;
        for (int copy = 0; copy < copies; copy++) {
            long base = copy * strideNs;
            for (int i = 0; i < one.size; i++) {
                long start = base + one.start[i];
                while (mine < startNs.length && startNs[mine] <= start) {
                    union.add(startNs[mine], endNs[mine]);
                    mine++;
                }
                union.add(start, base + one.end[i]);
            }
        }
        while (mine < startNs.length) {
            union.add(startNs[mine], endNs[mine]);
            mine++;
        }
        return new Fold(periodNs, Arrays.copyOf(union.start, union.size), Arrays.copyOf(union.end, union.size));
    }

    /**
     * Indices of {@code values} in their order. A value is below 2^47 (a day) and keeps 16 bits for its index in one long;
     * {@link Occupancy} builds no fold of more windows than that.
     */
    private static int[] ascending(long[] values) {
        long[] keys = new long[values.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = values[i] << INDEX_BITS | i;
        }
        Arrays.sort(keys);
        int[] order = new int[keys.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = (int) (keys[i] & MAX_WINDOWS - 1);
        }
        return order;
    }

    /**
     * The smallest start in [fromNs, toNs] of a free run of {@code lengthNs}, or -1. Starts are not reduced modulo the
     * circle. Allocates nothing.
     */
    long firstFree(long fromNs, long toNs, long lengthNs) {
        if (lengthNs > longestFreeNs || fromNs > toNs) {
            return NONE;
        }
        if (startNs.length == 0) {
            return fromNs;
        }
        long base = fromNs - fromNs % periodNs;
        int i = firstEndingAfter(fromNs - base);
        long at = fromNs;
        while (at <= toNs) {
            if (i == startNs.length) {
                i = 0;
                base += periodNs;
            }
            if (at + lengthNs <= base + startNs[i]) {
                return at;
            }
            at = Math.max(at, base + endNs[i]);
            i++;
        }
        return NONE;
    }

    /** The largest start in [fromNs, toNs] of a free run of {@code lengthNs}, or -1; otherwise as {@link #firstFree}. */
    long lastFree(long fromNs, long toNs, long lengthNs) {
        if (lengthNs > longestFreeNs || fromNs > toNs) {
            return NONE;
        }
        if (startNs.length == 0) {
            return toNs;
        }
        long end = toNs + lengthNs;
        long base = (end - 1) - (end - 1) % periodNs;
        int i = firstEndingAfter(end - 1 - base);
        if (i == startNs.length || startNs[i] >= end - base) {
            i--;
        }
        while (end - lengthNs >= fromNs) {
            if (i < 0) {
                i = startNs.length - 1;
                base -= periodNs;
            }
            if (base + endNs[i] <= end - lengthNs) {
                return end - lengthNs;
            }
            end = Math.min(end, base + startNs[i]);
            i--;
        }
        return NONE;
    }

    /** Whether {@code [atNs, atNs + lengthNs)} is free; {@code atNs} from 0. */
    boolean isFree(long atNs, long lengthNs) {
        return firstFree(atNs, atNs, lengthNs) >= 0;
    }

    /** Where the free run begins that holds {@code atNs}; may be negative, at most one circle back. */
    long freeFromNs(long atNs) {
        long base = atNs - atNs % periodNs;
        if (startNs.length == 0) {
            return atNs - periodNs + 1;
        }
        int i = firstEndingAfter(atNs - base);
        return i == 0 ? base - periodNs + endNs[endNs.length - 1] : base + endNs[i - 1];
    }

    /** Index of the first interval that ends after {@code atNs}, from 0 to the period; the count when none does. */
    private int firstEndingAfter(long atNs) {
        int low = 0;
        int high = endNs.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (endNs[middle] > atNs) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Nanoseconds of {@code [atNs, atNs + lengthNs)} that are occupied; {@code atNs} from 0, length at most the circle. */
    long overlapNs(long atNs, long lengthNs) {
        long from = atNs % periodNs;
        long to = from + lengthNs;
        return to <= periodNs
                ? overlapWithinNs(from, to)
                : overlapWithinNs(from, periodNs) + overlapWithinNs(0, to - periodNs);
    }

    private long overlapWithinNs(long from, long to) {
        long sum = 0;
        for (int i = firstEndingAfter(from); i < startNs.length && startNs[i] < to; i++) {
            sum += Math.min(to, endNs[i]) - Math.max(from, startNs[i]);
        }
        return sum;
    }

    /** Intervals under construction, added by ascending start; what touches or overlaps is merged. */
    private static final class Intervals {
        final long[] start;
        final long[] end;
        int size;

        Intervals(int capacity) {
            start = new long[capacity];
            end = new long[capacity];
        }

        void add(long from, long to) {
            if (size > 0 && from <= end[size - 1]) {
                end[size - 1] = Math.max(end[size - 1], to);
                return;
            }
            start[size] = from;
            end[size] = to;
            size++;
        }
    }
}
