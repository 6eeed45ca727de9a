package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PodInfo;
import org.jspecify.annotations.Nullable;

/** Something changed in the cluster that may let a waiting pod be placed. */
public sealed interface ClusterEvent {
    /** A node appeared ({@code before} null) or changed. */
    record NodeChanged(@Nullable Node before, Node after) implements ClusterEvent {}

    /** The inventory of a node's ports, its dataplane or the free ports it has changed for another reason than a pod. */
    record CapacityChanged(String nodeName) implements ClusterEvent {}

    /** A pod that waits to be placed appeared. */
    record PodAppeared(PodInfo pod) implements ClusterEvent {}

    /** A pod now counts on a node: it was bound, by whomever. */
    record PodPlaced(PodInfo pod, String nodeName) implements ClusterEvent {}

    /** A pod on a node changed its labels or its requests. */
    record PodUpdated(PodInfo before, PodInfo after, String nodeName) implements ClusterEvent {}

    /** A pod no longer counts on a node: it ended, was deleted, or its binding failed. */
    record PodGone(PodInfo pod, String nodeName) implements ClusterEvent {}

    /** The waiting pod itself changed. */
    record PodItselfChanged(PodInfo before, PodInfo after) implements ClusterEvent {}

    /** A claim, volume, storage class or CSINode appeared or changed. */
    record StorageChanged(Kind kind, String name) implements ClusterEvent {
        /** Which of them. */
        public enum Kind {
            PERSISTENT_VOLUME_CLAIM,
            PERSISTENT_VOLUME,
            STORAGE_CLASS,
            CSI_NODE
        }
    }

    /** Labels of a namespace changed. */
    record NamespaceChanged(String name) implements ClusterEvent {}

    /** Nothing in particular: the unconditional flush, or a change of unknown reach. */
    record Flush() implements ClusterEvent {}
}
