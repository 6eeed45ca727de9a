package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.PodInfo;

/** What all plugins have. A plugin implements the interfaces of the extension points beside it. */
public interface Plugin {
    /** Its name in verdicts, metrics and configuration; unique. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** Whether events of this kind can ever matter to this plugin; spares {@link #mayHelp} for each waiting pod. */
    default boolean isConcernedBy(ClusterEvent event) {
        return true;
    }

    /**
     * Whether an event could make a pod schedulable that this plugin refused (kube-scheduler's QueueingHint). A wrong
     * {@code false} leaves the pod waiting until the unconditional flush; when in doubt, {@code true}.
     */
    default boolean mayHelp(PodInfo refused, ClusterEvent event) {
        return true;
    }
}
