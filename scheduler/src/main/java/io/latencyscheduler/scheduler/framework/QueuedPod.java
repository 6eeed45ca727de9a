package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Instant;

/**
 * A pod that waits to be placed.
 *
 * @param pod as last read
 * @param queuedAt when it last entered the queue
 * @param firstQueuedAt when it first did: the start of its end-to-end scheduling time
 * @param attempts cycles spent on it so far
 */
public record QueuedPod(PodInfo pod, Instant queuedAt, Instant firstQueuedAt, int attempts) {
    public QueuedPod withPod(PodInfo updated) {
        return new QueuedPod(updated, queuedAt, firstQueuedAt, attempts);
    }

    public QueuedPod attempted() {
        return new QueuedPod(pod, queuedAt, firstQueuedAt, attempts + 1);
    }

    /** The cycle just spent was a part of one attempt. */
    public QueuedPod unattempted() {
        return new QueuedPod(pod, queuedAt, firstQueuedAt, attempts - 1);
    }

    public QueuedPod requeued(Instant now) {
        return new QueuedPod(pod, now, firstQueuedAt, attempts);
    }
}
