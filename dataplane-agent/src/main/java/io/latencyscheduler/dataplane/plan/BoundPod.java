package io.latencyscheduler.dataplane.plan;

import io.latencyscheduler.contract.Allocation;

/**
 * A pod bound to this node that carries an allocation.
 *
 * @param uid the pod's own UID
 * @param namespace its namespace
 * @param name its name
 * @param boundAt resourceVersion at which its allocation was first seen here: the order of hand-over
 * @param terminated whether it no longer runs (Succeeded, Failed), so its allocation is free again
 * @param allocation what the scheduler gave it
 */
public record BoundPod(
        String uid, String namespace, String name, long boundAt, boolean terminated, Allocation allocation) {
    /** {@code namespace/name}, for people. */
    public String display() {
        return namespace + "/" + name;
    }
}
