package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.Cluster;

/** Told of every event, for plugins that wait for something between Reserve and Bind. */
public interface EventPlugin extends Plugin {
    /** {@code cluster} is up to date with the event. Must be fast: called for every change. */
    void onEvent(ClusterEvent event, Cluster cluster);
}
