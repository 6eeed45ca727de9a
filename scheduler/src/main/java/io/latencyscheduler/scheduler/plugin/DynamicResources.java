package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.model.PodInfo;

/** Refuses pods with {@code spec.resourceClaims}: claims of dynamic resource allocation are not honoured here. */
public final class DynamicResources implements PreFilterPlugin {
    private final Verdict refusal = Verdict.unresolvable(
            this, "spec.resourceClaims is not supported by this scheduler; remove it or use another schedulerName");

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        return pod.pod().spec().resourceClaims().isEmpty() ? Result.SKIP : Result.refused(refusal);
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodItselfChanged;
    }
}
