package io.latencyscheduler.contract.timetable;

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
    public enum Form {
        /** A timed class is open in its windows alone. */
        EXACT,
        /** The shortest gaps between windows got the gate of the window before them, to save entries. */
        JOINED,
        /** A cycle shorter than the hyperperiod opens all timed classes wherever any window may lie in it. */
        FOLDED
    }
}
