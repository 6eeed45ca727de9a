package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Called once per pod, before any node is looked at. */
public interface PreFilterPlugin extends Plugin {
    /**
     * What it found.
     *
     * @param verdict SUCCESS; SKIP when the plugin's filter need not be called; anything else refuses the pod everywhere
     * @param stages the only nodes that the plugin's own filter could pass, in stages: a later stage is looked at when
     *     no node of those before can take the pod; stages may share nodes; null: any node, in one stage
     * @param others the verdict on the nodes of no stage; null when {@code stages} is
     */
    record Result(
            Verdict verdict,
            @Nullable List<NodeSet> stages,
            @Nullable Verdict others) {
        public static final Result SUCCESS = new Result(Verdict.SUCCESS, null, null);
        public static final Result SKIP = new Result(Verdict.SKIP, null, null);

        public static Result refused(Verdict verdict) {
            return new Result(verdict, null, null);
        }

        /** Nodes outside {@code stages} get the verdict {@code others}. */
        public static Result only(List<NodeSet> stages, Verdict others) {
            return new Result(Verdict.SUCCESS, List.copyOf(stages), others);
        }
    }

    Result preFilter(CycleState state, PodInfo pod);

    /** Preemption tries a node with {@code added} on it: bring what {@link #preFilter} kept up to date. */
    default void addPod(CycleState state, PodInfo pod, PodInfo added, NodeState node) {}

    /** Preemption tries a node without {@code removed}. */
    default void removePod(CycleState state, PodInfo pod, PodInfo removed, NodeState node) {}
}
