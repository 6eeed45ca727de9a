package io.latencyscheduler.scheduler.offline;

import io.latencyscheduler.scheduler.cycle.Reporter;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells nobody; a subclass listens to what it needs. A plugin that breaks ends the run. */
class SilentReporter implements Reporter {
    @Override
    public void decided(Decision decision) {}

    @Override
    public void broke(String doing, RuntimeException cause) {
        throw new IllegalStateException(doing, cause);
    }

    @Override
    public void unschedulable(PodInfo pod, String reason, String message, @Nullable String nominatedNodeName) {}

    @Override
    public void scheduled(PodInfo pod, String nodeName, String why, int attempts) {}

    @Override
    public void warning(PodInfo pod, String reason, String message) {}

    @Override
    public void preempt(PodInfo preemptor, String nodeName, List<PodInfo> victims) {}
}
