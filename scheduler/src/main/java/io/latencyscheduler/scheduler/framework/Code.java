package io.latencyscheduler.scheduler.framework;

/** What a plugin found; kube-scheduler's codes. */
public enum Code {
    /** The pod may go on. */
    SUCCESS,
    /** Not on this node as it is; evicting pods of lower priority might help. */
    UNSCHEDULABLE,
    /** Not on this node whatever is evicted there. */
    UNSCHEDULABLE_AND_UNRESOLVABLE,
    /** Filter alone: not asked yet, for want of time; a pod that finds no other node has another turn. */
    UNDECIDED,
    /** Something broke; the pod is tried again after a backoff. */
    ERROR,
    /** Permit alone: the reservation is held until the plugin lets the pod go on or refuses it. */
    WAIT,
    /** This plugin has nothing to say about this pod: its next points are not called in this cycle. */
    SKIP
}
