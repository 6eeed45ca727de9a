package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;

/** Takes what the pod needs on the chosen node, and gives it back when the pod does not get there. */
public interface ReservePlugin extends Plugin {
    /** SUCCESS, or a refusal, upon which every plugin's {@link #unreserve} is called in reverse order. */
    Verdict reserve(CycleState state, PodInfo pod, NodeState node);

    /** Undoes {@link #reserve}; called also where that was not called or refused, and then does nothing. */
    void unreserve(CycleState state, PodInfo pod, String nodeName);
}
