package io.latencyscheduler.scheduler.ledger;

import java.util.List;

/** Nodes in no particular order. A live view: not to be kept beyond the cycle. */
public interface NodeSet {
    int size();

    /** The node at a place from 0 to below {@link #size()}; places change when the cluster does. */
    NodeState get(int place);

    boolean contains(NodeState node);

    /** A few nodes, such as those that a pod names. */
    static NodeSet of(List<NodeState> nodes) {
        List<NodeState> few = List.copyOf(nodes);
        return new NodeSet() {
            @Override
            public int size() {
                return few.size();
            }

            @Override
            public NodeState get(int place) {
                return few.get(place);
            }

            @Override
            public boolean contains(NodeState node) {
                return few.contains(node);
            }
        };
    }
}
