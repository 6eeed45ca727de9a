package io.latencyscheduler.sandbox.fault;

import java.util.EnumMap;
import java.util.Map;
import java.util.Random;

/**
 * Which requests and watch events a {@link FaultProxy} spoils: each kind with a probability of its own, drawn from one
 * seeded source. A seed repeats the draws, not the moments at which requests arrive. Thread-safe.
 */
public final class FaultPlan {
    /** What can be done to a request or to a watch event. */
    public enum Fault {
        /** The request is answered 429 with {@code Retry-After: 1} and does not reach the server. */
        PUSHED_BACK,
        /** The request is answered 500 and does not reach the server. */
        SERVER_ERROR,
        /** The connection breaks before the request reaches the server. */
        RESET,
        /** The request does not reach the server and nobody says so: the other half of the connection is gone. */
        HALF_OPEN,
        /** The request takes effect, its answer is lost. */
        ANSWER_LOST,
        /** A binding reaches the server after a while, when its sender has long given up. */
        BINDING_LATE,
        /** A watch event is left out. */
        EVENT_DROPPED,
        /** A watch event is told twice. */
        EVENT_REPEATED,
        /** A watch event and those behind it come later. */
        EVENT_DELAYED,
        /** Not drawn but seen: a watch event is told behind a later one of another watch of the same program. */
        EVENT_OVERTAKEN,
        /** The watch ends in the middle of an event. */
        WATCH_CUT,
        /** The watch is told that its version is gone (410). */
        WATCH_EXPIRED,
        /** The watch stands still with its connection open, then ends. */
        WATCH_STALLED
    }

    private final Random random;
    /** Guarded by this. */
    private final Map<Fault, Double> probabilities = new EnumMap<>(Fault.class);
    /** Guarded by this. */
    private final Map<Fault, Long> injected = new EnumMap<>(Fault.class);
    /** Guarded by this. */
    private boolean on;

    public FaultPlan(long seed) {
        this.random = new Random(seed);
    }

    /** With this probability, from 0 to 1, wherever the fault can occur. */
    public synchronized FaultPlan with(Fault fault, double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability " + probability + " must be from 0 to 1");
        }
        probabilities.put(fault, probability);
        return this;
    }

    /** Nothing is spoiled while off; a plan begins so. */
    public synchronized void setOn(boolean on) {
        this.on = on;
    }

    /** Whether to inject this fault now; counted when so. */
    synchronized boolean draws(Fault fault) {
        boolean drawn = on && random.nextDouble() < probabilities.getOrDefault(fault, 0.0);
        if (drawn) {
            injected.merge(fault, 1L, Long::sum);
        }
        return drawn;
    }

    /** What came to pass without being drawn. */
    synchronized void saw(Fault fault) {
        if (on) {
            injected.merge(fault, 1L, Long::sum);
        }
    }

    /** A duration in milliseconds up to a longest one. */
    synchronized long milliseconds(int longest) {
        return random.nextInt(longest + 1);
    }

    /** How often each was injected so far. */
    public synchronized Map<Fault, Long> injected() {
        Map<Fault, Long> all = new EnumMap<>(Fault.class);
        for (Fault fault : Fault.values()) {
            all.put(fault, injected.getOrDefault(fault, 0L));
        }
        return all;
    }
}
