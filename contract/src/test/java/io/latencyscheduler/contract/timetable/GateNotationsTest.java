package io.latencyscheduler.contract.timetable;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.timetable.GateControlList.Entry;
import io.latencyscheduler.contract.timetable.GateControlList.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gate lists as tc taprio and as ieee802-dot1q-sched write them. */
class GateNotationsTest {
    private static final GateControlList PLC = new GateControlList(
            1_000_000_000,
            1_000_000,
            0,
            List.of(Entry.set(0x80, 13_336), Entry.set(0x7f, 985_664), Entry.set(0, 1_000)));

    @Test
    void shouldWriteTheWholeCommand() {
        assertThat(TaprioNotation.of("eth0", PLC).command())
                .isEqualTo("tc qdisc replace dev eth0 parent root handle 100: taprio num_tc 8"
                        + " map 0 1 2 3 4 5 6 7 0 0 0 0 0 0 0 0 queues 1@0 1@1 1@2 1@3 1@4 1@5 1@6 1@7"
                        + " base-time 1000000000 cycle-time 1000000 sched-entry S 80 13336 sched-entry S 7f 985664"
                        + " sched-entry S 00 1000 clockid CLOCK_TAI");
    }

    @Test
    void shouldReadTheExampleOfTheManualPage() {
        TaprioNotation notation =
                TaprioNotation.read("""
                # tc qdisc replace dev eth0 parent root handle 100 taprio \\
                         num_tc 3 \\
                         map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 \\
                         queues 1@0 1@1 2@2 \\
                         base-time 1528743495910289987 \\
                         sched-entry S 01 300000 \\
                         sched-entry S 02 300000 \\
                         sched-entry S 04 400000 \\
                         clockid CLOCK_TAI
                """.replaceFirst("# ", "")).value().orElseThrow();
        assertThat(notation.device()).isEqualTo("eth0");
        assertThat(notation.trafficClasses()).isEqualTo(3);
        assertThat(notation.queues()).last().isEqualTo(new TaprioNotation.Queues(2, 2));
        assertThat(notation.list().baseTimeNs()).isEqualTo(1_528_743_495_910_289_987L);
        assertThat(notation.list().cycleTimeNs()).isEqualTo(1_000_000);
        assertThat(notation.clockId()).isEqualTo("CLOCK_TAI");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void shouldReadBackWhatItWrites(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(20); i++) {
                entries.add(new Entry(
                        Operation.values()[random.nextInt(3)], random.nextInt(256), 1 + random.nextInt(1_000_000)));
            }
            GateControlList list = new GateControlList(
                    random.nextLong(4_000_000_000_000_000_000L),
                    1 + random.nextLong(1L << 40),
                    random.nextInt(1_000),
                    entries);
            TaprioNotation notation = TaprioNotation.of("eth" + round, list);
            assertThat(TaprioNotation.read(notation.command()).value()).contains(notation);
            assertThat(GateParameterTable.read(GateParameterTable.tree(list)).value())
                    .contains(list);
        }
    }

    static Stream<Arguments> faultyCommands() {
        return Stream.of(
                Arguments.of("no entries", "num_tc 8", List.of("sched-entry")),
                Arguments.of("an unknown operation", "sched-entry X 80 1000", List.of("sched-entry", "sched-entry")),
                Arguments.of("a mask of nine bits", "sched-entry S 180 1000", List.of("sched-entry", "sched-entry")),
                Arguments.of("an interval of zero", "sched-entry S 80 0", List.of("sched-entry")),
                Arguments.of("a time with a unit", "base-time 1ms sched-entry S 80 1000", List.of("base-time")),
                Arguments.of("an unknown option", "bas-time sched-entry S 80 1000", List.of("taprio")),
                Arguments.of(
                        "a clock beside full offload",
                        "sched-entry S 80 1000 flags 0x2 clockid CLOCK_TAI",
                        List.of("clockid")),
                Arguments.of("a class that does not exist", "num_tc 2 map 7 sched-entry S 80 1000", List.of("map")),
                Arguments.of(
                        "several at once",
                        "num_tc 9 queues 1x1 sched-entry S 80 1000",
                        List.of("num_tc", "queues", "taprio")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faultyCommands")
    void shouldNameWhatItCannotRead(String name, String text, List<String> keys) {
        Reading<Optional<TaprioNotation>> reading = TaprioNotation.read(text);
        assertThat(reading.value()).isEmpty();
        assertThat(reading.faults()).extracting(Fault::key).containsExactlyElementsOf(keys);
    }

    @Test
    void shouldSayThatPreemptionIsNotSupported() {
        assertThat(TaprioNotation.read("sched-entry H 80 1000 fp E P").warnings())
                .hasSize(2);
    }

    @Test
    void shouldUseTheNamesOfTheYangModule() {
        Map<?, ?> table = (Map<?, ?>) GateParameterTable.tree(PLC).get(GateParameterTable.NAME);
        assertThat(table.get("admin-cycle-time")).isEqualTo(Map.of("numerator", 1L, "denominator", 1_000L));
        assertThat(table.get("admin-base-time")).isEqualTo(Map.of("seconds", "1", "nanoseconds", 0L));
        Map<?, ?> container = (Map<?, ?>) table.get("admin-control-list");
        assertThat((List<?>) container.get("gate-control-entry"))
                .first()
                .isEqualTo(Map.of(
                        "index",
                        0,
                        "operation-name",
                        "ieee802-dot1q-sched:set-gate-states",
                        "time-interval-value",
                        13_336L,
                        "gate-states-value",
                        0x80));
    }

    @Test
    void shouldNameWhatIsWrongWithATable() {
        Reading<Optional<GateControlList>> reading = GateParameterTable.read(Map.of(
                "admin-cycle-time",
                Map.of("numerator", 1, "denominator", 3),
                "admin-control-list",
                Map.of(
                        "gate-control-entry",
                        List.of(Map.of(
                                "index",
                                1,
                                "operation-name",
                                "open",
                                "time-interval-value",
                                10,
                                "gate-states-value",
                                0)))));
        assertThat(reading.faults())
                .extracting(Fault::key)
                .containsExactlyInAnyOrder(
                        "admin-cycle-time", "gate-control-entry[0]/operation-name", "gate-control-entry[0]/index");
    }
}
