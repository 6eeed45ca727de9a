package io.latencyscheduler.contract;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link PodDemand} from a pod's annotations, strictly: all faults are reported, nothing is ignored.
 *
 * <p>Pure and thread-safe. YAML is the caller's: a parser is passed in.
 */
public final class DemandReader {
    private static final Pattern INTEGER = Pattern.compile("[0-9]{1,9}");

    /** Most streams that one pod may ask for: bounds the work that one annotation can cause. */
    public static final int MAX_STREAMS = 64;

    /** Most DPDK ports that one pod may ask for. */
    public static final int MAX_INTERFACES = 64;

    private static final int MAX_GROUP_SIZE = 1000;
    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Set<PodKey> ONE_STREAM = Set.of(
            PodKey.PERIOD, PodKey.DEADLINE, PodKey.FRAME_BYTES, PodKey.PHASE, PodKey.JITTER, PodKey.TRAFFIC_CLASS);
    private static final Set<String> LATE_POLICIES = Set.of("drop", "send-now", "next-window");
    private static final Set<String> STREAM_FIELDS =
            Set.of("name", "period", "deadline", "frameBytes", "phase", "jitter", "trafficClass");

    private final Map<String, String> annotations;
    private final Function<String, Object> yaml;
    private final List<Fault> faults = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private DemandReader(Map<String, String> annotations, Function<String, Object> yaml) {
        this.annotations = annotations;
        this.yaml = yaml;
    }

    /**
     * Reads the demand.
     *
     * @param annotations the pod's annotations; keys that are not ours are passed over
     * @param yaml turns YAML or JSON text into maps, lists, strings and numbers; may throw on malformed text
     * @return the demand; not to be used when there are faults
     */
    public static Reading<PodDemand> read(Map<String, String> annotations, Function<String, Object> yaml) {
        DemandReader reader = new DemandReader(annotations, yaml);
        PodDemand demand = reader.read();
        return new Reading<>(demand, reader.faults, reader.warnings);
    }

    /** A key as the user wrote it, with its value. */
    private record Entry(String key, String value) {}

    private PodDemand read() {
        Optional<Entry> latency = entry(PodKey.LATENCY);
        Optional<Entry> deadline = entry(PodKey.DEADLINE);
        boolean oneStream = entry(PodKey.PERIOD).isPresent();
        boolean several = entry(PodKey.STREAMS).isPresent();
        if (several) {
            refuseOneStreamKeys();
        } else if (!oneStream) {
            refuseStreamKeysWithoutPeriod();
        }

        OptionalLong latencyNs = duration(latency, 0, Durations.ACCEPTED);
        if (latency.isEmpty() && deadline.isPresent() && !oneStream && !several) {
            latencyNs = duration(deadline, 0, Durations.ACCEPTED);
        }
        readLatePolicy(oneStream || several);
        List<StreamDemand> streams = several
                ? streamList()
                : oneStream ? stream("s0", annotationFields()).stream().toList() : List.of();
        return new PodDemand(
                latencyNs,
                integer(entry(PodKey.INTERFACES), PodKey.INTERFACES.accepted(), 1, MAX_INTERFACES),
                streams,
                text(PodKey.TALKS_TO),
                group(),
                duration(entry(PodKey.START_BY), 0, Durations.ACCEPTED));
    }

    /** Carried out by the node's agent, which reads it from the pod; a word nobody knows is refused before the pod is placed. */
    private void readLatePolicy(boolean hasStreams) {
        entry(PodKey.LATE_POLICY).ifPresent(entry -> {
            if (!LATE_POLICIES.contains(entry.value().strip())) {
                fault(entry, PodKey.LATE_POLICY.accepted());
            } else if (!hasStreams) {
                fault(entry, "together with " + PodKey.PERIOD.annotation() + " or " + PodKey.STREAMS.annotation());
            }
        });
    }

    /** The prefixed key, else the bare one where that is accepted; both and different: the prefixed, with a warning. */
    private Optional<Entry> entry(PodKey key) {
        String prefixed = annotations.get(key.annotation());
        String bare = key.bareAccepted() ? annotations.get(key.wireName()) : null;
        if (prefixed != null && bare != null && !prefixed.strip().equals(bare.strip())) {
            String warning = key.annotation() + "='" + prefixed + "' and " + key.wireName() + "='" + bare + "' differ; "
                    + key.annotation() + " is used";
            if (!warnings.contains(warning)) {
                warnings.add(warning);
            }
        }
        if (prefixed != null) {
            return Optional.of(new Entry(key.annotation(), prefixed));
        }
        return Optional.ofNullable(bare).map(value -> new Entry(key.wireName(), value));
    }

    private void refuseOneStreamKeys() {
        for (PodKey key : PodKey.values()) {
            if (ONE_STREAM.contains(key)) {
                entry(key)
                        .ifPresent(entry -> fault(entry, "absent when " + PodKey.STREAMS.annotation() + " is present"));
            }
        }
    }

    private void refuseStreamKeysWithoutPeriod() {
        for (PodKey key : PodKey.values()) {
            if (ONE_STREAM.contains(key) && key != PodKey.PERIOD && key != PodKey.DEADLINE) {
                entry(key)
                        .ifPresent(entry ->
                                fault(entry, "together with " + PodKey.PERIOD.annotation() + ", which is missing"));
            }
        }
    }

    private Map<String, Entry> annotationFields() {
        Map<String, Entry> fields = new HashMap<>();
        entry(PodKey.PERIOD).ifPresent(entry -> fields.put("period", entry));
        entry(PodKey.DEADLINE).ifPresent(entry -> fields.put("deadline", entry));
        entry(PodKey.FRAME_BYTES).ifPresent(entry -> fields.put("frameBytes", entry));
        entry(PodKey.PHASE).ifPresent(entry -> fields.put("phase", entry));
        entry(PodKey.JITTER).ifPresent(entry -> fields.put("jitter", entry));
        entry(PodKey.TRAFFIC_CLASS).ifPresent(entry -> fields.put("trafficClass", entry));
        return fields;
    }

    private List<StreamDemand> streamList() {
        Entry entry = entry(PodKey.STREAMS).orElseThrow();
        @Nullable Object parsed;
        try {
            parsed = yaml.apply(entry.value());
        } catch (RuntimeException malformed) {
            fault(entry, PodKey.STREAMS.accepted());
            return List.of();
        }
        if (!(parsed instanceof List<?> list) || list.isEmpty() || list.size() > MAX_STREAMS) {
            fault(entry, PodKey.STREAMS.accepted() + " of 1 to " + MAX_STREAMS + " entries");
            return List.of();
        }
        List<StreamDemand> streams = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < list.size(); i++) {
            String at = entry.key() + "[" + i + "]";
            if (!(list.get(i) instanceof Map<?, ?> map)) {
                faults.add(new Fault(at, String.valueOf(list.get(i)), "a map with the keys of a stream"));
                continue;
            }
            Map<String, Entry> fields = fields(at, map);
            Entry name = fields.get("name");
            String streamName = name == null ? "s" + i : name.value();
            if (name != null && !DNS_LABEL.matcher(streamName).matches()) {
                fault(name, "a DNS label: lower-case letters, digits and '-'");
            }
            if (!names.add(streamName)) {
                faults.add(new Fault(at + ".name", streamName, "different from the names before it"));
            }
            stream(streamName, fields).ifPresent(streams::add);
        }
        return streams;
    }

    private Map<String, Entry> fields(String at, Map<?, ?> map) {
        Map<String, Entry> fields = new HashMap<>();
        map.forEach((key, value) -> {
            String field = String.valueOf(key);
            if (STREAM_FIELDS.contains(field)) {
                fields.put(field, new Entry(at + "." + field, String.valueOf(value)));
            } else {
                faults.add(
                        new Fault(at, field, "one of name, period, deadline, frameBytes, phase, jitter, trafficClass"));
            }
        });
        if (!fields.containsKey("period")) {
            faults.add(new Fault(at + ".period", "", Durations.ACCEPTED));
        }
        return fields;
    }

    /** Empty when a field has a fault, which is then recorded. */
    private Optional<StreamDemand> stream(String name, Map<String, Entry> fields) {
        int before = faults.size();
        OptionalLong period = duration(Optional.ofNullable(fields.get("period")), 1, Durations.ACCEPTED + ", above 0");
        OptionalLong deadline =
                duration(Optional.ofNullable(fields.get("deadline")), 1, PodKey.DEADLINE.accepted() + " and above 0");
        OptionalLong jitter = duration(Optional.ofNullable(fields.get("jitter")), 0, Durations.ACCEPTED);
        int frameBytes = integer(
                        Optional.ofNullable(fields.get("frameBytes")),
                        PodKey.FRAME_BYTES.accepted(),
                        StreamDemand.MIN_FRAME_BYTES,
                        StreamDemand.MAX_FRAME_BYTES)
                .orElse(StreamDemand.MAX_FRAME_BYTES);
        int trafficClass = integer(
                        Optional.ofNullable(fields.get("trafficClass")), PodKey.TRAFFIC_CLASS.accepted(), 0, 7)
                .orElse(StreamDemand.DEFAULT_TRAFFIC_CLASS);
        if (period.isEmpty()) {
            return Optional.empty();
        }
        long periodNs = period.getAsLong();
        long deadlineNs = deadline.orElse(periodNs);
        if (deadlineNs > periodNs) {
            fault(fields.get("deadline"), "at most the period, " + Durations.format(periodNs));
        }
        Phase phase = phase(fields.get("phase"), periodNs);
        if (faults.size() > before) {
            return Optional.empty();
        }
        return Optional.of(new StreamDemand(name, periodNs, deadlineNs, frameBytes, phase, jitter, trafficClass));
    }

    private Phase phase(@Nullable Entry entry, long periodNs) {
        if (entry == null || entry.value().strip().equals(Phase.Kind.ASSIGNED.wireName())) {
            return Phase.ASSIGNED;
        }
        if (entry.value().strip().equals(Phase.Kind.FREE.wireName())) {
            return Phase.FREE;
        }
        OptionalLong releaseNs = Durations.parse(entry.value());
        if (releaseNs.isEmpty() || releaseNs.getAsLong() >= periodNs) {
            fault(entry, PodKey.PHASE.accepted());
            return Phase.ASSIGNED;
        }
        return Phase.fixed(releaseNs.getAsLong());
    }

    private Optional<PodDemand.Group> group() {
        Optional<Entry> name = entry(PodKey.GROUP);
        Optional<Entry> size = entry(PodKey.GROUP_SIZE);
        if (name.isEmpty() && size.isEmpty()) {
            return Optional.empty();
        }
        if (name.isEmpty()) {
            size.ifPresent(entry -> fault(entry, "together with " + PodKey.GROUP.annotation() + ", which is missing"));
            return Optional.empty();
        }
        if (!DNS_LABEL.matcher(name.get().value()).matches()) {
            fault(name.get(), PodKey.GROUP.accepted());
        }
        if (size.isEmpty()) {
            fault(name.get(), "together with " + PodKey.GROUP_SIZE.annotation() + ", which is missing");
        }
        OptionalInt members = integer(size, PodKey.GROUP_SIZE.accepted(), 1, MAX_GROUP_SIZE);
        return members.isEmpty()
                ? Optional.empty()
                : Optional.of(new PodDemand.Group(name.get().value(), members.getAsInt()));
    }

    private Optional<String> text(PodKey key) {
        Optional<Entry> entry = entry(key);
        if (entry.isPresent() && entry.get().value().isBlank()) {
            fault(entry.get(), key.accepted());
            return Optional.empty();
        }
        return entry.map(Entry::value);
    }

    private OptionalLong duration(Optional<Entry> entry, long minNs, String accepted) {
        if (entry.isEmpty()) {
            return OptionalLong.empty();
        }
        OptionalLong ns = Durations.parse(entry.get().value());
        if (ns.isEmpty() || ns.getAsLong() < minNs) {
            fault(entry.get(), accepted);
            return OptionalLong.empty();
        }
        return ns;
    }

    private OptionalInt integer(Optional<Entry> entry, String accepted, int min, int max) {
        if (entry.isEmpty()) {
            return OptionalInt.empty();
        }
        String digits = entry.get().value().strip();
        if (INTEGER.matcher(digits).matches()) {
            int number = Integer.parseInt(digits);
            if (number >= min && number <= max) {
                return OptionalInt.of(number);
            }
        }
        fault(entry.get(), accepted);
        return OptionalInt.empty();
    }

    private void fault(@Nullable Entry entry, String accepted) {
        if (entry != null) {
            faults.add(new Fault(entry.key(), entry.value(), accepted));
        }
    }
}
