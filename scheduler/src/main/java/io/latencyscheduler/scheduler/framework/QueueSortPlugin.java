package io.latencyscheduler.scheduler.framework;

import java.util.Comparator;

/** Orders the active queue: first comes out first. Exactly one is in use. */
public interface QueueSortPlugin extends Plugin, Comparator<QueuedPod> {}
