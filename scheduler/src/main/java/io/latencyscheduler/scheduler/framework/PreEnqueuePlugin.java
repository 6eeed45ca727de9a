package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.PodInfo;

/** Called before a pod enters the active queue; a pod that is refused waits, gated, until it changes. */
public interface PreEnqueuePlugin extends Plugin {
    Verdict preEnqueue(PodInfo pod);
}
