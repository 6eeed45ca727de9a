package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.Resources;

/** Prefers nodes whose CPU and memory would be used to the same share. */
public final class NodeResourcesBalancedAllocation implements ScorePlugin {
    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        Resources has = node.allocatable();
        if (has.milliCpu() <= 0 || has.memoryBytes() <= 0) {
            return MAX_SCORE;
        }
        double cpu = share(node.scoreMilliCpu() + pod.scoreRequests().milliCpu(), has.milliCpu());
        double memory = share(node.scoreMemoryBytes() + pod.scoreRequests().memoryBytes(), has.memoryBytes());
        // The standard deviation of two values is half their distance.
        return (long) ((1 - Math.abs(cpu - memory) / 2) * MAX_SCORE);
    }

    private static double share(long requested, long capacity) {
        return Math.min(1.0, (double) requested / capacity);
    }
}
