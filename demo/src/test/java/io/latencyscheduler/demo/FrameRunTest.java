package io.latencyscheduler.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.kube.Json;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameRunTest {
    @ParameterizedTest(name = "{6}")
    @CsvSource({
        "1000, 900, 60, 40, 960, 0, every frame is in one counter and every one sent arrived",
        "1000, 900, 60, 30, 960, 10, ten frames ended in no counter",
        "1000, 900, 60, 40, 955, 5, five frames were sent and did not arrive",
        "1000, 900, 60, 40, 965, 5, five more arrived than were sent",
        "1000, 900, 60, 30, 970, 20, two faults do not cancel out"
    })
    void shouldCountWhatIsUnaccounted(
            long talked, long sent, long late, long dropped, long received, long unaccounted, String name)
            throws IOException {
        Report.Frames frames = FrameRun.account(
                Json.tree("{\"sent\":" + talked + "}"),
                Json.tree("{\"received\":" + received + ",\"oneWayLatencyNs\":{\"p50\":1,\"p99\":2,\"max\":3}}"),
                Json.tree("{\"outcomes\":{\"sent\":7,\"sent_late\":0,\"dropped_late\":1}}"),
                Json.tree("{\"backend\":\"af_packet\",\"outcomes\":{\"sent\":" + (sent + 7) + ",\"sent_late\":" + late
                        + ",\"dropped_late\":" + (dropped + 1) + "}}"));
        assertThat(frames.unaccounted()).isEqualTo(unaccounted);
        assertThat(frames.inWindow()).isEqualTo(sent);
        assertThat(frames.late()).isEqualTo(late);
        assertThat(frames.byOutcome()).containsEntry("dropped_late", dropped);
    }
}
