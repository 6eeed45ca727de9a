package io.latencyscheduler.scheduler.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.contract.timetable.TaprioNotation;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TimetableCommandTest {
    private static final String PORT = "port: {name: uplink0, linkRate: 1gbit, guard: 1us}\n";
    private static final String PLC = "- {name: plc%d, period: 1ms, deadline: 250us, frameBytes: 1522}\n";

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String yaml, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve("line.yaml"), yaml);
        return Commands.run(
                Stream.concat(Stream.of("timetable", file.toString()), Stream.of(options))
                        .toList(),
                new PrintWriter(out),
                new PrintWriter(err));
    }

    private static String plcs(int count) {
        StringBuilder yaml = new StringBuilder(PORT).append("streams:\n");
        for (int i = 0; i < count; i++) {
            yaml.append(PLC.formatted(i));
        }
        return yaml.toString();
    }

    @Test
    void shouldPlaceEighteenPlcStreamsAndSayWhyTheNineteenthDoesNotFit() throws IOException {
        assertThat(run(plcs(19))).isEqualTo(1);
        assertThat(out.toString())
                .contains("port uplink0: 18 of 19 streams fit, 24.0% of its time is held")
                .contains("stream plc18 on port uplink0: every offset that meets its deadline of 250µs collides")
                .contains("a deadline of 263336ns would fit")
                .contains("gate control list, exact:\nbase-time 0\ncycle-time 1000000\nsched-entry S ");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void shouldPrintTheSameAsATree() throws IOException {
        assertThat(run(plcs(19), "-o", "json")).isEqualTo(1);
        JsonNode tree = Json.tree(out.toString());
        assertThat(tree.at("/streams")).hasSize(18);
        assertThat(tree.at("/streams/0/windowNs").asLong()).isEqualTo(13_336);
        assertThat(tree.at("/refused/0/code").asText()).isEqualTo("NO_FREE_WINDOW");
        assertThat(tree.at("/refused/0/nearestDeadlineNs").asLong()).isEqualTo(263_336);
    }

    @Test
    void shouldPrintTheCommandThatInstallsTheList() throws IOException {
        assertThat(run(plcs(2), "--output", "tc")).isZero();
        TaprioNotation notation = TaprioNotation.read(out.toString()).value().orElseThrow();
        assertThat(notation.device()).isEqualTo("uplink0");
        assertThat(notation.list().entries()).contains(GateControlList.Entry.set(0x80, 26_672));
    }

    @Test
    void shouldDrawAPicture() throws Exception {
        Path svg = folder.resolve("line.svg");
        assertThat(run(plcs(3), "--svg", svg.toString())).isZero();
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.toFile());
        assertThat(svg).content().contains("plc2").contains("gate of class 7");
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of("a list instead of a map", "[]", List.of("file: '[]' must be a map with port, streams")),
                Arguments.of("text that is no YAML", "port: [", List.of("not YAML or JSON")),
                Arguments.of(
                        "an unknown link rate",
                        "port: {name: a}\nstreams:\n" + PLC.formatted(0),
                        List.of("port.linkRate: '' must be bits per second")),
                Arguments.of(
                        "every fault at once",
                        "port: {linkRate: fast, gard: 1us}\nstreams:\n- {period: 1.5ms}\n",
                        List.of(
                                "port: 'gard' must be one of",
                                "port.linkRate: 'fast' must be",
                                "streams[0].period: '1.5ms' must be an integer of microseconds")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void shouldReportWhatIsWrongWithTheFile(String name, String yaml, List<String> sentences) throws IOException {
        assertThat(run(yaml)).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines()).hasSize(sentences.size());
        sentences.forEach(sentence -> assertThat(err.toString()).contains(sentence));
    }

    @Test
    void shouldSayThatAFileIsMissing() {
        int code = Commands.run(List.of("timetable", "/nowhere/line.yaml"), new PrintWriter(out), new PrintWriter(err));
        assertThat(code).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("timetable: /nowhere/line.yaml: no such file\n");
    }

    @Test
    void shouldHandleSubcommandsAndNothingElse() {
        assertThat(Commands.handle(List.of("timetable", "--help"))).isTrue();
        assertThat(Commands.handle(List.of())).isFalse();
        assertThat(Commands.handle(List.of("--latency-scheduler.name=x"))).isFalse();
    }
}
