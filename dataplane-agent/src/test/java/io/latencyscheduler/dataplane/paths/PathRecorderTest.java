package io.latencyscheduler.dataplane.paths;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeDataplane.MeasuredPath;
import io.latencyscheduler.contract.NodeDataplane.Method;
import io.latencyscheduler.contract.NodeDataplane.PathState;
import io.latencyscheduler.contract.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class PathRecorderTest {
    private static final Probe PROBE =
            new Probe(Tier.OVS_DPDK, Method.LOOP, "", 100, Duration.ofSeconds(1), true, List.of());
    private static final Percentage THREE_DIGITS = Percentage.withPercentage(0.1);

    private final PathRecorder recorder = new PathRecorder(PROBE);
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    private void second(long latencyNs) {
        recorder.record(new ProbeReport(100, 0, Collections.nCopies(100, latencyNs)), now);
        now = now.plusSeconds(1);
    }

    private MeasuredPath measured() {
        MeasuredPath measured = recorder.measured(now);
        assertThat(measured).isNotNull();
        return measured;
    }

    @Test
    void shouldKnowNothingBeforeTheFirstProbe() {
        recorder.record(new ProbeReport(0, 0, List.of()), now);

        assertThat(recorder.measured(now)).isNull();
    }

    @Test
    void shouldTellTheQuantilesOfWhatItWasGiven() {
        List<Long> latencies = new ArrayList<>();
        for (long microseconds = 1; microseconds <= 10_000; microseconds++) {
            latencies.add(microseconds * 1_000);
        }
        recorder.record(new ProbeReport(10_000, 0, latencies), now);

        MeasuredPath path = measured();
        assertThat(path.tier()).isEqualTo(Tier.OVS_DPDK);
        assertThat(path.state()).isEqualTo(PathState.USABLE);
        assertThat(path.latency().samples()).isEqualTo(10_000);
        assertThat((double) path.latency().p50Ns()).isCloseTo(5_000_000, THREE_DIGITS);
        assertThat((double) path.latency().p99Ns()).isCloseTo(9_900_000, THREE_DIGITS);
        assertThat((double) path.latency().p999Ns()).isCloseTo(9_990_000, THREE_DIGITS);
        assertThat((double) path.latency().maxNs()).isCloseTo(10_000_000, THREE_DIGITS);
    }

    @Test
    void shouldMarkTooFewSamplesUntilThereAreTenThousand() {
        for (int i = 0; i < 99; i++) {
            second(50_000);
        }
        assertThat(measured().state()).isEqualTo(PathState.TOO_FEW_SAMPLES);

        second(50_000);

        assertThat(measured().state()).isEqualTo(PathState.USABLE);
    }

    @Test
    void shouldForgetWhatIsOlderThanTheWindow() {
        second(9_000_000);
        for (int i = 0; i < 340; i++) {
            second(60_000);
        }

        assertThat((double) measured().latency().maxNs()).isCloseTo(60_000, THREE_DIGITS);
        assertThat(measured().latency().samples()).isBetween(30_000L, 33_000L);
    }

    @Test
    void shouldKeepTheNumbersOfAPathThatGrewOldAndSaySo() {
        for (int i = 0; i < 100; i++) {
            second(60_000);
        }
        Instant lastProbe = now.minusSeconds(1);
        now = lastProbe.plus(MeasuredPath.WINDOW);
        assertThat(measured().state()).isEqualTo(PathState.USABLE);

        now = now.plusNanos(1);

        assertThat(measured().state()).isEqualTo(PathState.OLD);
        assertThat(measured().measuredAt()).isEqualTo(lastProbe);
        assertThat((double) measured().latency().p999Ns()).isCloseTo(60_000, THREE_DIGITS);
    }

    @Test
    void shouldBeginAnewAfterALongSilence() {
        second(9_000_000);
        now = now.plus(Duration.ofHours(1));
        second(60_000);

        assertThat(measured().latency().samples()).isEqualTo(100);
        assertThat(measured().state()).isEqualTo(PathState.TOO_FEW_SAMPLES);
    }

    @Test
    void shouldCountALostProbeAsOneThatTookTheTimeout() {
        for (int i = 0; i < 100; i++) {
            second(60_000);
        }
        recorder.record(new ProbeReport(1, 1, List.of()), now);

        assertThat(measured().lost()).isEqualTo(1);
        assertThat(measured().latency().samples()).isEqualTo(10_001);
        // One second of outage in 101 s: the hundred probes that were due in it count too.
        assertThat(measured().latency().p999Ns()).isGreaterThan(850_000_000L);
        assertThat((double) measured().latency().maxNs()).isCloseTo(1e9, THREE_DIGITS);
    }

    @Test
    void shouldNotHideAStallBehindTheProbesThatWaitedForIt() {
        for (int i = 0; i < 100; i++) {
            second(60_000);
        }
        recorder.record(new ProbeReport(1, 0, List.of(500_000_000L)), now);

        // Of 10,051 probes due, 51 met the stall; one alone would leave the p99.9 at 60 µs.
        assertThat(measured().latency().p999Ns()).isGreaterThan(300_000_000L);
        assertThat(measured().latency().samples()).isEqualTo(10_001);
    }
}
