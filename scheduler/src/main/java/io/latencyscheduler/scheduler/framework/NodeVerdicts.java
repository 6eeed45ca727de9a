package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.ledger.NodeState;

/** Why each node was refused in a cycle. */
public interface NodeVerdicts {
    /** The verdict that refused the node; SUCCESS for one that passed or was not looked at. */
    Verdict of(NodeState node);

    /** How many nodes were refused with this code. */
    int refusedWith(Code code);
}
