package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.Resources;
import java.util.HashMap;
import java.util.Map;

/**
 * Refuses nodes without room for what the pod requests: CPU, memory, ephemeral storage, hugepages, extended resources and
 * the number of pods. Its score is kube-scheduler's LeastAllocated.
 */
public final class NodeResourcesFit implements FilterPlugin, ScorePlugin {
    private final Verdict tooManyPods = Verdict.unschedulable(this, "Too many pods");
    /** By resource: too little free, and too little even on an empty node, which no preemption mends. */
    private final Map<String, Verdict> insufficient = new HashMap<>();

    private final Map<String, Verdict> tooSmall = new HashMap<>();

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        if (node.pods().size() + 1 > node.allocatablePods()) {
            return tooManyPods;
        }
        Resources asked = pod.requests();
        if (asked.isNone()) {
            return Verdict.SUCCESS;
        }
        Resources has = node.allocatable();
        if (asked.milliCpu() > 0 && asked.milliCpu() > has.milliCpu() - node.requestedMilliCpu()) {
            return refusal(Resources.CPU, asked.milliCpu() > has.milliCpu());
        }
        if (asked.memoryBytes() > 0 && asked.memoryBytes() > has.memoryBytes() - node.requestedMemoryBytes()) {
            return refusal(Resources.MEMORY, asked.memoryBytes() > has.memoryBytes());
        }
        if (asked.ephemeralStorageBytes() > 0
                && asked.ephemeralStorageBytes()
                        > has.ephemeralStorageBytes() - node.requestedEphemeralStorageBytes()) {
            return refusal(Resources.EPHEMERAL_STORAGE, asked.ephemeralStorageBytes() > has.ephemeralStorageBytes());
        }
        if (!asked.scalar().isEmpty()) {
            for (Map.Entry<String, Long> scalar : asked.scalar().entrySet()) {
                String resource = scalar.getKey();
                long total = has.scalar().getOrDefault(resource, 0L);
                if (scalar.getValue() > total - node.requestedScalar(resource)) {
                    return refusal(resource, scalar.getValue() > total);
                }
            }
        }
        return Verdict.SUCCESS;
    }

    private Verdict refusal(String resource, boolean evenIfEmpty) {
        return evenIfEmpty
                ? tooSmall.computeIfAbsent(resource, name -> Verdict.unresolvable(this, "Insufficient " + name))
                : insufficient.computeIfAbsent(resource, name -> Verdict.unschedulable(this, "Insufficient " + name));
    }

    /** The share of CPU and memory that stays free, 0 to 100. */
    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        Resources has = node.allocatable();
        long sum = 0;
        int resources = 0;
        if (has.milliCpu() > 0) {
            sum += freeShare(
                    has.milliCpu(), node.scoreMilliCpu() + pod.scoreRequests().milliCpu());
            resources++;
        }
        if (has.memoryBytes() > 0) {
            sum += freeShare(
                    has.memoryBytes(),
                    node.scoreMemoryBytes() + pod.scoreRequests().memoryBytes());
            resources++;
        }
        return resources == 0 ? 0 : sum / resources;
    }

    private static long freeShare(long capacity, long requested) {
        // Memory of 2^53 bytes times 100 stays below 2^63.
        return requested > capacity ? 0 : (capacity - requested) * MAX_SCORE / capacity;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return !(event instanceof ClusterEvent.PodAppeared
                || event instanceof ClusterEvent.PodPlaced
                || event instanceof ClusterEvent.StorageChanged
                || event instanceof ClusterEvent.NamespaceChanged
                || event instanceof ClusterEvent.CapacityChanged);
    }
}
