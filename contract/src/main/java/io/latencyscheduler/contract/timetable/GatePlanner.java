package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes the gate control list of a port from its windows.
 *
 * <p>Classes without windows are for other traffic. Their gates are open outside all windows and close early enough
 * before the next one: by the port's guard, since they too may be emitted late, and, where the gates do not look at the
 * length of a frame, by the longest frame of the class.
 */
public final class GatePlanner {
    /** What the software gates of the dataplane take. */
    public static final GateLimits SOFTWARE_LIMITS = new GateLimits(4_096, 1_000_000_000L, 1L << 40, 1);

    /** Copies of windows that are laid out at most before a shorter cycle is tried. */
    private static final int MAX_COPIES = 1 << 17;

    /** A window, and a gap in which eight classes close one after another. */
    private static final int ENTRIES_OF_ONE_GAP = 10;

    private final PortTiming timing;
    private final GateLimits limits;
    private final boolean lengthAware;

    /**
     * A planner for one port.
     *
     * @param lengthAware whether a frame that would not end before its gate closes is held back by the port itself (as IEEE
     *     802.1Q 8.6.8.4 asks, and the software gates do); otherwise the list holds a guard band
     */
    public GatePlanner(PortTiming timing, GateLimits limits, boolean lengthAware) {
        this.timing = timing;
        this.limits = limits;
        this.lengthAware = lengthAware;
    }

    /** The gates of a port that holds these windows; with none, all are open. Cycles lie on the TAI grid. */
    public GatePlan plan(Collection<GatedWindow> windows) {
        if (windows.isEmpty()) {
            long intervalNs = Math.min(limits.supportedIntervalMaxNs(), limits.supportedCycleMaxNs());
            return new GatePlan(
                    new GateControlList(
                            0, intervalNs, 0, List.of(GateControlList.Entry.set(GateControlList.ALL_OPEN, intervalNs))),
                    GatePlan.Form.EXACT,
                    "");
        }
        long hyperperiodNs = leastCommonMultiple(
                windows.stream().map(GatedWindow::window).map(Window::periodNs).toList());
        String tooLong = "the hyperperiod of the windows is longer than the cycle of "
                + Durations.format(limits.supportedCycleMaxNs()) + " that the port supports";
        String tooMany = "a list over the hyperperiod of " + Durations.format(Math.max(0, hyperperiodNs))
                + " needs more entries than the " + limits.supportedListMax() + " that the port supports";
        String reason = hyperperiodNs < 0 || hyperperiodNs > limits.supportedCycleMaxNs() ? tooLong : tooMany;
        Layout whole = layout(windows, hyperperiodNs, false);
        if (whole != null && !whole.joined()) {
            return new GatePlan(whole.list(), GatePlan.Form.EXACT, "");
        }
        Layout best = whole == null ? timedOnly(windows) : whole;
        GatePlan.Form form = whole == null ? GatePlan.Form.FOLDED : GatePlan.Form.JOINED;
        for (long cycleNs : shorterCycles(windows)) {
            Layout folded = layout(windows, cycleNs, true);
            if (folded != null && folded.openShare() > best.openShare()) {
                best = folded;
                form = GatePlan.Form.FOLDED;
            }
        }
        if (best.openShare() == 0) {
            form = GatePlan.Form.TIMED_ONLY;
        }
        return new GatePlan(best.list(), form, reason);
    }

    /**
     * Whether a list within the limits leaves other traffic some time. Lists need not be made for that where the windows
     * of one hyperperiod can be laid out: gaps are joined until the list is short enough, and the longest remain.
     */
    boolean leavesTime(Occupancy occupancy) {
        long hyperperiodNs = occupancy.hyperperiodNs();
        boolean laidOut = hyperperiodNs > 0
                && hyperperiodNs <= limits.supportedCycleMaxNs()
                && occupancy.copies(hyperperiodNs) <= MAX_COPIES;
        long longIntervals = laidOut ? hyperperiodNs / limits.supportedIntervalMaxNs() : 0;
        if (laidOut && 2 * (longIntervals + ENTRIES_OF_ONE_GAP) <= limits.supportedListMax()) {
            return true;
        }
        List<GatedWindow> windows = occupancy.holdings().stream()
                .map(holding -> new GatedWindow(holding.window(), holding.trafficClass()))
                .toList();
        return plan(windows).form() != GatePlan.Form.TIMED_ONLY;
    }

    /** What all periods share, each of them, and the least common multiples of the shortest ones. */
    private static TreeSet<Long> shorterCycles(Collection<GatedWindow> windows) {
        TreeSet<Long> periods = new TreeSet<>();
        windows.forEach(gated -> periods.add(gated.window().periodNs()));
        TreeSet<Long> cycles = new TreeSet<>(periods);
        cycles.add(periods.stream().reduce(Window::gcd).orElseThrow());
        long multiple = 1;
        for (long periodNs : periods) {
            multiple = leastCommonMultiple(List.of(multiple, periodNs));
            if (multiple < 0) {
                break;
            }
            cycles.add(multiple);
        }
        return cycles;
    }

    /** -1 when it is beyond 2^62. */
    static long leastCommonMultiple(Collection<Long> numbers) {
        long multiple = 1;
        for (long number : numbers) {
            long factor = number / Window.gcd(multiple, number);
            if (multiple > (1L << 62) / factor) {
                return -1;
            }
            multiple *= factor;
        }
        return multiple;
    }

    /** A list with the share of the time in which other traffic may pass. */
    private record Layout(GateControlList list, double openShare, boolean joined) {}

    /** Other traffic has no time at all: what is left when windows lie everywhere in every cycle. */
    private Layout timedOnly(Collection<GatedWindow> windows) {
        int timed = timedClasses(windows);
        long intervalNs = Math.min(limits.supportedIntervalMaxNs(), limits.supportedCycleMaxNs());
        return new Layout(
                new GateControlList(0, intervalNs, 0, List.of(GateControlList.Entry.set(timed, intervalNs))), 0, false);
    }

    private static int timedClasses(Collection<GatedWindow> windows) {
        return windows.stream().mapToInt(gated -> 1 << gated.trafficClass()).reduce(0, (a, b) -> a | b);
    }

    /** Null when the cycle does not fit the limits. */
    private @Nullable Layout layout(Collection<GatedWindow> windows, long cycleNs, boolean folded) {
        if (cycleNs < 0 || cycleNs > limits.supportedCycleMaxNs()) {
            return null;
        }
        long copies = 0;
        for (GatedWindow gated : windows) {
            copies += cycleNs / Window.gcd(cycleNs, gated.window().periodNs());
            if (copies > MAX_COPIES) {
                return null;
            }
        }
        int timed = timedClasses(windows);
        List<Fold> folds = new ArrayList<>();
        List<Integer> masks = new ArrayList<>();
        if (folded) {
            folds.add(fold(cycleNs, windows.stream().map(GatedWindow::window).toList()));
            masks.add(timed);
        } else {
            for (int c : windows.stream()
                    .mapToInt(GatedWindow::trafficClass)
                    .distinct()
                    .sorted()
                    .toArray()) {
                folds.add(fold(
                        cycleNs,
                        windows.stream()
                                .filter(gated -> gated.trafficClass() == c)
                                .map(GatedWindow::window)
                                .toList()));
                masks.add(1 << c);
            }
        }
        GateStates states = new GateStates(cycleNs, folds, masks, closingLeads(timed));
        GateStates.Result result = states.within(limits);
        if (result == null) {
            return null;
        }
        return new Layout(
                new GateControlList(result.baseNs(), cycleNs, 0, result.entries()),
                states.openShare(result.entries()),
                result.joined());
    }

    private static Fold fold(long cycleNs, List<Window> windows) {
        Fold fold = Fold.empty(cycleNs);
        for (long periodNs :
                new TreeSet<>(windows.stream().map(Window::periodNs).toList())) {
            List<Window> same = windows.stream()
                    .filter(window -> window.periodNs() == periodNs)
                    .toList();
            fold = fold.plus(
                    Window.gcd(cycleNs, periodNs),
                    same.stream().mapToLong(Window::offsetNs).toArray(),
                    same.stream().mapToLong(Window::lengthNs).toArray());
        }
        return fold;
    }

    /** By class: how long before a window its gate closes; -1 for timed classes, which have gates of their own. */
    private long[] closingLeads(int timed) {
        long[] leads = new long[8];
        for (int c = 0; c < 8; c++) {
            leads[c] = (timed >> c & 1) != 0
                    ? -1
                    : timing.guardNs(c) + (lengthAware ? 0 : timing.wireNs(timing.maxSduBytes(c)));
        }
        return leads;
    }

    /** Entries with the same gates, one after another, as one. */
    static List<GateControlList.Entry> merged(List<GateControlList.Entry> entries) {
        List<GateControlList.Entry> merged = new ArrayList<>(entries.size());
        for (GateControlList.Entry entry : entries) {
            int last = merged.size() - 1;
            if (last >= 0 && merged.get(last).gateStates() == entry.gateStates()) {
                merged.set(
                        last,
                        GateControlList.Entry.set(
                                entry.gateStates(), merged.get(last).timeIntervalNs() + entry.timeIntervalNs()));
            } else {
                merged.add(entry);
            }
        }
        return merged;
    }
}
