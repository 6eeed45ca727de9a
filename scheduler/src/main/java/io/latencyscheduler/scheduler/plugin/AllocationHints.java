package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import java.util.function.Predicate;

/** Event hints of the plugins that hand out what an allocation names: only what gives some of it back can help. */
final class AllocationHints {
    private AllocationHints() {}

    static boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.CapacityChanged
                || event instanceof ClusterEvent.NodeChanged
                || event instanceof ClusterEvent.PodGone
                || event instanceof ClusterEvent.PodItselfChanged;
    }

    /**
     * @param gives whether an allocation holds any of what the refused pod waits for
     */
    static boolean mayHelp(ClusterEvent event, Predicate<Allocation> gives) {
        if (!(event instanceof ClusterEvent.PodGone gone)) {
            return true;
        }
        Allocation givenBack = gone.pod().allocation();
        return givenBack != null && gives.test(givenBack);
    }
}
