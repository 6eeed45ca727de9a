package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.StreamDemand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The windows of one egress port. No two that were admitted ever overlap.
 *
 * <p>Not thread-safe: its owner serialises calls. A {@link #copy} costs nothing and may be used by another thread.
 */
public final class Timetable {
    private final String port;
    private final PortTiming timing;
    private final Placement placement;
    private Occupancy occupancy;

    /** An idle port without a name. */
    public Timetable(PortTiming timing) {
        this("", timing);
    }

    /** An idle port; its name appears in refusals. */
    public Timetable(String port, PortTiming timing) {
        this(port, timing, Placement.HARMONIC, Occupancy.EMPTY);
    }

    Timetable(String port, PortTiming timing, Placement placement) {
        this(port, timing, placement, Occupancy.EMPTY);
    }

    Timetable(String port, PortTiming timing, Placement placement, Occupancy occupancy) {
        this.port = port;
        this.timing = timing;
        this.placement = placement;
        this.occupancy = occupancy;
    }

    /** An independent timetable with the same windows, for a what-if; shares all memory until one of them changes. */
    public Timetable copy() {
        return new Timetable(port, timing, placement, occupancy);
    }

    public String port() {
        return port;
    }

    public PortTiming timing() {
        return timing;
    }

    /** Whether something fits. */
    public enum Fit {
        YES,
        NO,
        /** Not answered: the {@link Preparation} was spent. */
        UNKNOWN
    }

    /** Whether all the demands fit together, whatever has to be prepared for the answer. */
    public boolean fits(List<StreamDemand> demands) {
        return fits(demands, Preparation.UNLIMITED) == Fit.YES;
    }

    /**
     * Whether all the demands fit together. The answer of a filter that asks many ports: allocates nothing for one stream
     * whose period was asked before, and finds no words.
     */
    public Fit fits(List<StreamDemand> demands, Preparation preparation) {
        for (int i = 0; i < demands.size(); i++) {
            Fit alone = fits(demands.get(i), preparation);
            if (alone != Fit.YES) {
                return alone;
            }
        }
        boolean alone = demands.size() == 1 && gatesTake(demands.get(0).periodNs());
        return alone || admit(demands) instanceof Admission.Admitted ? Fit.YES : Fit.NO;
    }

    /** Whether one more window of a period in use needs no look at the gates: they are software, and follow already. */
    private boolean gatesTake(long periodNs) {
        return timing.gates() == null && occupancy.hyperperiodNs() % periodNs == 0;
    }

    private Fit fits(StreamDemand demand, Preparation preparation) {
        if (refuseAtOnce(occupancy, demand) != null) {
            return Fit.NO;
        }
        long lengthNs = timing.windowNs(demand.frameBytes(), demand.trafficClass());
        long fromNs = Offsets.fromNs(demand);
        for (int n = Offsets.windowsPerPeriod(demand, lengthNs, 0);
                n > 0 && hasTimeFor(occupancy, n, lengthNs, demand);
                n = Offsets.windowsPerPeriod(demand, lengthNs, n)) {
            long periodNs = demand.periodNs() / n;
            long offsetNs = occupancy.firstFree(
                    periodNs, lengthNs, fromNs, Offsets.toNs(demand, periodNs, lengthNs), preparation);
            if (offsetNs >= 0) {
                return Fit.YES;
            }
            if (offsetNs == Occupancy.UNKNOWN) {
                return Fit.UNKNOWN;
            }
        }
        return Fit.NO;
    }

    /** Whether the port has that much time left at all. */
    private static boolean hasTimeFor(Occupancy trial, int windows, long lengthNs, StreamDemand demand) {
        // The margin keeps a sum of rounded quotients from refusing a port that is exactly filled.
        return trial.utilisation() + (double) windows * lengthNs / demand.periodNs() <= 1 + 1e-9;
    }

    /** Whether all the demands fit together, and where; takes nothing. */
    public Admission admit(List<StreamDemand> demands) {
        if (demands.size() == 1) {
            Object placed = place(occupancy, demands.get(0));
            return placed instanceof Window window
                    ? gated(occupancy.plus(holding(demands.get(0), window)), demands.get(0), List.of(window))
                    : new Admission.Refused((Refusal) placed);
        }
        // Streams that may go to few places first; should that fail, as they come.
        Integer[] tightFirst = inOrder(demands.size());
        Arrays.sort(
                tightFirst,
                Comparator.<Integer>comparingLong(i -> freedomNs(demands.get(i)))
                        .thenComparingLong(i -> demands.get(i).periodNs()));
        Admission admission = admit(demands, tightFirst);
        return admission instanceof Admission.Admitted ? admission : admit(demands, inOrder(demands.size()));
    }

    private static Integer[] inOrder(int count) {
        Integer[] order = new Integer[count];
        Arrays.setAll(order, i -> i);
        return order;
    }

    private long freedomNs(StreamDemand demand) {
        return demand.deadlineNs() - timing.windowNs(demand.frameBytes(), demand.trafficClass());
    }

    private Admission admit(List<StreamDemand> demands, Integer[] order) {
        Occupancy trial = occupancy;
        Window[] windows = new Window[demands.size()];
        for (int i : order) {
            StreamDemand demand = demands.get(i);
            Object placed = place(trial, demand);
            if (!(placed instanceof Window window)) {
                return new Admission.Refused((Refusal) placed);
            }
            windows[i] = window;
            trial = trial.plus(holding(demand, window));
        }
        return gated(trial, demands.get(demands.size() - 1), List.of(windows));
    }

    private static Holding holding(StreamDemand demand, Window window) {
        return new Holding("the same pod", demand.name(), window, demand.trafficClass());
    }

    /** The last test: gates that would shut out other traffic for good refuse the windows. */
    private Admission gated(Occupancy trial, StreamDemand last, List<Window> windows) {
        return new GatePlanner(timing, timing.gateLimits(), timing.gates() == null).leavesTime(trial)
                ? new Admission.Admitted(windows)
                : new Admission.Refused(new Refusal(port, timing, occupancy, last, Admission.Code.GATES_EXHAUSTED));
    }

    /** A {@link Window} or a {@link Refusal}. */
    private Object place(Occupancy trial, StreamDemand demand) {
        Admission.Code code = refuseAtOnce(trial, demand);
        long lengthNs = timing.windowNs(demand.frameBytes(), demand.trafficClass());
        if (code == null) {
            long fromNs = Offsets.fromNs(demand);
            for (int n = Offsets.windowsPerPeriod(demand, lengthNs, 0);
                    n > 0 && hasTimeFor(trial, n, lengthNs, demand);
                    n = Offsets.windowsPerPeriod(demand, lengthNs, n)) {
                long periodNs = demand.periodNs() / n;
                long toNs = Offsets.toNs(demand, periodNs, lengthNs);
                long offsetNs = placement.place(trial, periodNs, lengthNs, fromNs, toNs);
                if (offsetNs >= 0) {
                    return new Window(periodNs, offsetNs % periodNs, lengthNs);
                }
            }
            code = Admission.Code.NO_FREE_WINDOW;
        }
        return new Refusal(port, timing, trial, demand, code);
    }

    /** The tests that need no search, cheapest first; null when all are passed. */
    private Admission.@Nullable Code refuseAtOnce(Occupancy trial, StreamDemand demand) {
        long lengthNs = timing.windowNs(demand.frameBytes(), demand.trafficClass());
        if (!timing.periodsNs().isEmpty() && !timing.periodsNs().contains(demand.periodNs())) {
            return Admission.Code.PERIOD_UNSUPPORTED;
        }
        if (!timing.servesStreams(demand.trafficClass())) {
            return Admission.Code.CLASS_NOT_SERVED;
        }
        if (demand.frameBytes() > timing.maxSduBytes(demand.trafficClass())) {
            return Admission.Code.FRAME_TOO_LARGE;
        }
        if (lengthNs > demand.deadlineNs()) {
            return Admission.Code.DEADLINE_TOO_SHORT;
        }
        if (lengthNs < timing.gateLimits().minIntervalNs()) {
            return Admission.Code.WINDOW_TOO_SHORT;
        }
        if (demand.jitterNs().isPresent() && demand.jitterNs().getAsLong() < timing.guardNs(demand.trafficClass())) {
            return Admission.Code.JITTER_TOO_SMALL;
        }
        int windows = Offsets.windowsPerPeriod(demand, lengthNs, 0);
        if (windows == 0) {
            return Admission.Code.DEADLINE_TOO_SHORT;
        }
        if (!hasTimeFor(trial, windows, lengthNs, demand)) {
            return Admission.Code.PORT_FULL;
        }
        return null;
    }

    /** Takes a window of class 7 for {@code owner}, who may hold several. The caller has had it admitted. */
    public void add(String owner, Window window) {
        add(owner, "", window);
    }

    /**
     * Takes a window of class 7. The caller has had it admitted, or reads it from an allocation that counts whatever else is there.
     *
     * @param owner who gives all its windows back at once, such as {@code namespace/pod}; named in refusals
     * @param stream the owner's name for it; named in refusals
     */
    public void add(String owner, String stream, Window window) {
        add(new Holding(owner, stream, window));
    }

    /** Takes a window of any traffic class; otherwise the same. */
    public void add(Holding holding) {
        occupancy = occupancy.plus(holding);
    }

    /** Gives back all windows of {@code owner}. */
    public void remove(String owner) {
        occupancy = occupancy.minus(holding -> holding.owner().equals(owner));
    }

    /** Who holds a window that this one would meet. */
    public Optional<Holding> meeting(Window window) {
        return Optional.ofNullable(occupancy.meeting(window.periodNs(), window.offsetNs(), window.lengthNs()));
    }

    /** Everything held, by period and offset. */
    public List<Holding> holdings() {
        return new ArrayList<>(occupancy.holdings());
    }

    /**
     * What windows take from streams of the other periods in use, from 0 to 1: the share of their circles that is newly
     * occupied, on average. 0 where they lie in the shadow of others.
     */
    public double fragmentation(List<Window> windows) {
        double sum = 0;
        for (Window window : windows) {
            sum += HarmonicPlacement.fragmentation(occupancy, window);
        }
        return Math.min(1, sum);
    }

    /** Share of the port's time that is held, from 0 to 1. */
    public double utilisation() {
        return occupancy.utilisation();
    }

    Occupancy occupancy() {
        return occupancy;
    }
}
