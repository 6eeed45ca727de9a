package io.latencyscheduler.contract.timetable;

/**
 * The gate control list of a port.
 *
 * <p>Exact: a timed class is open in its windows alone. Folded: the hyperperiod is too long for the port's limits, so a
 * shorter cycle opens the timed classes, together, wherever any window may lie in it; other traffic is still kept out of
 * every window, and the windows of each stream, which the port polices one by one, keep the streams apart.
 *
 * @param list the list
 * @param exact whether it is exact
 * @param reason why it is not exact, in words; empty when it is
 */
public record GatePlan(GateControlList list, boolean exact, String reason) {}
