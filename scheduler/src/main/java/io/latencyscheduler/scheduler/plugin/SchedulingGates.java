package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.PreEnqueuePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;

/** A pod with {@code spec.schedulingGates} waits until the last of them is removed (KEP-3521). */
public final class SchedulingGates implements PreEnqueuePlugin {
    @Override
    public Verdict preEnqueue(PodInfo pod) {
        List<Pod.SchedulingGate> gates = pod.pod().spec().schedulingGates();
        if (gates.isEmpty()) {
            return Verdict.SUCCESS;
        }
        return Verdict.unresolvable(
                this,
                "waiting for scheduling gates: "
                        + gates.stream().map(Pod.SchedulingGate::name).toList());
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodItselfChanged;
    }
}
