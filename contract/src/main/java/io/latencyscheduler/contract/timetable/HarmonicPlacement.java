package io.latencyscheduler.contract.timetable;

import java.util.Arrays;

/**
 * Places windows where they take the least from streams of other periods, which is what fills a port.
 *
 * <p>A stream of period P sees a port folded onto P: one window of 4 ms blocks an offset of every later stream of 125 µs for
 * good. So a window is put in the shadow of others: where, folded onto the shorter periods in use, something lies anyway.
 * The price of an offset is the sum, over the other periods in use, of the share of their circle that it newly occupies. Among
 * offsets of one price the latest is taken, which keeps early offsets for streams with short deadlines; windows touch, so
 * that free time stays in one piece.
 *
 * <p>Not every offset is priced: those that begin or end with a shadow of the shortest period, from the cheapest shadow on,
 * and those at the ends of the latest gaps. Whether an offset is found at all never depends on that.
 */
final class HarmonicPlacement implements Placement {
    /** Gaps whose ends are priced. */
    private static final int MAX_GAPS = 48;
    /** Offsets in shadows that are tried; keeps the worst answer in the microseconds. */
    private static final int MAX_TRIES = 1_024;

    @Override
    public long place(Occupancy occupancy, long periodNs, long lengthNs, long fromNs, long toNs) {
        Fold own = occupancy.size() == 0 ? null : occupancy.fold(periodNs);
        if (own == null) {
            return occupancy.lastFree(periodNs, lengthNs, fromNs, toNs);
        }
        // Offsets repeat after one circle.
        long lowestNs = Math.max(fromNs, toNs - own.periodNs() + 1);
        long latestNs = own.lastFree(lowestNs, toNs, lengthNs);
        if (latestNs < 0) {
            return Occupancy.NONE;
        }
        Search search = new Search(own, otherFolds(occupancy, periodNs), periodNs, lengthNs, lowestNs, toNs);
        search.price(latestNs);
        search.tryShadows();
        search.tryGaps();
        return search.bestNs;
    }

    /** What a window newly occupies in the circles of the other periods in use: the mean of their shares, from 0 to 1. */
    static double fragmentation(Occupancy occupancy, Window window) {
        Fold[] others = otherFolds(occupancy, window.periodNs());
        double sum = 0;
        for (Fold other : others) {
            sum += freshShare(other, window.periodNs(), window.offsetNs(), window.lengthNs());
        }
        return others.length == 0 ? 0 : Math.min(1, sum / others.length);
    }

    /** The share of a circle that windows newly occupy. */
    private static double freshShare(Fold other, long periodNs, long atNs, long lengthNs) {
        long strideNs = Window.gcd(other.periodNs(), periodNs);
        long freshNs = 0;
        for (long copyNs = 0; copyNs < other.periodNs(); copyNs += strideNs) {
            freshNs += lengthNs - other.overlapNs(atNs + copyNs, lengthNs);
        }
        return (double) freshNs / other.periodNs();
    }

    /** The circles of shorter and of unrelated periods; a multiple of the period loses the same wherever the window lies. */
    private static Fold[] otherFolds(Occupancy occupancy, long periodNs) {
        long[] periods = occupancy.periodsNs();
        Fold[] folds = new Fold[periods.length];
        int count = 0;
        for (long other : periods) {
            Fold fold = other % periodNs == 0 ? null : occupancy.fold(other);
            if (fold != null && fold.periodNs() % periodNs != 0) {
                folds[count++] = fold;
            }
        }
        return Arrays.copyOf(folds, count);
    }

    /** One placement: the cheapest offset so far. */
    private static final class Search {
        private final Fold own;
        private final Fold[] others;
        private final long periodNs;
        private final long lengthNs;
        private final long fromNs;
        private final long toNs;
        private double best = Double.MAX_VALUE;
        private long bestNs = Occupancy.NONE;

        Search(Fold own, Fold[] others, long periodNs, long lengthNs, long fromNs, long toNs) {
            this.own = own;
            this.others = others;
            this.periodNs = periodNs;
            this.lengthNs = lengthNs;
            this.fromNs = fromNs;
            this.toNs = toNs;
        }

        /** Takes a free offset if it is cheaper than the best so far. */
        void price(long atNs) {
            double price = 0;
            for (Fold other : others) {
                price += freshShare(other, periodNs, atNs, lengthNs);
                if (price >= best) {
                    return;
                }
            }
            best = price;
            bestNs = atNs;
        }

        /** Offsets that begin or end with an interval of the shortest circle, cheapest first. */
        void tryShadows() {
            if (best == 0 || others.length == 0 || periodNs % others[0].periodNs() != 0) {
                return;
            }
            Fold shortest = others[0];
            int shadows = Math.min(shortest.size(), MAX_TRIES / 2);
            long[] freshNs = new long[2 * shadows];
            long[] residuesNs = new long[2 * shadows];
            int count = 0;
            for (int i = 0; i < shadows; i++) {
                long endingNs = Math.floorMod(shortest.endNs(i) - lengthNs, shortest.periodNs());
                count = insert(freshNs, residuesNs, count, fresh(shortest, shortest.startNs(i)), shortest.startNs(i));
                count = insert(freshNs, residuesNs, count, fresh(shortest, endingNs), endingNs);
            }
            int tries = 0;
            for (int i = 0; i < count && (double) freshNs[i] / shortest.periodNs() < best; i++) {
                long atNs = toNs - Math.floorMod(toNs - residuesNs[i], shortest.periodNs());
                for (; atNs >= fromNs && best > 0; atNs -= shortest.periodNs()) {
                    if (++tries > MAX_TRIES) {
                        return;
                    }
                    if (own.isFree(atNs, lengthNs)) {
                        price(atNs);
                    }
                }
            }
        }

        private long fresh(Fold fold, long atNs) {
            return lengthNs - fold.overlapNs(atNs, lengthNs);
        }

        /** Keeps both arrays ascending by the first. */
        private static int insert(long[] keys, long[] values, int count, long key, long value) {
            int at = count;
            while (at > 0 && keys[at - 1] > key) {
                keys[at] = keys[at - 1];
                values[at] = values[at - 1];
                at--;
            }
            keys[at] = key;
            values[at] = value;
            return count + 1;
        }

        /** Both ends of the latest gaps: windows that touch leave the rest of a gap whole. */
        void tryGaps() {
            long atNs = toNs;
            for (int gap = 0; gap < MAX_GAPS && best > 0; gap++) {
                long lastNs = own.lastFree(fromNs, atNs, lengthNs);
                if (lastNs < 0) {
                    return;
                }
                long firstNs = Math.max(fromNs, own.freeFromNs(lastNs));
                price(lastNs);
                price(firstNs);
                atNs = firstNs - 1;
            }
        }
    }
}
