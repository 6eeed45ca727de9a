package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.Taint;

/** Refuses cordoned nodes, unless the pod tolerates the taint that stands for it. */
public final class NodeUnschedulable implements FilterPlugin {
    private static final Taint CORDONED = new Taint("node.kubernetes.io/unschedulable", "", Taint.NO_SCHEDULE);

    private final Verdict refusal = Verdict.unresolvable(this, "node(s) were unschedulable");

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        return !node.node().spec().unschedulable()
                        || Tolerations.tolerate(pod.pod().spec().tolerations(), CORDONED)
                ? Verdict.SUCCESS
                : refusal;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.NodeChanged || event instanceof ClusterEvent.PodItselfChanged;
    }

    @Override
    public boolean mayHelp(PodInfo refused, ClusterEvent event) {
        return !(event instanceof ClusterEvent.NodeChanged changed)
                || !changed.after().spec().unschedulable();
    }
}
