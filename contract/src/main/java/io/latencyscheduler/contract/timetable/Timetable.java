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

    /**
     * Whether all the demands fit together. The answer of a filter that asks many ports: allocates nothing for one stream
     * whose period was asked before, and finds no words.
     */
    public boolean fits(List<StreamDemand> demands) {
        if (demands.size() != 1) {
            return admit(demands) instanceof Admission.Admitted;
        }
        StreamDemand demand = demands.get(0);
        if (refuseAtOnce(occupancy, demand) != null) {
            return false;
        }
        long lengthNs = timing.windowNs(demand.frameBytes(), demand.trafficClass());
        long fromNs = Offsets.fromNs(demand);
        for (int n = Offsets.windowsPerPeriod(demand, lengthNs, 0);
                n > 0;
                n = Offsets.windowsPerPeriod(demand, lengthNs, n)) {
            long periodNs = demand.periodNs() / n;
            if (occupancy.firstFree(periodNs, lengthNs, fromNs, Offsets.toNs(demand, periodNs, lengthNs)) >= 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether all the demands fit together, and where; takes nothing. */
    public Admission admit(List<StreamDemand> demands) {
        if (demands.size() == 1) {
            Object placed = place(occupancy, demands.get(0));
            return placed instanceof Window window
                    ? new Admission.Admitted(List.of(window))
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
            trial = trial.plus(new Holding("the same pod", demand.name(), window));
        }
        return new Admission.Admitted(List.of(windows));
    }

    /** A {@link Window} or a {@link Refusal}. */
    private Object place(Occupancy trial, StreamDemand demand) {
        Admission.Code code = refuseAtOnce(trial, demand);
        long lengthNs = timing.windowNs(demand.frameBytes(), demand.trafficClass());
        if (code == null) {
            long fromNs = Offsets.fromNs(demand);
            for (int n = Offsets.windowsPerPeriod(demand, lengthNs, 0);
                    n > 0;
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
        if (demand.jitterNs().isPresent() && demand.jitterNs().getAsLong() < timing.guardNs(demand.trafficClass())) {
            return Admission.Code.JITTER_TOO_SMALL;
        }
        int windows = Offsets.windowsPerPeriod(demand, lengthNs, 0);
        if (windows == 0) {
            return Admission.Code.DEADLINE_TOO_SHORT;
        }
        // The margin keeps a sum of rounded quotients from refusing a port that is exactly filled.
        if (trial.utilisation() + (double) windows * lengthNs / demand.periodNs() > 1 + 1e-9) {
            return Admission.Code.PORT_FULL;
        }
        return null;
    }

    /** Takes a window for {@code owner}, who may hold several. The caller has had it admitted. */
    public void add(String owner, Window window) {
        add(owner, "", window);
    }

    /**
     * Takes a window. The caller has had it admitted, or reads it from an allocation that counts whatever else is there.
     *
     * @param owner who gives all its windows back at once, such as {@code namespace/pod}; named in refusals
     * @param stream the owner's name for it; named in refusals
     */
    public void add(String owner, String stream, Window window) {
        occupancy = occupancy.plus(new Holding(owner, stream, window));
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

    /** Share of the port's time that is held, from 0 to 1. */
    public double utilisation() {
        return occupancy.utilisation();
    }

    Occupancy occupancy() {
        return occupancy;
    }
}
