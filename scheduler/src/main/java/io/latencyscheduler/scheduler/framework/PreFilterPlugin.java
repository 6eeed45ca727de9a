package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import org.jspecify.annotations.Nullable;

/** Called once per pod, before any node is looked at. */
public interface PreFilterPlugin extends Plugin {
    /**
     * What it found.
     *
     * @param verdict SUCCESS; SKIP when the plugin's filter need not be called; anything else refuses the pod everywhere
     * @param candidates the only nodes that the plugin's own filter could pass; null: any
     * @param others the verdict on all other nodes; null when {@code candidates} is
     */
    record Result(
            Verdict verdict,
            @Nullable NodeSet candidates,
            @Nullable Verdict others) {
        public static final Result SUCCESS = new Result(Verdict.SUCCESS, null, null);
        public static final Result SKIP = new Result(Verdict.SKIP, null, null);

        public static Result refused(Verdict verdict) {
            return new Result(verdict, null, null);
        }

        public static Result only(NodeSet candidates, Verdict others) {
            return new Result(Verdict.SUCCESS, candidates, others);
        }
    }

    Result preFilter(CycleState state, PodInfo pod);

    /** Preemption tries a node with {@code added} on it: bring what {@link #preFilter} kept up to date. */
    default void addPod(CycleState state, PodInfo pod, PodInfo added, NodeState node) {}

    /** Preemption tries a node without {@code removed}. */
    default void removePod(CycleState state, PodInfo pod, PodInfo removed, NodeState node) {}
}
