package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import io.latencyscheduler.contract.WireName;
import java.util.ArrayList;
import java.util.List;

/**
 * A gate control list of one port (IEEE 802.1Q 8.6.8.4 and 8.6.9; formerly 802.1Qbv).
 *
 * <p>A cycle begins at every {@code baseTimeNs + k*cycleTimeNs}. Within it the entries follow one another; a cycle shorter
 * than their sum cuts them off, a longer one holds the last.
 *
 * @param baseTimeNs TAI, 0 or more
 * @param cycleTimeNs above 0
 * @param cycleTimeExtensionNs by how much the last cycle of the old list may be stretched; 0 or more
 * @param entries at least one
 */
public record GateControlList(long baseTimeNs, long cycleTimeNs, long cycleTimeExtensionNs, List<Entry> entries) {
    /** All eight gates open. */
    public static final int ALL_OPEN = 0xff;

    public GateControlList {
        entries = List.copyOf(entries);
        if (baseTimeNs < 0 || cycleTimeNs <= 0 || cycleTimeExtensionNs < 0 || entries.isEmpty()) {
            throw new IllegalArgumentException("not a gate control list: base time " + baseTimeNs + " ns, cycle "
                    + cycleTimeNs + " ns, extension " + cycleTimeExtensionNs + " ns, " + entries.size() + " entries");
        }
    }

    /** What an entry does besides setting the gates. */
    public enum Operation implements WireName {
        SET_GATE_STATES('S', "set-gate-states"),
        /** Preemption only; without it as {@link #SET_GATE_STATES}. */
        SET_AND_HOLD_MAC('H', "set-and-hold-mac"),
        /** Preemption only; without it as {@link #SET_GATE_STATES}. */
        SET_AND_RELEASE_MAC('R', "set-and-release-mac");

        private final char letter;
        private final String wireName;

        Operation(char letter, String wireName) {
            this.letter = letter;
            this.wireName = wireName;
        }

        /** As in {@code tc … taprio}. */
        public char letter() {
            return letter;
        }

        /** The identity of ieee802-dot1q-sched. */
        @Override
        public String wireName() {
            return wireName;
        }
    }

    /**
     * One entry.
     *
     * @param gateStates bit c open: traffic class c may begin a frame that ends before its gate closes
     * @param timeIntervalNs above 0
     */
    public record Entry(Operation operation, int gateStates, long timeIntervalNs) {
        public Entry {
            if (gateStates < 0 || gateStates > ALL_OPEN || timeIntervalNs <= 0) {
                throw new IllegalArgumentException("not a gate entry: states 0x" + Integer.toHexString(gateStates)
                        + ", " + timeIntervalNs + " ns");
            }
        }

        /** {@code set-gate-states}. */
        public static Entry set(int gateStates, long timeIntervalNs) {
            return new Entry(Operation.SET_GATE_STATES, gateStates, timeIntervalNs);
        }
    }

    /** The gates at a time at or after the base time; before it they are not this list's to say. */
    public int gateStatesAt(long timeNs) {
        long atNs = Math.floorMod(timeNs - baseTimeNs, cycleTimeNs);
        for (Entry entry : entries) {
            if (atNs < entry.timeIntervalNs()) {
                return entry.gateStates();
            }
            atNs -= entry.timeIntervalNs();
        }
        return entries.get(entries.size() - 1).gateStates();
    }

    /** Every limit of a port that this list exceeds, one sentence each. */
    public List<String> faults(GateLimits limits) {
        List<String> faults = new ArrayList<>();
        if (entries.size() > limits.supportedListMax()) {
            faults.add("entries: '" + entries.size() + "' must be at most " + limits.supportedListMax());
        }
        if (cycleTimeNs > limits.supportedCycleMaxNs()) {
            faults.add("cycle-time: '" + cycleTimeNs + "' must be at most " + limits.supportedCycleMaxNs());
        }
        for (int i = 0; i < entries.size(); i++) {
            long intervalNs = entries.get(i).timeIntervalNs();
            if (intervalNs > limits.supportedIntervalMaxNs() || intervalNs < limits.minIntervalNs()) {
                faults.add("entry " + i + ": interval '" + intervalNs + "' must be " + limits.minIntervalNs() + " to "
                        + limits.supportedIntervalMaxNs() + " ns");
            }
        }
        return faults;
    }
}
