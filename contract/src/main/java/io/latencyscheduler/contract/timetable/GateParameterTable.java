package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.timetable.GateControlList.Entry;
import io.latencyscheduler.contract.timetable.GateControlList.Operation;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A gate control list as the container {@code gate-parameter-table} of the YANG module ieee802-dot1q-sched (revision
 * 2023-10-22), in the JSON encoding of RFC 7951 as a tree of maps, lists, numbers, texts and booleans: 64-bit numbers are
 * texts, identities carry their module.
 */
public final class GateParameterTable {
    /** The container's name with its module, as at the top of a JSON document. */
    public static final String NAME = "ieee802-dot1q-sched:gate-parameter-table";

    private static final String MODULE = "ieee802-dot1q-sched:";
    private static final long SECOND_NS = 1_000_000_000L;

    private GateParameterTable() {}

    /** The admin values that put a list into force. */
    public static Map<String, Object> tree(GateControlList list) {
        List<Object> entries = new ArrayList<>();
        for (int i = 0; i < list.entries().size(); i++) {
            Entry entry = list.entries().get(i);
            Map<String, Object> tree = new LinkedHashMap<>();
            tree.put("index", i);
            tree.put("operation-name", MODULE + entry.operation().wireName());
            tree.put("time-interval-value", entry.timeIntervalNs());
            tree.put("gate-states-value", entry.gateStates());
            entries.add(tree);
        }
        Map<String, Object> table = new LinkedHashMap<>();
        table.put("gate-enabled", true);
        table.put("admin-gate-states", GateControlList.ALL_OPEN);
        table.put("admin-control-list", Map.of("gate-control-entry", entries));
        table.put("admin-cycle-time", rational(list.cycleTimeNs()));
        table.put("admin-cycle-time-extension", list.cycleTimeExtensionNs());
        Map<String, Object> baseTime = new LinkedHashMap<>();
        baseTime.put("seconds", String.valueOf(list.baseTimeNs() / SECOND_NS));
        baseTime.put("nanoseconds", list.baseTimeNs() % SECOND_NS);
        table.put("admin-base-time", baseTime);
        table.put("config-change", true);
        return Map.of(NAME, table);
    }

    /** Seconds as a fraction in lowest terms; both parts are 32-bit in the module, so long odd cycles do not fit. */
    private static Map<String, Object> rational(long ns) {
        long g = Window.gcd(ns, SECOND_NS);
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("numerator", ns / g);
        tree.put("denominator", SECOND_NS / g);
        return tree;
    }

    /** Reads the tree of a table, with or without its name on top; entries are taken in the order of their index. */
    public static Reading<Optional<GateControlList>> read(Map<?, ?> tree) {
        List<Fault> faults = new ArrayList<>();
        Map<?, ?> table = tree.get(NAME) instanceof Map<?, ?> named ? named : tree;
        long cycleNs = cycleNs(table, faults);
        long extensionNs = number(table.get("admin-cycle-time-extension"), "admin-cycle-time-extension", 0, faults);
        long baseNs = 0;
        if (table.get("admin-base-time") instanceof Map<?, ?> time) {
            long seconds = number(time.get("seconds"), "admin-base-time/seconds", 0, faults);
            long nanoseconds = number(time.get("nanoseconds"), "admin-base-time/nanoseconds", 0, faults);
            if (seconds > Long.MAX_VALUE / SECOND_NS - 1 || nanoseconds >= SECOND_NS) {
                faults.add(new Fault("admin-base-time", time.toString(), "a PTP time before the year 2262"));
            } else {
                baseNs = seconds * SECOND_NS + nanoseconds;
            }
        }
        List<Entry> entries = entries(table, faults);
        if (!faults.isEmpty()) {
            return new Reading<>(Optional.empty(), faults, List.of());
        }
        return new Reading<>(
                Optional.of(new GateControlList(baseNs, cycleNs, extensionNs, entries)), List.of(), List.of());
    }

    private static long cycleNs(Map<?, ?> table, List<Fault> faults) {
        if (!(table.get("admin-cycle-time") instanceof Map<?, ?> time)) {
            faults.add(new Fault("admin-cycle-time", "", "present"));
            return 1;
        }
        long numerator = number(time.get("numerator"), "admin-cycle-time/numerator", 1, faults);
        long denominator = number(time.get("denominator"), "admin-cycle-time/denominator", 1, faults);
        BigInteger[] ns = BigInteger.valueOf(numerator)
                .multiply(BigInteger.valueOf(SECOND_NS))
                .divideAndRemainder(BigInteger.valueOf(denominator));
        if (ns[1].signum() != 0 || ns[0].bitLength() > 62 || ns[0].signum() == 0) {
            faults.add(new Fault(
                    "admin-cycle-time", numerator + "/" + denominator, "a whole number of nanoseconds below 2^62"));
            return 1;
        }
        return ns[0].longValueExact();
    }

    private static List<Entry> entries(Map<?, ?> table, List<Fault> faults) {
        if (!(table.get("admin-control-list") instanceof Map<?, ?> container)
                || !(container.get("gate-control-entry") instanceof List<?> list)
                || list.isEmpty()) {
            faults.add(new Fault("admin-control-list", "", "a container with at least one gate-control-entry"));
            return List.of();
        }
        Entry[] entries = new Entry[list.size()];
        for (int i = 0; i < list.size(); i++) {
            String at = "gate-control-entry[" + i + "]";
            if (!(list.get(i) instanceof Map<?, ?> tree)) {
                faults.add(new Fault(at, String.valueOf(list.get(i)), "a list entry of the YANG module"));
                continue;
            }
            long index = number(tree.get("index"), at + "/index", 0, faults);
            long states = number(tree.get("gate-states-value"), at + "/gate-states-value", 0, faults);
            long intervalNs = number(tree.get("time-interval-value"), at + "/time-interval-value", 1, faults);
            Operation operation = operation(tree.get("operation-name"), at, faults);
            if (states > GateControlList.ALL_OPEN) {
                faults.add(new Fault(at + "/gate-states-value", String.valueOf(states), "an integer from 0 to 255"));
            } else if (index >= entries.length || entries[(int) index] != null) {
                faults.add(new Fault(
                        at + "/index", String.valueOf(index), "each of 0 to " + (entries.length - 1) + " once"));
            } else if (intervalNs > 0) {
                entries[(int) index] = new Entry(operation, (int) states, intervalNs);
            }
        }
        return faults.isEmpty() ? Arrays.asList(entries) : List.of();
    }

    private static Operation operation(@Nullable Object name, String at, List<Fault> faults) {
        String text = String.valueOf(name);
        String local = text.substring(text.indexOf(':') + 1);
        for (Operation operation : Operation.values()) {
            if (operation.wireName().equals(local)) {
                return operation;
            }
        }
        faults.add(new Fault(at + "/operation-name", text, "set-gate-states, set-and-hold-mac or set-and-release-mac"));
        return Operation.SET_GATE_STATES;
    }

    private static long number(@Nullable Object value, String at, long min, List<Fault> faults) {
        String text = String.valueOf(value);
        if (value == null && min == 0) {
            return 0;
        }
        if (text.matches("[0-9]{1,18}") && Long.parseLong(text) >= min) {
            return Long.parseLong(text);
        }
        faults.add(new Fault(at, text, "an integer from " + min));
        return min;
    }
}
