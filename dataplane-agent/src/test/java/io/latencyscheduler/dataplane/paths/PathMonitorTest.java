package io.latencyscheduler.dataplane.paths;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeDataplane.MeasuredPath;
import io.latencyscheduler.contract.NodeDataplane.Method;
import io.latencyscheduler.contract.NodeDataplane.PathState;
import io.latencyscheduler.contract.Tier;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PathMonitorTest {
    private final FakeRunner runner = new FakeRunner();
    private List<Probe> plan = List.of(dpdk("a", "b"));
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final PathMonitor monitor = new PathMonitor(() -> plan, runner, () -> now);

    private static Probe dpdk(String from, String to) {
        return new Probe(Tier.DPDK, Method.LOOP, "", 100, Duration.ofSeconds(1), false, List.of(from, to));
    }

    /** Notes what is asked of it. */
    private static final class FakeRunner implements ProbeRunner {
        final List<String> calls = new ArrayList<>();
        final Map<String, Listener> listeners = new TreeMap<>();
        String refusal = "";

        @Override
        public Running start(Probe probe, Listener listener) throws IOException {
            String name = String.join("-", probe.arguments());
            calls.add("start " + name);
            if (!refusal.isEmpty()) {
                throw new IOException(refusal);
            }
            listeners.put(name, listener);
            return () -> calls.add("stop " + name);
        }

        void report(String name, long latencyNs) {
            listeners.get(name).reported(new ProbeReport(100, 0, Collections.nCopies(100, latencyNs)));
        }
    }

    @Test
    void shouldPublishWhatARunningProbeReports() {
        monitor.pass();
        monitor.pass();
        runner.report("a-b", 5_000);

        assertThat(runner.calls).containsExactly("start a-b");
        assertThat(monitor.problems()).isEmpty();
        assertThat(monitor.measured())
                .extracting(path -> path.latency().samples())
                .containsExactly(100L);
    }

    @Test
    void shouldGiveBackDevicesBeforeItTakesOthersAndGoOnWithTheSameMeasurement() {
        monitor.pass();
        runner.report("a-b", 5_000);
        plan = List.of(dpdk("c", "d"));
        monitor.pass();
        runner.report("c-d", 5_000);

        assertThat(runner.calls).containsExactly("start a-b", "stop a-b", "start c-d");
        assertThat(monitor.measured())
                .extracting(path -> path.latency().samples())
                .containsExactly(200L);
    }

    @Test
    void shouldKeepTheMeasurementOfAPathThatNobodyMeasuresUntilItIsOld() {
        monitor.pass();
        runner.report("a-b", 5_000);
        plan = List.of();
        monitor.pass();
        assertThat(runner.calls).containsExactly("start a-b", "stop a-b");
        assertThat(monitor.measured()).hasSize(1);

        now = now.plus(MeasuredPath.WINDOW).plusSeconds(1);
        assertThat(monitor.measured()).extracting(MeasuredPath::state).containsExactly(PathState.OLD);
        monitor.pass();

        assertThat(monitor.measured()).isEmpty();
    }

    @Test
    void shouldTryAgainAfterAGrowingPauseAndSayWhy() {
        monitor.pass();
        List<Long> pausesSeconds = new ArrayList<>();
        for (int failure = 0; failure < 8; failure++) {
            runner.listeners.get("a-b").ended("DPDK device 'a' has no link");
            Instant failedAt = now;
            int before = runner.calls.size();
            while (runner.calls.size() == before) {
                now = now.plusSeconds(1);
                monitor.pass();
            }
            pausesSeconds.add(Duration.between(failedAt, now).toSeconds());
        }

        assertThat(pausesSeconds).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L);
        assertThat(monitor.problems()).containsExactly("dpdk loop: DPDK device 'a' has no link");
    }

    @Test
    void shouldForgetThePauseAndTheProblemOnceAReportCame() {
        monitor.pass();
        runner.listeners.get("a-b").ended("broke");
        now = now.plusSeconds(1);
        monitor.pass();
        runner.report("a-b", 5_000);
        assertThat(monitor.problems()).isEmpty();

        runner.listeners.get("a-b").ended("broke");
        now = now.plusSeconds(1);
        monitor.pass();

        assertThat(runner.calls).containsExactly("start a-b", "start a-b", "start a-b");
    }

    @Test
    void shouldSayWhyAProbeCannotBeStarted() {
        runner.refusal = "the Open vSwitch database did not answer within 5 s";
        monitor.pass();

        assertThat(monitor.problems())
                .containsExactly("dpdk loop: the Open vSwitch database did not answer within 5 s");
    }
}
