package io.latencyscheduler.dataplane.cni;

/** What the node knows of a pod that asks for an interface. */
@FunctionalInterface
public interface PodDirectory {
    /**
     * Looks the pod up; waits a few seconds for one that the API server has just bound.
     *
     * @param uid the pod's UID; empty where the runtime does not say it
     */
    Standing find(String uid, String namespace, String name);

    /** How a pod stands on this node. */
    sealed interface Standing {
        /** It has an allocation and its socket is open. */
        record Served(String podUid, String socketPath) implements Standing {}

        /** It has no allocation: an ordinary interface. */
        record Ordinary() implements Standing {}

        /** Its allocation cannot be honoured, as the sentence says. */
        record Refused(String sentence) implements Standing {}

        /** Nothing can be said yet, as the sentence says. */
        record NotYet(String sentence) implements Standing {}
    }
}
