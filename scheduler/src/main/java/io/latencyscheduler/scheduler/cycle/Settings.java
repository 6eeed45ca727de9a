package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.scheduler.queue.Backoff;

/**
 * What the cycle itself can be told.
 *
 * @param schedulerName {@code spec.schedulerName} of the pods to place
 * @param nodesToScore feasible nodes to rank; a search stops when it has found so many, from 1
 * @param seed of the choice among equally good nodes
 * @param backoff rest after a failed attempt
 */
public record Settings(String schedulerName, int nodesToScore, long seed, Backoff backoff) {
    /** As many as kube-scheduler ranks at least; the candidates of a selective pod are fewer anyway. */
    public static final int DEFAULT_NODES_TO_SCORE = 100;

    public Settings {
        if (schedulerName.isEmpty() || nodesToScore < 1) {
            throw new IllegalArgumentException("schedulerName must not be empty, nodesToScore must be 1 or more");
        }
    }
}
