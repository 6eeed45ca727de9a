package io.latencyscheduler.dataplane.perf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of tsn-perf, read by the library that defined its format. */
class TsnPerfHistogramTest {
    private static final String PROGRAM =
            Path.of("target/native/tsn-perf").toAbsolutePath().toString();
    private static final int FRAMES = 300;
    private static final Map<String, Double> PERCENTILES =
            Map.of("p50", 50.0, "p90", 90.0, "p99", 99.0, "p99.9", 99.9, "p99.99", 99.99);

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void shouldWriteWhatItPrintsAsALogOfWholeHistograms() throws Exception {
        int port = freePort();
        Process listener = start("listener", port, "--idle", "3s");
        awaitBound(port, listener);
        JsonNode talked = ended(start("talker", port, "-i", "500us"));
        JsonNode heard = ended(listener);

        Map<String, Histogram> byTalker = log("talker");
        assertSame(talked, byTalker, "wakeupLateNs");
        assertSame(talked, byTalker, "sendCallNs");
        assertThat(byTalker.get("sendCallNs").getTotalCount()).isEqualTo(FRAMES);

        Map<String, Histogram> byListener = log("listener");
        assertSame(heard, byListener, "oneWayLatencyNs");
        assertSame(heard, byListener, "arrivalErrorMagnitudeNs");
        Histogram whole = byListener.get("arrivalErrorNs.late").copy();
        whole.add(byListener.get("arrivalErrorNs.early"));
        assertThat(whole).isEqualTo(byListener.get("arrivalErrorMagnitudeNs"));
        assertThat(whole.getTotalCount()).isPositive();
    }

    private static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Process start(String role, int port, String... more) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(PROGRAM, role, "-a", "127.0.0.1", "-p", "" + port, "-n", "" + FRAMES, "--json"));
        command.addAll(List.of("--hlog", folder.resolve(role + ".hlog").toString()));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectOutput(folder.resolve(role + ".json").toFile())
                .redirectError(folder.resolve(role + ".err").toFile())
                .start();
        started.add(process);
        return process;
    }

    private static void awaitBound(int port, Process listener) throws IOException, InterruptedException {
        String entry = String.format(":%04X ", port);
        long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!Files.readString(Path.of("/proc/net/udp")).contains(entry)) {
            assertThat(listener.isAlive() && System.nanoTime() < until)
                    .as("the listener opens its port")
                    .isTrue();
            Thread.sleep(10);
        }
    }

    private JsonNode ended(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ends").isTrue();
        String role = started.indexOf(process) == 0 ? "listener" : "talker";
        assertThat(process.exitValue())
                .as(Files.readString(folder.resolve(role + ".err")))
                .isZero();
        return new ObjectMapper().readTree(folder.resolve(role + ".json").toFile());
    }

    private Map<String, Histogram> log(String role) throws IOException {
        Map<String, Histogram> histograms = new TreeMap<>();
        try (HistogramLogReader reader =
                new HistogramLogReader(folder.resolve(role + ".hlog").toFile())) {
            for (EncodableHistogram next; (next = reader.nextIntervalHistogram()) != null; ) {
                histograms.put(next.getTag(), (Histogram) next);
            }
        }
        return histograms;
    }

    private static void assertSame(JsonNode printed, Map<String, Histogram> log, String name) {
        Histogram logged = log.get(name);
        JsonNode summary = printed.get(name);
        assertThat(logged).as(name).isNotNull();
        assertThat(logged.getTotalCount())
                .as(name)
                .isEqualTo(summary.get("count").asLong());
        long max = summary.get("max").asLong();
        assertThat(logged.getMaxValue()).as(name + " max").isEqualTo(logged.highestEquivalentValue(max));
        PERCENTILES.forEach((key, percentile) -> assertThat(Math.min(logged.getValueAtPercentile(percentile), max))
                .as(name + " " + key)
                .isEqualTo(summary.get(key).asLong()));
    }
}
