package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.PodInfo;

/** Told, on the scheduler's thread, that a pod was bound. */
public interface PostBindPlugin extends Plugin {
    void postBind(PodInfo pod, String nodeName);
}
