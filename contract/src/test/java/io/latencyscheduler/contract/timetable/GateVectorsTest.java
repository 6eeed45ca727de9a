package io.latencyscheduler.contract.timetable;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gate core runs the same files. */
class GateVectorsTest {
    static Stream<Path> vectors() throws IOException, URISyntaxException {
        Path folder = Path.of(GateVectorsTest.class.getResource("/vectors").toURI());
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> vectors = files.filter(file -> file.toString().endsWith(".vector"))
                    .sorted()
                    .toList();
            assertThat(vectors).isNotEmpty();
            return vectors.stream();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("vectors")
    void shouldComputeWindowsGatesAndTransmissionsToTheNanosecond(Path file) {
        GateVector vector = GateVector.read(file);
        for (int i = 0; i < vector.streams.size(); i++) {
            WireSimulator.Stream stream = vector.streams.get(i);
            assertThat(stream.window().lengthNs())
                    .isEqualTo(vector.port.windowNs(vector.frameBytes.get(i), stream.trafficClass()));
        }
        GatePlan plan = new GatePlanner(vector.port, vector.limits, vector.lengthAware)
                .plan(vector.streams.stream()
                        .map(stream -> new GatedWindow(stream.window(), stream.trafficClass()))
                        .toList());
        assertThat(TaprioNotation.schedule(plan.list())).isEqualTo(vector.taprio);
        GateControlList list =
                TaprioNotation.read(vector.taprio).value().orElseThrow().list();
        assertThat(list).isEqualTo(plan.list());
        long untilNs = vector.sent.get(vector.sent.size() - 1).endNs();
        assertThat(new WireSimulator(vector.port, list).run(vector.frames, untilNs))
                .containsExactlyElementsOf(vector.sent);
    }
}
