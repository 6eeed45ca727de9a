package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.Cluster;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What the plugins share while one pod is being decided: the cluster, the moment, and a value per {@link StateKey}. */
public final class CycleState {
    private final Cluster cluster;
    private final Instant now;
    private @Nullable Object[] slots = new @Nullable Object[16];

    public CycleState(Cluster cluster, Instant now) {
        this.cluster = cluster;
        this.now = now;
    }

    /**
     * A copy for a trial: values that are {@link TrialState} are copied too, others shared. PreFilter's addPod and
     * removePod then change the copy alone.
     */
    public CycleState copy() {
        CycleState copy = new CycleState(cluster, now);
        copy.slots = slots.clone();
        for (int i = 0; i < copy.slots.length; i++) {
            if (copy.slots[i] instanceof TrialState value) {
                copy.slots[i] = value.copy();
            }
        }
        return copy;
    }

    /** A kept value that addPod and removePod change. */
    public interface TrialState {
        TrialState copy();
    }

    /** All nodes and pods as of now; plugins read it and never change it. */
    public Cluster cluster() {
        return cluster;
    }

    /** The moment of the decision: the same for every plugin and node. */
    public Instant now() {
        return now;
    }

    /** Keeps a value for the points that follow in this cycle. */
    public <T> void put(StateKey<T> key, T value) {
        if (key.slot >= slots.length) {
            slots = Arrays.copyOf(slots, key.slot * 2);
        }
        slots[key.slot] = value;
    }

    /** The value kept, or null. */
    @SuppressWarnings("unchecked") // put() stores nothing else under this key.
    public <T> @Nullable T find(StateKey<T> key) {
        return key.slot < slots.length ? (T) slots[key.slot] : null;
    }

    /**
     * The value kept.
     *
     * @throws IllegalStateException when none was: the plugin's earlier point did not run
     */
    public <T> T get(StateKey<T> key) {
        T value = find(key);
        if (value == null) {
            throw new IllegalStateException("the plugin's earlier extension point kept nothing");
        }
        return value;
    }
}
