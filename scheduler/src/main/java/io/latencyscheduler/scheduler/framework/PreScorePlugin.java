package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;

/** Called once, with the nodes that passed the filters; SKIP when the plugin's score need not be asked. */
public interface PreScorePlugin extends Plugin {
    Verdict preScore(CycleState state, PodInfo pod, List<NodeState> feasible);
}
