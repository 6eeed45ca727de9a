package io.latencyscheduler.dataplane.plan;

import io.latencyscheduler.contract.Allocation;
import org.jspecify.annotations.Nullable;

/**
 * A pod bound to this node that carries an allocation.
 *
 * @param uid the pod's own UID
 * @param namespace its namespace
 * @param name its name
 * @param boundAt resourceVersion at which its allocation was first seen here: the order of hand-over
 * @param terminated whether it no longer runs (Succeeded, Failed), so its allocation is free again
 * @param allocation what the scheduler gave it
 * @param latePolicy what is to become of its late frames; null: what is configured for the port
 */
public record BoundPod(
        String uid,
        String namespace,
        String name,
        long boundAt,
        boolean terminated,
        Allocation allocation,
        @Nullable LatePolicy latePolicy) {
    /** A pod that leaves the late policy to the port. */
    public BoundPod(
            String uid, String namespace, String name, long boundAt, boolean terminated, Allocation allocation) {
        this(uid, namespace, name, boundAt, terminated, allocation, null);
    }

    /** {@code namespace/name}, for people. */
    public String display() {
        return namespace + "/" + name;
    }
}
