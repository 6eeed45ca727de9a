package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;

/** All filters of the profile, for plugins that try a node as it would be without some of its pods. */
public interface Filters {
    /** The first refusal, or SUCCESS. */
    Verdict run(CycleState state, PodInfo pod, NodeState node);

    /** Tells every PreFilter plugin that {@code added} is on the trial node. */
    void addPod(CycleState state, PodInfo pod, PodInfo added, NodeState trial);

    /** Tells every PreFilter plugin that {@code removed} is not. */
    void removePod(CycleState state, PodInfo pod, PodInfo removed, NodeState trial);
}
