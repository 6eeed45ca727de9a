package io.latencyscheduler.scheduler.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Constant-time add, remove and lookup: nodes in a gapless list, and the place of each by its slot. */
final class DenseNodeSet implements NodeSet {
    private static final int ABSENT = -1;

    private final List<NodeState> nodes = new ArrayList<>();
    private int[] placeBySlot = new int[0];

    void put(NodeState node, boolean member) {
        if (member) {
            add(node);
        } else {
            remove(node);
        }
    }

    private void add(NodeState node) {
        if (contains(node)) {
            return;
        }
        int slot = node.slot();
        if (slot >= placeBySlot.length) {
            int old = placeBySlot.length;
            placeBySlot = Arrays.copyOf(placeBySlot, Math.max(16, slot * 2));
            Arrays.fill(placeBySlot, old, placeBySlot.length, ABSENT);
        }
        placeBySlot[slot] = nodes.size();
        nodes.add(node);
    }

    private void remove(NodeState node) {
        if (!contains(node)) {
            return;
        }
        int place = placeBySlot[node.slot()];
        NodeState last = nodes.remove(nodes.size() - 1);
        if (last != node) {
            nodes.set(place, last);
            placeBySlot[last.slot()] = place;
        }
        placeBySlot[node.slot()] = ABSENT;
    }

    @Override
    public int size() {
        return nodes.size();
    }

    @Override
    public NodeState get(int place) {
        return nodes.get(place);
    }

    @Override
    public boolean contains(NodeState node) {
        int slot = node.slot();
        return slot >= 0
                && slot < placeBySlot.length
                && placeBySlot[slot] != ABSENT
                && nodes.get(placeBySlot[slot]) == node;
    }
}
