package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;

/** A what-if pod may state {@code spec.nodeName}; a real pod that does is bound already and never gets here. */
public final class NodeName implements FilterPlugin {
    private final Verdict refusal = Verdict.unresolvable(this, "node(s) didn't match the requested node name");

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        String wanted = pod.pod().spec().nodeName();
        return wanted.isEmpty() || wanted.equals(node.name()) ? Verdict.SUCCESS : refusal;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.NodeChanged;
    }
}
