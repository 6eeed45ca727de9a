package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.scheduler.model.Node;

/**
 * On which nodes pods are counted. Reads nothing of a node but name, labels and taints, and equals a scope that would include
 * the same nodes: counts are shared by it.
 */
@FunctionalInterface
public interface NodeScope {
    /** Every node. */
    NodeScope ALL = node -> true;

    boolean includes(Node node);
}
