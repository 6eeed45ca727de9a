package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import io.latencyscheduler.contract.timetable.GateControlList.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The gates of one cycle: alternating stretches of windows and of gaps between them, turned into entries within the
 * limits of a port. Whatever is simplified only ever takes time from other traffic: a gap may close early or be joined to
 * the window before it; a window's gate is never shut within the window.
 */
final class GateStates {
    private static final int GAP = 0;

    private final long cycleNs;
    private final int timed;
    private final long[] leadsNs;
    /** Stretches: start, ascending from 0, and timed gates that are open; {@link #GAP} where no window lies. */
    private final List<Stretch> stretches;

    private record Stretch(long startNs, long endNs, int open) {
        long lengthNs() {
            return endNs - startNs;
        }
    }

    /** Entries that begin {@code baseNs} after the cycle does, and whether gaps were given up for the sake of their number. */
    record Result(long baseNs, List<Entry> entries, boolean joined) {}

    /**
     * Lays windows out.
     *
     * @param masks the gates that each fold opens
     * @param leadsNs by class, how long before a window its gate closes; negative for timed classes
     */
    GateStates(long cycleNs, List<Fold> folds, List<Integer> masks, long[] leadsNs) {
        this.cycleNs = cycleNs;
        this.leadsNs = leadsNs;
        this.timed = masks.stream().reduce(0, (a, b) -> a | b);
        long[] bounds = folds.stream()
                .flatMapToLong(fold -> LongStream.concat(fold.starts(), fold.ends()))
                .toArray();
        bounds = LongStream.concat(LongStream.of(0, cycleNs), Arrays.stream(bounds))
                .sorted()
                .distinct()
                .toArray();
        int[] next = new int[folds.size()];
        List<Stretch> all = new ArrayList<>();
        for (int b = 0; b + 1 < bounds.length; b++) {
            int open = GAP;
            for (int f = 0; f < next.length; f++) {
                Fold fold = folds.get(f);
                while (next[f] < fold.size() && fold.endNs(next[f]) <= bounds[b]) {
                    next[f]++;
                }
                if (next[f] < fold.size() && fold.startNs(next[f]) <= bounds[b]) {
                    open |= masks.get(f);
                }
            }
            all.add(new Stretch(bounds[b], bounds[b + 1], open));
        }
        stretches = joined(all);
    }

    private static List<Stretch> joined(List<Stretch> stretches) {
        List<Stretch> joined = new ArrayList<>(stretches.size());
        for (Stretch stretch : stretches) {
            int last = joined.size() - 1;
            if (last >= 0 && joined.get(last).open() == stretch.open()) {
                joined.set(last, new Stretch(joined.get(last).startNs(), stretch.endNs(), stretch.open()));
            } else {
                joined.add(stretch);
            }
        }
        return joined;
    }

    /** Entries within the limits, as few gaps as needed being given up; null when there are none. */
    @Nullable
    Result within(GateLimits limits) {
        long[] gaps = stretches.stream()
                .filter(stretch -> stretch.open() == GAP)
                .mapToLong(Stretch::lengthNs)
                .sorted()
                .distinct()
                .toArray();
        // Position i gives up the gaps up to the i-th shortest length; the first that fits is sought.
        int low = 0;
        int high = gaps.length;
        Result found = null;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Result result = entries(limits, middle == 0 ? 0 : gaps[middle - 1]);
            if (result != null) {
                found = new Result(result.baseNs(), result.entries(), middle > 0);
                high = middle - 1;
            } else {
                low = middle + 1;
            }
        }
        return found;
    }

    private @Nullable Result entries(GateLimits limits, long givenUpNs) {
        List<Stretch> kept = withoutGaps(Math.max(givenUpNs, limits.minIntervalNs() - 1));
        Result result = entries(limits, kept, 0);
        if (result == null) {
            // The cut at 0 may have made an interval that is too short: begin with a window instead.
            for (Stretch stretch : kept) {
                if (stretch.open() != GAP && stretch.startNs() > 0) {
                    return entries(limits, kept, stretch.startNs());
                }
            }
        }
        return result;
    }

    /** Gaps of at most this length get the gates of the window before them. */
    private List<Stretch> withoutGaps(long givenUpNs) {
        int before = GAP;
        for (Stretch stretch : stretches) {
            before = stretch.open() == GAP ? before : stretch.open();
        }
        boolean overEnd = stretches.size() > 1
                && stretches.get(0).open() == GAP
                && stretches.get(stretches.size() - 1).open() == GAP;
        long overEndNs = overEnd
                ? stretches.get(0).lengthNs()
                        + stretches.get(stretches.size() - 1).lengthNs()
                : 0;
        List<Stretch> kept = new ArrayList<>(stretches.size());
        for (int i = 0; i < stretches.size(); i++) {
            Stretch stretch = stretches.get(i);
            long lengthNs = overEnd && (i == 0 || i == stretches.size() - 1) ? overEndNs : stretch.lengthNs();
            if (stretch.open() == GAP && lengthNs <= givenUpNs) {
                kept.add(new Stretch(stretch.startNs(), stretch.endNs(), before));
            } else {
                kept.add(stretch);
                before = stretch.open() == GAP ? before : stretch.open();
            }
        }
        return joined(kept);
    }

    /** Entries of a cycle that begins at {@code baseNs}, which is 0 or the start of a stretch. */
    private @Nullable Result entries(GateLimits limits, List<Stretch> kept, long baseNs) {
        List<Stretch> turned = new ArrayList<>(kept.size());
        kept.stream().filter(stretch -> stretch.startNs() >= baseNs).forEach(turned::add);
        kept.stream()
                .filter(stretch -> stretch.startNs() < baseNs)
                .map(stretch -> new Stretch(stretch.startNs() + cycleNs, stretch.endNs() + cycleNs, stretch.open()))
                .forEach(turned::add);
        List<Entry> entries = new ArrayList<>();
        List<Stretch> cycle = joined(turned);
        for (int i = 0; i < cycle.size(); i++) {
            Stretch stretch = cycle.get(i);
            if (stretch.open() != GAP) {
                entries.add(Entry.set(stretch.open(), stretch.lengthNs()));
            } else {
                addGap(entries, stretch, nextWindowNs(cycle, i), limits.minIntervalNs());
            }
        }
        entries = split(GatePlanner.merged(entries), limits);
        boolean fits = entries.size() <= limits.supportedListMax()
                && entries.stream().allMatch(entry -> entry.timeIntervalNs() >= limits.minIntervalNs());
        return fits ? new Result(baseNs, entries, false) : null;
    }

    /** Start of the first window after a gap; the cycle repeats. */
    private long nextWindowNs(List<Stretch> cycle, int gap) {
        for (int i = gap + 1; i < cycle.size(); i++) {
            if (cycle.get(i).open() != GAP) {
                return cycle.get(i).startNs();
            }
        }
        for (Stretch stretch : cycle) {
            if (stretch.open() != GAP) {
                return stretch.startNs() + cycleNs;
            }
        }
        throw new IllegalStateException("a cycle without windows");
    }

    /**
     * Classes close one after another before the next window. Going back from the window, a piece that is too short begins
     * earlier: what is open later is open earlier too, so that only closes gates sooner.
     */
    private void addGap(List<Entry> entries, Stretch gap, long windowNs, long minIntervalNs) {
        long[] closings = Arrays.stream(leadsNs)
                .filter(lead -> lead >= 0)
                .map(lead -> windowNs - lead)
                .sorted()
                .distinct()
                .toArray();
        List<Entry> backward = new ArrayList<>();
        long endNs = gap.endNs();
        int open = openBefore(windowNs, endNs);
        for (int i = closings.length - 1; i >= 0 && endNs > gap.startNs(); i--) {
            long startNs = Math.max(gap.startNs(), Math.min(closings[i], endNs - minIntervalNs));
            if (closings[i] >= endNs) {
                continue;
            }
            if (startNs - gap.startNs() < minIntervalNs) {
                startNs = gap.startNs();
            }
            backward.add(Entry.set(open, endNs - startNs));
            endNs = startNs;
            open = openBefore(windowNs, endNs);
        }
        if (endNs > gap.startNs()) {
            backward.add(Entry.set(open, endNs - gap.startNs()));
        }
        for (int i = backward.size() - 1; i >= 0; i--) {
            entries.add(backward.get(i));
        }
    }

    /** The gates of other traffic just before {@code atNs}, a time before the window. */
    private int openBefore(long windowNs, long atNs) {
        int open = 0;
        for (int c = 0; c < leadsNs.length; c++) {
            if (leadsNs[c] >= 0 && atNs <= windowNs - leadsNs[c]) {
                open |= 1 << c;
            }
        }
        return open;
    }

    private static List<Entry> split(List<Entry> entries, GateLimits limits) {
        List<Entry> split = new ArrayList<>(entries.size());
        for (Entry entry : entries) {
            long restNs = entry.timeIntervalNs();
            while (restNs > limits.supportedIntervalMaxNs()) {
                // Leave no rest that is too short.
                long partNs = Math.min(limits.supportedIntervalMaxNs(), restNs - limits.minIntervalNs());
                split.add(Entry.set(entry.gateStates(), partNs));
                restNs -= partNs;
            }
            split.add(Entry.set(entry.gateStates(), restNs));
        }
        return split;
    }

    /** Share of the cycle in which any other traffic may pass. */
    double openShare(List<Entry> entries) {
        long openNs = entries.stream()
                .filter(entry -> (entry.gateStates() & ~timed) != 0)
                .mapToLong(Entry::timeIntervalNs)
                .sum();
        return (double) openNs / cycleNs;
    }
}
