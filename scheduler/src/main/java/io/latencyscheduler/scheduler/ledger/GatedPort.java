package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.timetable.Timetable;

/**
 * One gated port of a node: what its agent says of it, and the windows taken on it.
 *
 * @param state as the agent runs it
 * @param inventoryRateBps the link rate that discovery found; 0 when unknown
 * @param timetable windows of pods and of local configuration; plugins ask it and never change it
 */
public record GatedPort(NodeDataplane.GatedPort state, long inventoryRateBps, Timetable timetable) {
    public String name() {
        return state.name();
    }

    /** Whether it carries frames at the rate that it was inventoried with. */
    public boolean hasFullLink() {
        return state.linkUp() && !slowedDown();
    }

    /** Whether the link runs slower than it was inventoried. */
    public boolean slowedDown() {
        return inventoryRateBps > 0 && state.linkRateBps() < inventoryRateBps;
    }
}
