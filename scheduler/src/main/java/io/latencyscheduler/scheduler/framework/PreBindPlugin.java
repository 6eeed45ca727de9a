package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.concurrent.CompletionStage;

/** Prepares what the pod needs before it is bound, such as its volumes. */
public interface PreBindPlugin extends Plugin {
    /**
     * Called on the scheduler's thread and must not block it: work goes to the stage's own thread. A refusal or a failed
     * stage undoes the reservation and queues the pod again.
     */
    CompletionStage<Verdict> preBind(CycleState state, PodInfo pod, String nodeName);
}
