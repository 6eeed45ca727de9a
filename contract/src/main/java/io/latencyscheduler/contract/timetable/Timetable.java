package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.StreamDemand;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The windows of one egress port. No two of them ever overlap.
 *
 * <p>Not thread-safe: its owner serialises calls.
 */
public final class Timetable {
    private final PortTiming timing;
    private final List<Entry> entries = new ArrayList<>();

    /** A window with the name of whoever holds it. */
    private record Entry(String owner, Window window) {}

    public Timetable(PortTiming timing) {
        this.timing = timing;
    }

    public PortTiming timing() {
        return timing;
    }

    /** Whether all the demands fit together, and where; takes nothing. */
    public Admission admit(List<StreamDemand> demands) {
        List<Entry> trial = new ArrayList<>(entries);
        List<Window> windows = new ArrayList<>(demands.size());
        for (StreamDemand demand : demands) {
            long lengthNs = timing.windowNs(demand.frameBytes());
            Admission.@Nullable Refused refused = refuseAtOnce(demand, lengthNs);
            if (refused != null) {
                return refused;
            }
            long firstNs = 0;
            long lastNs = demand.deadlineNs() - lengthNs;
            long windowPeriodNs = demand.periodNs();
            switch (demand.phase().kind()) {
                case ASSIGNED -> {}
                case FIXED -> {
                    firstNs = demand.phase().releaseNs();
                    lastNs += firstNs;
                }
                case FREE -> {
                    windowPeriodNs = freeWindowPeriodNs(demand, lengthNs);
                    if (windowPeriodNs == 0) {
                        return new Admission.Refused(
                                demand.name(),
                                Admission.Code.DEADLINE_TOO_SHORT,
                                "stream " + demand.name()
                                        + ": no whole fraction of its period is short enough for a deadline of "
                                        + Durations.format(demand.deadlineNs()));
                    }
                    lastNs = windowPeriodNs - 1;
                }
            }
            Window window = firstFit(trial, windowPeriodNs, firstNs, lastNs, lengthNs);
            if (window == null) {
                return new Admission.Refused(
                        demand.name(),
                        Admission.Code.NO_FREE_WINDOW,
                        "stream " + demand.name() + ": every offset within its deadline of "
                                + Durations.format(demand.deadlineNs()) + " is taken");
            }
            windows.add(window);
            trial.add(new Entry(demand.name(), window));
        }
        return new Admission.Admitted(windows);
    }

    private Admission.@Nullable Refused refuseAtOnce(StreamDemand demand, long lengthNs) {
        if (demand.frameBytes() > timing.maxSduBytes()) {
            return new Admission.Refused(
                    demand.name(),
                    Admission.Code.FRAME_TOO_LARGE,
                    "stream " + demand.name() + ": frame of " + demand.frameBytes() + " bytes, the port takes "
                            + timing.maxSduBytes());
        }
        if (lengthNs > demand.deadlineNs()) {
            return new Admission.Refused(
                    demand.name(),
                    Admission.Code.DEADLINE_TOO_SHORT,
                    "stream " + demand.name() + ": its frame needs " + Durations.format(lengthNs)
                            + " on this port, its deadline is " + Durations.format(demand.deadlineNs()));
        }
        if (demand.jitterNs().isPresent() && demand.jitterNs().getAsLong() < timing.guardNs()) {
            return new Admission.Refused(
                    demand.name(),
                    Admission.Code.JITTER_TOO_SMALL,
                    "stream " + demand.name() + ": jitter of "
                            + Durations.format(demand.jitterNs().getAsLong()) + " is below the port's guard of "
                            + Durations.format(timing.guardNs()));
        }
        return null;
    }

    /** The largest T/n with T/n + C ≤ D and, where jitter is bounded, T/n ≤ J; 0 when none is at least C. */
    private static long freeWindowPeriodNs(StreamDemand demand, long lengthNs) {
        long longestNs =
                Math.min(demand.deadlineNs() - lengthNs, demand.jitterNs().orElse(Long.MAX_VALUE));
        if (longestNs < lengthNs) {
            return 0;
        }
        for (long n = (demand.periodNs() + longestNs - 1) / longestNs; demand.periodNs() / n >= lengthNs; n++) {
            if (demand.periodNs() % n == 0) {
                return demand.periodNs() / n;
            }
        }
        return 0;
    }

    /** The smallest offset in [firstNs, lastNs] that no entry meets; offsets are taken modulo the period. */
    private static @Nullable Window firstFit(
            List<Entry> entries, long periodNs, long firstNs, long lastNs, long lengthNs) {
        long offsetNs = firstNs;
        int clean = 0;
        int next = 0;
        while (offsetNs <= lastNs) {
            if (clean == entries.size()) {
                return new Window(periodNs, offsetNs % periodNs, lengthNs);
            }
            Window taken = entries.get(next).window();
            long g = Window.gcd(periodNs, taken.periodNs());
            if (taken.lengthNs() + lengthNs > g) {
                return null;
            }
            long distance = Math.floorMod(offsetNs - taken.offsetNs(), g);
            if (distance < taken.lengthNs()) {
                offsetNs += taken.lengthNs() - distance;
                clean = 0;
            } else if (distance > g - lengthNs) {
                offsetNs += g - distance + taken.lengthNs();
                clean = 0;
            } else {
                clean++;
            }
            next = (next + 1) % entries.size();
        }
        return null;
    }

    /** Takes a window for {@code owner}, who may hold several. The caller has had it admitted. */
    public void add(String owner, Window window) {
        entries.add(new Entry(owner, window));
    }

    /** Gives back all windows of {@code owner}. */
    public void remove(String owner) {
        entries.removeIf(entry -> entry.owner().equals(owner));
    }
}
