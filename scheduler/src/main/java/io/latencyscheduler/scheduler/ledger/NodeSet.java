package io.latencyscheduler.scheduler.ledger;

import java.util.List;
import java.util.Set;

/** Nodes in no particular order. A live view: not to be kept beyond the cycle. */
public interface NodeSet {
    int size();

    /** The node at a place from 0 to below {@link #size()}; places change when the cluster does. */
    NodeState get(int place);

    boolean contains(NodeState node);

    /** Nodes that somebody lists, such as those that a pod names. */
    static NodeSet of(List<NodeState> nodes) {
        List<NodeState> few = List.copyOf(nodes);
        Set<NodeState> many = few.size() > 8 ? Set.copyOf(few) : Set.of();
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
                return many.isEmpty() ? few.contains(node) : many.contains(node);
            }
        };
    }
}
