package io.latencyscheduler.scheduler.ledger;

/** Nodes in no particular order. A live view: not to be kept beyond the cycle. */
public interface NodeSet {
    int size();

    /** The node at a place from 0 to below {@link #size()}; places change when the cluster does. */
    NodeState get(int place);

    boolean contains(NodeState node);
}
