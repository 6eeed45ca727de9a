package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.timetable.GateControlList.Entry;
import io.latencyscheduler.contract.timetable.GateControlList.Operation;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A gate control list in the notation of {@code tc qdisc replace … taprio}, tc-taprio(8).
 *
 * <p>Only whole numbers of nanoseconds are read, as tc does. What tc would guess is a fault here: nothing is assumed.
 *
 * @param device network interface; empty when the text names none
 * @param trafficClasses {@code num_tc}, 1 to 8
 * @param map traffic class of each of the 16 socket priorities
 * @param queues {@code count@offset} of each traffic class
 * @param list base time, cycle and entries
 * @param clockId such as {@code CLOCK_TAI}; empty with full offload, whose clock is the NIC's
 * @param flags 0 software, 1 launch time assisted, 2 full offload
 * @param txtimeDelayNs only with flag 1; else 0
 * @param maxSduBytes {@code max-sdu} of each traffic class, 0: none; empty when absent
 */
public record TaprioNotation(
        String device,
        int trafficClasses,
        List<Integer> map,
        List<Queues> queues,
        GateControlList list,
        String clockId,
        int flags,
        long txtimeDelayNs,
        List<Integer> maxSduBytes) {
    /** Launch times are computed by taprio and kept by the etf qdisc. */
    public static final int TXTIME_ASSIST = 1;
    /** The NIC runs the list. */
    public static final int FULL_OFFLOAD = 2;

    private static final Pattern QUEUES = Pattern.compile("([0-9]{1,5})@([0-9]{1,5})");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,19}");
    private static final String LONGEST = String.valueOf(Long.MAX_VALUE);
    private static final Pattern STATES = Pattern.compile("(0[xX])?[0-9a-fA-F]{1,2}");
    private static final int PRIORITIES = 16;

    public TaprioNotation {
        map = List.copyOf(map);
        queues = List.copyOf(queues);
        maxSduBytes = List.copyOf(maxSduBytes);
    }

    /** Transmit queues of one traffic class. */
    public record Queues(int count, int offset) {}

    /** Eight classes with one queue each, priority p in class p (8 to 15 in class 0), clock TAI, in software. */
    public static TaprioNotation of(String device, GateControlList list) {
        return new TaprioNotation(
                device,
                8,
                IntStream.range(0, PRIORITIES).mapToObj(p -> p < 8 ? p : 0).toList(),
                IntStream.range(0, 8).mapToObj(c -> new Queues(1, c)).toList(),
                list,
                "CLOCK_TAI",
                0,
                0,
                List.of());
    }

    /** The whole command; {@link #read} reads it back. */
    public String command() {
        StringBuilder text = new StringBuilder("tc qdisc replace dev ")
                .append(device)
                .append(" parent root handle 100: taprio num_tc ")
                .append(trafficClasses)
                .append(" map ")
                .append(joined(map))
                .append(" queues ")
                .append(queues.stream()
                        .map(queue -> queue.count() + "@" + queue.offset())
                        .collect(Collectors.joining(" ")))
                .append(' ')
                .append(schedule(list));
        if (!maxSduBytes.isEmpty()) {
            text.append(" max-sdu ").append(joined(maxSduBytes));
        }
        if (flags != 0) {
            text.append(" flags 0x").append(Integer.toHexString(flags));
        }
        if (txtimeDelayNs != 0) {
            text.append(" txtime-delay ").append(txtimeDelayNs);
        }
        if (!clockId.isEmpty()) {
            text.append(" clockid ").append(clockId);
        }
        return text.toString();
    }

    /** Base time, cycle time and entries alone: {@code base-time 0 cycle-time 1000000 sched-entry S 80 13336 …}. */
    public static String schedule(GateControlList list) {
        StringBuilder text = new StringBuilder("base-time ")
                .append(list.baseTimeNs())
                .append(" cycle-time ")
                .append(list.cycleTimeNs());
        if (list.cycleTimeExtensionNs() != 0) {
            text.append(" cycle-time-extension ").append(list.cycleTimeExtensionNs());
        }
        for (Entry entry : list.entries()) {
            text.append(String.format(
                    Locale.ROOT,
                    " sched-entry %c %02x %d",
                    entry.operation().letter(),
                    entry.gateStates(),
                    entry.timeIntervalNs()));
        }
        return text.toString();
    }

    private static String joined(List<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    /**
     * Reads a command, or any part of one from {@code num_tc} on; a {@code #} begins a comment. Without entries there is no
     * list, so that is a fault.
     */
    public static Reading<Optional<TaprioNotation>> read(String text) {
        return new Reader(text).read();
    }

    /** One reading; collects the faults of the whole text. */
    private static final class Reader {
        private final List<Fault> faults = new ArrayList<>();
        private final List<String> warnings = new ArrayList<>();
        private final List<String> words;
        private int at;

        private String device = "";
        private int trafficClasses = 8;
        private List<Integer> map =
                IntStream.range(0, PRIORITIES).mapToObj(p -> p < 8 ? p : 0).toList();
        private List<Queues> queues =
                IntStream.range(0, 8).mapToObj(c -> new Queues(1, c)).toList();
        private final List<Entry> entries = new ArrayList<>();
        private long baseTimeNs;
        private long cycleTimeNs;
        private long extensionNs;
        private String clockId = "";
        private int flags;
        private long txtimeDelayNs;
        private List<Integer> maxSduBytes = List.of();

        Reader(String text) {
            words = text.lines()
                    .map(line -> line.replaceFirst("#.*", "").replace("\\", " ").strip())
                    .filter(line -> !line.isEmpty())
                    .flatMap(line -> Pattern.compile("\\s+").splitAsStream(line))
                    .toList();
        }

        Reading<Optional<TaprioNotation>> read() {
            while (at < words.size()) {
                String word = words.get(at++);
                switch (word) {
                    case "tc", "qdisc", "add", "replace", "change", "root", "taprio" -> {}
                    case "parent", "handle" -> at++;
                    case "dev" -> device = next().orElse("");
                    case "stab" -> skipPairs();
                    case "num_tc" -> trafficClasses = trafficClasses();
                    case "map" -> map = numbers(word, PRIORITIES, 7);
                    case "queues" -> queues = queues();
                    case "base-time" -> baseTimeNs = number(word, 0, Long.MAX_VALUE);
                    case "cycle-time" -> cycleTimeNs = number(word, 1, Long.MAX_VALUE);
                    case "cycle-time-extension" -> extensionNs = number(word, 0, 0xffff_ffffL);
                    case "clockid" -> clockId = next().orElse("");
                    case "flags" -> flags = flags();
                    case "txtime-delay" -> txtimeDelayNs = number(word, 0, 0xffff_ffffL);
                    case "max-sdu" -> maxSduBytes = numbers(word, 8, 65_535);
                    case "fp" -> framePreemption();
                    case "sched-entry" -> entry();
                    default -> faults.add(new Fault("taprio", word, "an option of taprio"));
                }
            }
            return new Reading<>(Optional.ofNullable(result()), faults, warnings);
        }

        private @Nullable TaprioNotation result() {
            if (entries.isEmpty()) {
                faults.add(new Fault("sched-entry", "", "present at least once"));
            }
            if (flags == FULL_OFFLOAD && !clockId.isEmpty()) {
                faults.add(new Fault("clockid", clockId, "absent with full offload: the clock is the NIC's"));
            }
            if (map.stream().anyMatch(c -> c >= trafficClasses)) {
                faults.add(new Fault("map", joined(map), "classes below num_tc " + trafficClasses));
            }
            if (!faults.isEmpty()) {
                return null;
            }
            long cycleNs = cycleTimeNs != 0
                    ? cycleTimeNs
                    : entries.stream().mapToLong(Entry::timeIntervalNs).sum();
            return new TaprioNotation(
                    device,
                    trafficClasses,
                    map,
                    queues,
                    new GateControlList(baseTimeNs, cycleNs, extensionNs, entries),
                    clockId,
                    flags,
                    txtimeDelayNs,
                    maxSduBytes);
        }

        private Optional<String> next() {
            return at < words.size() ? Optional.of(words.get(at++)) : Optional.empty();
        }

        private long number(String option, long min, long max) {
            String word = next().orElse("");
            if (NUMBER.matcher(word).matches() && (word.length() < LONGEST.length() || word.compareTo(LONGEST) <= 0)) {
                long number = Long.parseLong(word);
                if (number >= min && number <= max) {
                    return number;
                }
            }
            faults.add(new Fault(option, word, "an integer from " + min + (max == Long.MAX_VALUE ? "" : " to " + max)));
            return min;
        }

        private int trafficClasses() {
            int before = faults.size();
            int classes = (int) number("num_tc", 1, 8);
            return faults.size() > before ? 8 : classes;
        }

        private int flags() {
            String word = next().orElse("");
            String digits = word.replaceFirst("^0[xX]", "");
            if (digits.matches("[012]")) {
                return Integer.parseInt(digits);
            }
            faults.add(new Fault("flags", word, "0x0, 0x1 (txtime assist) or 0x2 (full offload)"));
            return 0;
        }

        /** Up to {@code most} numbers; what is missing at the end is 0, as tc has it. */
        private List<Integer> numbers(String option, int most, int max) {
            List<Integer> numbers = new ArrayList<>();
            while (numbers.size() < most
                    && at < words.size()
                    && NUMBER.matcher(words.get(at)).matches()) {
                numbers.add((int) number(option, 0, max));
            }
            if (numbers.isEmpty()) {
                faults.add(new Fault(option, at < words.size() ? words.get(at) : "", "numbers from 0 to " + max));
            }
            while (option.equals("map") && numbers.size() < most) {
                numbers.add(0);
            }
            return numbers;
        }

        private List<Queues> queues() {
            List<Queues> read = new ArrayList<>();
            while (at < words.size()) {
                var matcher = QUEUES.matcher(words.get(at));
                if (!matcher.matches()) {
                    break;
                }
                at++;
                read.add(new Queues(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))));
            }
            if (read.isEmpty()) {
                faults.add(new Fault("queues", at < words.size() ? words.get(at) : "", "a list of count@offset"));
            }
            return read;
        }

        private void entry() {
            String letter = next().orElse("");
            String states = next().orElse("");
            long intervalNs = number("sched-entry", 1, 0xffff_ffffL);
            Optional<Operation> operation = java.util.Arrays.stream(Operation.values())
                    .filter(candidate -> String.valueOf(candidate.letter()).equals(letter))
                    .findFirst();
            if (operation.isEmpty()) {
                faults.add(new Fault("sched-entry", letter, "S, H or R"));
            }
            if (!STATES.matcher(states).matches()) {
                faults.add(new Fault("sched-entry", states, "a mask of gates from 00 to ff"));
            }
            if (operation.isEmpty() || !STATES.matcher(states).matches()) {
                return;
            }
            if (operation.get() != Operation.SET_GATE_STATES) {
                warnings.add("sched-entry " + letter + ": frame preemption is not supported, the entry acts as S");
            }
            entries.add(
                    new Entry(operation.get(), Integer.parseInt(states.replaceFirst("^0[xX]", ""), 16), intervalNs));
        }

        private void framePreemption() {
            while (at < words.size() && words.get(at).matches("[EP]")) {
                at++;
            }
            warnings.add("fp: frame preemption is not supported and was passed over");
        }

        /** {@code stab overhead 24 …}: sizes for the kernel's own arithmetic. */
        private void skipPairs() {
            Iterator<String> known =
                    List.of("overhead", "linklayer", "mtu", "tsize", "mpu").iterator();
            List<String> names = new ArrayList<>();
            known.forEachRemaining(names::add);
            while (at + 1 < words.size() && names.contains(words.get(at))) {
                at += 2;
            }
        }
    }
}
