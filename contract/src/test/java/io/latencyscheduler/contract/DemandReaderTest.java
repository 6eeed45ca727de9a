package io.latencyscheduler.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DemandReaderTest {
    private static final Function<String, Object> NO_YAML = text -> {
        throw new IllegalArgumentException("not YAML: " + text);
    };

    private static Reading<PodDemand> read(String... keysAndValues) {
        return DemandReader.read(annotations(keysAndValues), NO_YAML);
    }

    private static Map<String, String> annotations(String... keysAndValues) {
        Map<String, String> annotations = new HashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            String key = keysAndValues[i];
            annotations.put(key.startsWith("bare:") ? key.substring(5) : Keys.PREFIX + key, keysAndValues[i + 1]);
        }
        return annotations;
    }

    private static StreamDemand stream(String name, long periodNs, long deadlineNs) {
        return new StreamDemand(name, periodNs, deadlineNs, 1522, Phase.ASSIGNED, OptionalLong.empty(), 7);
    }

    @Test
    void shouldReadAPodWithoutOurKeysAsOrdinary() {
        Reading<PodDemand> reading = DemandReader.read(Map.of("team", "radio"), NO_YAML);
        assertThat(reading.value()).isEqualTo(PodDemand.ORDINARY);
        assertThat(reading.ok()).isTrue();
    }

    @Test
    void shouldReadLatencyAndInterfaces() {
        PodDemand demand = read("latency", "800", "interfaces", "2").value();
        assertThat(demand.latencyNs()).hasValue(800_000);
        assertThat(demand.interfaces()).isEqualTo(OptionalInt.of(2));
        assertThat(demand.isOrdinary()).isFalse();
    }

    @Test
    void shouldReadTheBareKeysOfTheFoundingDocuments() {
        assertThat(read("bare:latency", "5ms").value().latencyNs()).hasValue(5_000_000);
    }

    @Test
    void shouldPreferThePrefixedKeyAndNameBothWhenTheyDiffer() {
        Reading<PodDemand> reading = read("latency", "5000", "bare:latency", "6000");
        assertThat(reading.value().latencyNs()).hasValue(5_000_000);
        assertThat(reading.warnings())
                .containsExactly("latency-scheduler.io/latency='5000' and latency='6000' differ;"
                        + " latency-scheduler.io/latency is used");
    }

    @Test
    void shouldTakeADeadlineWithoutPeriodAsLatency() {
        assertThat(read("deadline", "9ms").value().latencyNs()).hasValue(9_000_000);
    }

    @Test
    void shouldReadOneStreamWithDefaults() {
        PodDemand demand = read("period", "1ms", "deadline", "250us").value();
        assertThat(demand.streams()).containsExactly(stream("s0", 1_000_000, 250_000));
        assertThat(demand.latencyNs()).isEmpty();
    }

    @Test
    void shouldReadEveryKeyOfOneStream() {
        PodDemand demand = read(
                        "period", "2ms", "frame-bytes", "64", "phase", "100us", "jitter", "5us", "traffic-class", "6")
                .value();
        assertThat(demand.streams())
                .containsExactly(new StreamDemand(
                        "s0", 2_000_000, 2_000_000, 64, Phase.fixed(100_000), OptionalLong.of(5_000), 6));
    }

    @Test
    void shouldRefuseALatePolicyThatNobodyKnowsOrThatMeansNothing() {
        assertThat(read("period", "1ms", "late-policy", "next-window").faults()).isEmpty();
        assertThat(read("period", "1ms", "late-policy", "later").faults())
                .extracting(Fault::sentence)
                .containsExactly(
                        "latency-scheduler.io/late-policy: 'later' must be 'drop', 'send-now' or 'next-window'");
        assertThat(read("latency", "5000", "late-policy", "drop").faults())
                .extracting(Fault::sentence)
                .containsExactly("latency-scheduler.io/late-policy: 'drop' must be together with"
                        + " latency-scheduler.io/period or latency-scheduler.io/streams");
    }

    @Test
    void shouldReadSeveralStreams() {
        List<Map<String, Object>> yaml = List.of(
                Map.of("name", "motion", "period", "1ms", "deadline", "250us"),
                Map.of("period", 4000, "phase", "free", "frameBytes", 128));
        Reading<PodDemand> reading = DemandReader.read(annotations("streams", "…"), text -> yaml);
        assertThat(reading.faults()).isEmpty();
        assertThat(reading.value().streams())
                .containsExactly(
                        stream("motion", 1_000_000, 250_000),
                        new StreamDemand("s1", 4_000_000, 4_000_000, 128, Phase.FREE, OptionalLong.empty(), 7));
    }

    @Test
    void shouldReadGroupTalksToAndStartBy() {
        PodDemand demand = read("group", "cell-1", "group-size", "3", "talks-to", "app=plc", "start-by", "2s")
                .value();
        assertThat(demand.group()).isEqualTo(Optional.of(new PodDemand.Group("cell-1", 3)));
        assertThat(demand.talksTo()).contains("app=plc");
        assertThat(demand.startByNs()).hasValue(2_000_000_000L);
        assertThat(demand.isOrdinary()).isTrue();
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of("a latency with a fraction", annotations("latency", "1.5ms"), 1),
                Arguments.of("a bare latency that is a word", annotations("bare:latency", "fast"), 1),
                Arguments.of("no interfaces", annotations("interfaces", "0"), 1),
                Arguments.of("a deadline beyond the period", annotations("period", "1ms", "deadline", "2ms"), 1),
                Arguments.of("a period of zero", annotations("period", "0"), 1),
                Arguments.of("a frame without a period", annotations("frame-bytes", "64"), 1),
                Arguments.of("a phase at the period", annotations("period", "1ms", "phase", "1ms"), 1),
                Arguments.of("a group without a size", annotations("group", "a"), 1),
                Arguments.of("a size without a group", annotations("group-size", "2"), 1),
                Arguments.of("streams that are no YAML", annotations("streams", "{"), 1),
                Arguments.of(
                        "every fault at once",
                        annotations("latency", "x", "interfaces", "x", "start-by", "x", "period", "1ms", "jitter", "x"),
                        4));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void shouldReportEveryFaultWithKeyValueAndAcceptedForm(String name, Map<String, String> annotations, int count) {
        List<Fault> faults = DemandReader.read(annotations, NO_YAML).faults();
        assertThat(faults).hasSize(count);
        assertThat(faults).allSatisfy(fault -> {
            assertThat(annotations).containsEntry(fault.key(), fault.value());
            assertThat(fault.sentence()).startsWith(fault.key() + ": '").contains("must be ");
        });
    }

    static Stream<Arguments> streamFaults() {
        return Stream.of(
                Arguments.of("an empty list", List.of(), "streams"),
                Arguments.of("a text", "period: 1ms", "streams"),
                Arguments.of("an entry that is no map", List.of("x"), "streams[0]"),
                Arguments.of("an unknown field", List.of(Map.of("period", "1ms", "dealine", "1us")), "streams[0]"),
                Arguments.of("no period", List.of(Map.of("name", "a")), "streams[0].period"),
                Arguments.of("a bad name", List.of(Map.of("name", "A b", "period", 1)), "streams[0].name"),
                Arguments.of(
                        "one name twice",
                        List.of(Map.of("name", "a", "period", 1), Map.of("name", "a", "period", 1)),
                        "streams[1].name"),
                Arguments.of(
                        "a class above 7", List.of(Map.of("period", 1, "trafficClass", 8)), "streams[0].trafficClass"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("streamFaults")
    void shouldNameTheEntryOfAFaultyStream(String name, Object yaml, String at) {
        List<Fault> faults =
                DemandReader.read(annotations("streams", "…"), text -> yaml).faults();
        assertThat(faults)
                .singleElement()
                .satisfies(fault -> assertThat(fault.key()).isEqualTo(Keys.PREFIX + at));
    }

    @Test
    void shouldRefuseOneStreamKeysBesideStreams() {
        List<Fault> faults = DemandReader.read(
                        annotations("streams", "…", "period", "1ms"), text -> List.of(Map.of("period", "1ms")))
                .faults();
        assertThat(faults)
                .singleElement()
                .satisfies(fault -> assertThat(fault.sentence())
                        .isEqualTo("latency-scheduler.io/period: '1ms' must be absent when"
                                + " latency-scheduler.io/streams is present"));
    }
}
