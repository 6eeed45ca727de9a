package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;

/** Says of one node whether the pod may be placed there. Called for many nodes: must be fast and change nothing. */
public interface FilterPlugin extends Plugin {
    Verdict filter(CycleState state, PodInfo pod, NodeState node);
}
