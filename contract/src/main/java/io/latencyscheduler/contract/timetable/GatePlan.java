package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.WireName;

/**
 * The gate control list of a port.
 *
 * @param list the list
 * @param form how closely it follows the windows
 * @param reason why it is not {@link Form#EXACT}, in words; empty when it is
 */
public record GatePlan(GateControlList list, Form form, String reason) {
    /**
     * How closely a list follows the windows. In every form other traffic is kept out of every window, and the windows of
     * each stream, which the port polices one by one, keep the streams apart; other traffic loses time.
     */
    public enum Form implements WireName {
        /** A timed class is open in its windows alone. */
        EXACT("exact"),
        /** The shortest gaps between windows got the gate of the window before them, to save entries. */
        JOINED("joined"),
        /** A cycle shorter than the hyperperiod opens all timed classes wherever any window may lie in it. */
        FOLDED("folded"),
        /** No cycle within the limits leaves other traffic any time: the timed classes alone are open, always. */
        TIMED_ONLY("timed-only");

        private final String wireName;

        Form(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }
}
