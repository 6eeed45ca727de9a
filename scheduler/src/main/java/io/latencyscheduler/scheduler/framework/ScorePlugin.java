package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;

/** Ranks the nodes that passed the filters. */
public interface ScorePlugin extends Plugin {
    /** Best score after {@link #normalizeScores}; the worst is 0. */
    long MAX_SCORE = 100;

    /** Any number; larger is better. */
    long score(CycleState state, PodInfo pod, NodeState node);

    /** NormalizeScore: brings the scores of all nodes into 0 to {@link #MAX_SCORE}, in place. */
    default void normalizeScores(CycleState state, PodInfo pod, List<NodeState> nodes, long[] scores) {}

    /** What the normalised score is multiplied with. */
    default int weight() {
        return 1;
    }
}
