package io.latencyscheduler.dataplane.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latencyscheduler.dataplane.engine.Engine.PodSpec;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.engine.EngineStats.PortStats;
import io.latencyscheduler.dataplane.engine.EngineStats.StreamStats;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The seam with the real library, which the build puts into {@code target/native}. */
class NativeCallsTest {
    @TempDir
    Path folder;

    @Test
    void shouldPassTheJvmsOwnChecksInEveryNativeCall() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xcheck:jni",
                        "-D" + NativeDataplane.LIBRARY_FOLDER_PROPERTY + "=" + NativeDataplane.libraryFolder(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        EveryNativeCall.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("every call made").doesNotContain("WARNING", "FATAL ERROR");
    }

    @Test
    void shouldReadTheCountersOfAnOpenPortFromTheSharedPage() {
        try (NativeCalls calls = NativeCalls.start(OptionalInt.of(37), "", false)) {
            assertThat(calls.stats().ports()).isEmpty();
            calls.openPort(EveryNativeCall.port("p0", "null"));

            List<PortStats> ports = calls.stats().ports();

            assertThat(ports).singleElement().satisfies(port -> {
                assertThat(port.name()).isEqualTo("p0");
                assertThat(port.offered()).isZero();
                assertThat(port.queued()).isZero();
                assertThat(port.outcomes())
                        .containsKeys("sent", "sent_late", "dropped_late", "gate_missed", "policed_rate", "flushed");
                assertThat(port.emission()).isNull();
            });
        }
    }

    @Test
    void shouldNameEachStreamOfAPodUntilThePodGoes() {
        try (NativeCalls calls = NativeCalls.start(OptionalInt.of(37), "", false)) {
            calls.openPort(EveryNativeCall.port("p0", "null"));
            calls.putPod(EveryNativeCall.pod(folder, 2, "p0"));

            List<StreamStats> streams = calls.stats().streams();

            assertThat(streams).extracting(StreamStats::name).containsExactly("s0", "s1");
            assertThat(streams).allSatisfy(stream -> {
                assertThat(stream.port()).isEqualTo("p0");
                assertThat(stream.podUid()).isEqualTo("pod-uid");
                assertThat(stream.offered()).isZero();
                assertThat(stream.queued()).isZero();
                assertThat(stream.outcomes()).containsEntry("sent", 0L).containsEntry("dropped_late", 0L);
                assertThat(stream.emission()).isNull();
            });
            calls.removePod("pod-uid");
            assertThat(calls.stats().streams()).isEmpty();
        }
    }

    @Test
    void shouldRefuseASourceAddressThatIsNone() {
        try (NativeCalls calls = NativeCalls.start(OptionalInt.of(37), "", false)) {
            PodSpec pod = new PodSpec("pod-uid", folder.resolve("tsn.sock").toString(), List.of(), List.of("02:00"));

            assertThatThrownBy(() -> calls.putPod(pod))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("'02:00'");
        }
    }

    @Test
    void shouldSayWhatWasWrongInOneSentence() {
        try (NativeCalls calls = NativeCalls.start(OptionalInt.of(37), "", false)) {
            assertThatThrownBy(() -> calls.openPort(EveryNativeCall.port("p0", "carrier-pigeon")))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("carrier-pigeon");
            assertThatThrownBy(() -> calls.putPod(EveryNativeCall.pod(folder, 1, "nowhere")))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("nowhere");
        }
    }

    @Test
    void shouldRefuseCallsAfterCloseInsteadOfReadingFreedMemory() {
        NativeCalls calls = NativeCalls.start(OptionalInt.of(37), "", false);
        calls.close();
        calls.close();

        assertThatThrownBy(calls::stats).isInstanceOf(EngineException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> calls.removePod("pod-uid"))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("closed");
    }
}
