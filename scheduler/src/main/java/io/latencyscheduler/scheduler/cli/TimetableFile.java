package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.contract.DemandReader;
import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane.ClassLimit;
import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.PodKey;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.GatePlanner;
import io.latencyscheduler.contract.timetable.PortTiming;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code latency-scheduler timetable} reads: a port and the streams that ask for it.
 *
 * @param name the port's name
 * @param timing its rate, guard and limits
 * @param reserved windows that are taken before any stream asks
 * @param gates limits of its gate control list
 * @param lengthAware whether its gates look at the length of a frame; else the list holds guard bands
 * @param streams in the order in which they ask
 */
record TimetableFile(
        String name,
        PortTiming timing,
        List<ReservedWindow> reserved,
        GateLimits gates,
        boolean lengthAware,
        List<StreamDemand> streams) {
    private static final Pattern RATE = Pattern.compile("([0-9]{1,15})\\s*([kmg]?)(bit)?");
    private static final String RATE_ACCEPTED =
            "bits per second: an integer, or one with kbit, mbit or gbit such as 1gbit";
    private static final Set<String> PORT_KEYS = Set.of(
            "name",
            "linkRate",
            "guard",
            "overheadBytes",
            "maxSduBytes",
            "periods",
            "classes",
            "reserved",
            "gates",
            "lengthAware");

    /** Reads the tree of a YAML document; the value is usable only without faults. */
    static Reading<TimetableFile> read(@Nullable Object tree) {
        return new Reader().read(tree);
    }

    private static final class Reader {
        private final List<Fault> faults = new ArrayList<>();

        Reading<TimetableFile> read(@Nullable Object tree) {
            Map<?, ?> document = map("", tree, Set.of("port", "streams"));
            if (!(tree instanceof Map<?, ?>)) {
                // Nothing can be said of what is inside.
                return new Reading<>(
                        new TimetableFile(
                                "port",
                                new PortTiming(1, 0, 0, 0),
                                List.of(),
                                GatePlanner.SOFTWARE_LIMITS,
                                true,
                                List.of()),
                        faults,
                        List.of());
            }
            Map<?, ?> port = map("port", document.get("port"), PORT_KEYS);
            String name = port.get("name") == null ? "port" : String.valueOf(port.get("name"));
            long rate = rate(port.get("linkRate"));
            long guardNs = duration("port.guard", port.get("guard"), PortTiming.DEFAULT_GUARD_NS, 0);
            int overhead = integer("port.overheadBytes", port.get("overheadBytes"), 0, 0, 1_000);
            int maxSdu = integer(
                    "port.maxSduBytes",
                    port.get("maxSduBytes"),
                    StreamDemand.MAX_FRAME_BYTES,
                    StreamDemand.MIN_FRAME_BYTES,
                    65_535);
            List<ClassLimit> classes = classes(port.get("classes"), guardNs, maxSdu);
            List<Long> periods = new ArrayList<>();
            list("port.periods", port.get("periods"))
                    .forEach(period -> periods.add(duration("port.periods", period, 1, 1)));
            List<ReservedWindow> reserved = reserved(port.get("reserved"));
            GateLimits gates = gates(port.get("gates"));
            Object aware = port.get("lengthAware");
            if (aware != null && !(aware instanceof Boolean)) {
                faults.add(new Fault("port.lengthAware", aware.toString(), "true or false"));
            }
            List<StreamDemand> streams = streams(document.get("streams"));
            PortTiming timing = new PortTiming(
                    rate, overhead, guardNs, maxSdu, classes, periods, port.get("gates") == null ? null : gates);
            return new Reading<>(
                    new TimetableFile(name, timing, reserved, gates, !Boolean.FALSE.equals(aware), streams),
                    faults,
                    List.of());
        }

        private List<StreamDemand> streams(@Nullable Object tree) {
            if (!(tree instanceof List<?> list) || list.isEmpty()) {
                faults.add(new Fault("streams", String.valueOf(tree), "a list with at least one stream"));
                return List.of();
            }
            Reading<PodDemand> reading =
                    DemandReader.read(Map.of(PodKey.STREAMS.annotation(), "streams"), text -> list);
            for (Fault fault : reading.faults()) {
                faults.add(new Fault(fault.key().replace(Keys.PREFIX, ""), fault.value(), fault.accepted()));
            }
            return reading.value().streams();
        }

        private List<ClassLimit> classes(@Nullable Object tree, long guardNs, int maxSdu) {
            List<ClassLimit> classes = new ArrayList<>();
            List<?> list = list("port.classes", tree);
            for (int i = 0; i < list.size(); i++) {
                String at = "port.classes[" + i + "]";
                Map<?, ?> limit = map(at, list.get(i), Set.of("trafficClass", "streams", "guard", "maxSduBytes"));
                classes.add(new ClassLimit(
                        integer(at + ".trafficClass", limit.get("trafficClass"), -1, 0, 7),
                        !Boolean.FALSE.equals(limit.get("streams")),
                        duration(at + ".guard", limit.get("guard"), guardNs, 0),
                        integer(
                                at + ".maxSduBytes",
                                limit.get("maxSduBytes"),
                                maxSdu,
                                StreamDemand.MIN_FRAME_BYTES,
                                65_535)));
            }
            return classes;
        }

        private List<ReservedWindow> reserved(@Nullable Object tree) {
            List<ReservedWindow> windows = new ArrayList<>();
            List<?> list = list("port.reserved", tree);
            for (int i = 0; i < list.size(); i++) {
                String at = "port.reserved[" + i + "]";
                Map<?, ?> window = map(at, list.get(i), Set.of("name", "period", "offset", "length"));
                long periodNs = duration(at + ".period", window.get("period"), -1, 1);
                long offsetNs = duration(at + ".offset", window.get("offset"), 0, 0);
                long lengthNs = duration(at + ".length", window.get("length"), -1, 1);
                if (periodNs > 0 && (offsetNs >= periodNs || lengthNs > periodNs)) {
                    faults.add(new Fault(at, window.toString(), "an offset below and a length within its period"));
                }
                Object name = window.get("name");
                windows.add(new ReservedWindow(
                        name == null ? "reserved" + i : name.toString(), periodNs, offsetNs, lengthNs));
            }
            return windows;
        }

        private GateLimits gates(@Nullable Object tree) {
            GateLimits usual = GatePlanner.SOFTWARE_LIMITS;
            if (tree == null) {
                return usual;
            }
            Map<?, ?> limits = map("port.gates", tree, Set.of("listMax", "intervalMax", "cycleMax", "minInterval"));
            return new GateLimits(
                    integer("port.gates.listMax", limits.get("listMax"), usual.supportedListMax(), 1, 1_000_000),
                    duration("port.gates.intervalMax", limits.get("intervalMax"), usual.supportedIntervalMaxNs(), 1),
                    duration("port.gates.cycleMax", limits.get("cycleMax"), usual.supportedCycleMaxNs(), 1),
                    duration("port.gates.minInterval", limits.get("minInterval"), usual.minIntervalNs(), 1));
        }

        private long rate(@Nullable Object value) {
            Matcher matcher = RATE.matcher(String.valueOf(value).strip().toLowerCase(Locale.ROOT));
            if (matcher.matches()) {
                long unit = switch (matcher.group(2)) {
                    case "k" -> 1_000;
                    case "m" -> 1_000_000;
                    case "g" -> 1_000_000_000;
                    default -> 1;
                };
                long count = Long.parseLong(matcher.group(1));
                if (count > 0 && count <= 1_000_000_000_000L / unit) {
                    return count * unit;
                }
            }
            faults.add(new Fault("port.linkRate", value == null ? "" : value.toString(), RATE_ACCEPTED));
            return 1;
        }

        private Map<?, ?> map(String at, @Nullable Object tree, Set<String> keys) {
            if (!(tree instanceof Map<?, ?> map)) {
                faults.add(new Fault(at.isEmpty() ? "file" : at, String.valueOf(tree), "a map with " + sorted(keys)));
                return Map.of();
            }
            for (Object key : map.keySet()) {
                if (!keys.contains(String.valueOf(key))) {
                    faults.add(new Fault(at.isEmpty() ? "file" : at, String.valueOf(key), "one of " + sorted(keys)));
                }
            }
            return map;
        }

        private static String sorted(Set<String> keys) {
            return String.join(", ", keys.stream().sorted().toList());
        }

        private List<?> list(String at, @Nullable Object tree) {
            if (tree == null) {
                return List.of();
            }
            if (tree instanceof List<?> list) {
                return list;
            }
            faults.add(new Fault(at, tree.toString(), "a list"));
            return List.of();
        }

        /** A negative default marks a value that must be there. */
        private long duration(String at, @Nullable Object value, long absentNs, long minNs) {
            if (value == null && absentNs >= 0) {
                return absentNs;
            }
            OptionalLong ns = value == null ? OptionalLong.empty() : Durations.parse(value.toString());
            if (ns.isPresent() && ns.getAsLong() >= minNs) {
                return ns.getAsLong();
            }
            faults.add(new Fault(
                    at, value == null ? "" : value.toString(), Durations.ACCEPTED + (minNs > 0 ? ", above 0" : "")));
            return absentNs;
        }

        private int integer(String at, @Nullable Object value, int absent, int min, int max) {
            if (value == null && absent >= 0) {
                return absent;
            }
            String text = String.valueOf(value);
            if (text.matches("[0-9]{1,9}") && Integer.parseInt(text) >= min && Integer.parseInt(text) <= max) {
                return Integer.parseInt(text);
            }
            faults.add(new Fault(at, value == null ? "" : text, "an integer from " + min + " to " + max));
            return absent;
        }
    }
}
