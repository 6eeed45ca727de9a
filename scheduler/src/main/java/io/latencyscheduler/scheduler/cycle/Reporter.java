package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells users and operators what was decided: conditions, events, metrics. Called on the scheduler's thread; must not
 * block.
 */
public interface Reporter {
    /** Reason of the condition: nothing fits. */
    String UNSCHEDULABLE = "Unschedulable";
    /** Reason of the condition: something broke, or what was chosen could not be bound. */
    String SCHEDULER_ERROR = "SchedulerError";

    /** Reason of a warning: a key with and without prefix, with different values. */
    String KEYS_DIFFER = "KeysDiffer";
    /** Reason of a warning: the pod owns ports and does not ask for what DPDK needs. */
    String NOT_READY_FOR_DPDK = "NotReadyForDpdk";
    /** Reason of a warning: somebody else than a scheduler wrote the pod's allocation; it counts for nothing. */
    String ALLOCATION_IGNORED = "AllocationIgnored";
    /** Reason of a warning and of an eviction: another pod took the port before. */
    String PORT_HELD_TWICE = "PortHeldTwice";

    /** Every decision, for traces and metrics. */
    void decided(Decision decision);

    /** A plugin threw, which is a fault in the program and belongs into the log. */
    void broke(String doing, RuntimeException cause);

    /**
     * The pod could not be placed: condition {@code PodScheduled=False}, reason {@code Unschedulable} or
     * {@code SchedulerError}, and a {@code FailedScheduling} event.
     *
     * @param message in kube-scheduler's form, {@code 0/5 nodes are available: …}
     * @param reason {@link #UNSCHEDULABLE} or {@link #SCHEDULER_ERROR}
     * @param nominatedNodeName to be written to the pod's status; empty clears it, null leaves it
     */
    void unschedulable(PodInfo pod, String reason, String message, @Nullable String nominatedNodeName);

    /**
     * The pod is bound: a {@code Scheduled} event.
     *
     * @param why in words, what decided, such as a measured path
     * @param attempts how many it took, from 1
     */
    void scheduled(PodInfo pod, String nodeName, String why, int attempts);

    /** Something the user should know although the pod goes on, such as two keys that differ. */
    void warning(PodInfo pod, String reason, String message);

    /** Pods to evict so that {@code preemptor} fits on {@code nodeName}: condition DisruptionTarget, then delete. */
    void preempt(PodInfo preemptor, String nodeName, List<PodInfo> victims);
}
