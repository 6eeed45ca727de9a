package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Phase;
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
 * <p>Not thread-safe: its owner serialises calls. A {@link #trial} costs nothing and may be used by another thread.
 */
public final class Timetable {
    /** {@link #shortestDeadlineNs}: no deadline helps. */
    public static final long NEVER = Long.MAX_VALUE;

    /** {@link #shortestDeadlineNs}: not answered. */
    public static final long UNKNOWN = -1;

    /** What placing one stream takes of a {@link Preparation}: some 50 µs on a full port. */
    private static final long COPIES_WORTH_A_PLACEMENT = 2_000;

    private final String port;
    private final PortTiming timing;
    private final Placement placement;
    private final boolean trial;
    private Occupancy occupancy;

    /** Trials alone: what was held before {@link #lastOwner} came, for when he goes again. */
    private @Nullable Occupancy beforeLastOwner;

    private String lastOwner = "";

    /** An idle port without a name. */
    public Timetable(PortTiming timing) {
        this("", timing);
    }

    /** An idle port; its name appears in refusals. */
    public Timetable(String port, PortTiming timing) {
        this(port, timing, Placement.HARMONIC, false, Occupancy.EMPTY);
    }

    Timetable(String port, PortTiming timing, Placement placement) {
        this(port, timing, placement, false, Occupancy.EMPTY);
    }

    Timetable(String port, PortTiming timing, Placement placement, boolean trial, Occupancy occupancy) {
        this.port = port;
        this.timing = timing;
        this.placement = placement;
        this.trial = trial;
        this.occupancy = occupancy;
    }

    /**
     * An independent timetable with the same windows, to try things on; shares all memory until one of them changes. An owner
     * who comes and at once goes again costs it nothing, and circles are built when something is asked.
     */
    public Timetable trial() {
        return new Timetable(port, timing, placement, true, occupancy);
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
     * whose period was asked before, and finds no words. Several streams have to be placed to know it, and so has one where gates
     * may be exhausted: {@code preparation} pays for that too.
     */
    public Fit fits(List<StreamDemand> demands, Preparation preparation) {
        for (int i = 0; i < demands.size(); i++) {
            StreamDemand demand = demands.get(i);
            Fit alone = fits(demand, timing.windowNs(demand.frameBytes(), demand.trafficClass()), preparation);
            if (alone != Fit.YES) {
                return alone;
            }
        }
        if (!mustBePlacedToKnow(demands)) {
            return Fit.YES;
        }
        if (!preparation.take(COPIES_WORTH_A_PLACEMENT * demands.size())) {
            return Fit.UNKNOWN;
        }
        return admit(demands) instanceof Admission.Admitted ? Fit.YES : Fit.NO;
    }

    /** Whether {@link #fits(List, Preparation)} has to place the demands although each of them fits alone. */
    public boolean mustBePlacedToKnow(List<StreamDemand> demands) {
        return demands.size() > 1 || !gatesTake(demands.get(0).periodNs());
    }

    /**
     * A lower bound of the deadlines that this port could keep for such a stream, whatever it asks for; exact save that
     * gates are not looked at and irregular periods are given up early. What a filter may remember of a port: a stream of this period, phase and class with a
     * frame no smaller does not fit when its deadline is shorter.
     *
     * <p>Windows of {@code free} streams depend on their deadline and jitter, so there it is the demand's own deadline or {@link
     * #NEVER}, and tells of streams alike in both.
     *
     * @return {@link #NEVER} when it would fit with no deadline, {@link #UNKNOWN} when the preparation was spent
     */
    public long shortestDeadlineNs(StreamDemand demand, Preparation preparation) {
        // A larger frame may be served where this one's window is too short for the gates.
        long lengthNs = Math.max(
                timing.windowNs(demand.frameBytes(), demand.trafficClass()),
                timing.gateLimits().minIntervalNs());
        boolean free = demand.phase().kind() == Phase.Kind.FREE;
        StreamDemand patient = free ? demand : demand.withoutBounds();
        if (refuseAtOnce(occupancy, patient, lengthNs) != null) {
            return NEVER;
        }
        boolean exact = true;
        long fromNs = Offsets.fromNs(patient);
        for (int n = Offsets.windowsPerPeriod(patient, lengthNs, 0);
                n > 0 && hasTimeFor(occupancy, n, lengthNs, patient);
                n = Offsets.windowsPerPeriod(patient, lengthNs, n)) {
            long periodNs = patient.periodNs() / n;
            long toNs = Offsets.toNs(patient, periodNs, lengthNs);
            long offsetNs = occupancy.firstFree(periodNs, lengthNs, fromNs, toNs, preparation);
            if (offsetNs >= 0) {
                return free ? demand.deadlineNs() : offsetNs - fromNs + lengthNs;
            }
            if (offsetNs == Occupancy.UNKNOWN) {
                return UNKNOWN;
            }
            exact &= occupancy.answersExactly(periodNs, lengthNs);
        }
        return exact ? NEVER : lengthNs;
    }

    /** Whether one more window of a period in use needs no look at the gates: they are software, and follow already. */
    private boolean gatesTake(long periodNs) {
        return timing.gates() == null && occupancy.hyperperiodNs() % periodNs == 0;
    }

    private Fit fits(StreamDemand demand, long lengthNs, Preparation preparation) {
        if (refuseAtOnce(occupancy, demand, lengthNs) != null) {
            return Fit.NO;
        }
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
            StreamDemand demand = demands.get(0);
            Object placed = place(occupancy, demand);
            if (!(placed instanceof Window window)) {
                return new Admission.Refused((Refusal) placed);
            }
            return gatesTake(demand.periodNs())
                    ? new Admission.Admitted(List.of(window))
                    : gated(occupancy.plus(holding(demand, window)), demand, List.of(window));
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
        long lengthNs = timing.windowNs(demand.frameBytes(), demand.trafficClass());
        Admission.Code code = refuseAtOnce(trial, demand, lengthNs);
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
    private Admission.@Nullable Code refuseAtOnce(Occupancy trial, StreamDemand demand, long lengthNs) {
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
        if (trial && !holding.owner().equals(lastOwner)) {
            lastOwner = holding.owner();
            beforeLastOwner = occupancy.holds(lastOwner) ? null : occupancy;
        }
        occupancy = occupancy.plus(holding);
    }

    /** Gives back all windows of {@code owner}. */
    public void remove(String owner) {
        if (beforeLastOwner != null && owner.equals(lastOwner)) {
            occupancy = beforeLastOwner;
        } else {
            occupancy = occupancy.minus(holding -> holding.owner().equals(owner), !trial);
        }
        lastOwner = "";
        beforeLastOwner = null;
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
