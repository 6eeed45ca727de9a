package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.stream.Collectors;

/** Refuses a pod with an annotation of ours that does not parse, naming every such key, its value and what is accepted. */
public final class PodAnnotations implements PreFilterPlugin {
    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        Reading<PodDemand> demand = pod.demand();
        if (demand.ok()) {
            return Result.SKIP;
        }
        return Result.refused(Verdict.unresolvable(
                this, demand.faults().stream().map(Fault::sentence).collect(Collectors.joining("; "))));
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodItselfChanged;
    }
}
