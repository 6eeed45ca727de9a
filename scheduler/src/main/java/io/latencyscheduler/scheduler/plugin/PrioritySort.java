package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.QueueSortPlugin;
import io.latencyscheduler.scheduler.framework.QueuedPod;

/** Highest priority first; among equals the earliest {@code start-by}; among those the one that waits longest. */
public final class PrioritySort implements QueueSortPlugin {
    @Override
    public int compare(QueuedPod a, QueuedPod b) {
        int byPriority = Integer.compare(b.pod().priority(), a.pod().priority());
        if (byPriority != 0) {
            return byPriority;
        }
        int byStart = a.pod().startBy().compareTo(b.pod().startBy());
        return byStart != 0 ? byStart : a.queuedAt().compareTo(b.queuedAt());
    }
}
