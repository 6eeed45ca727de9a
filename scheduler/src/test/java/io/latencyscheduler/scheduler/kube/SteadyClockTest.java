package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
    private final FakeClock wall = new FakeClock();
    private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 5);
    private final SteadyClock clock = new SteadyClock(wall, nanoTime::get);
    private Instant before = Instant.MIN;

    @BeforeEach
    void shouldBeginWithTheWallClock() {
        assertThat(clock.instant()).isEqualTo(FakeClock.START);
        assertThat(clock.wallStepped()).isFalse();
    }

    private void pass(Duration time) {
        nanoTime.addAndGet(time.toNanos());
        wall.advance(time);
        assertThat(clock.instant()).isAfterOrEqualTo(before);
        before = clock.instant();
    }

    @Test
    void shouldFollowNoStepOfTheWallClock() {
        pass(Duration.ofSeconds(10));
        wall.advance(Duration.ofHours(1));
        pass(Duration.ofSeconds(1));
        wall.advance(Duration.ofHours(-2));
        pass(Duration.ofSeconds(1));

        assertThat(clock.instant()).isEqualTo(FakeClock.START.plusSeconds(12));
    }

    @Test
    void shouldTellOfEachStepOnce() {
        wall.advance(Duration.ofSeconds(2));
        assertThat(clock.wallStepped()).isTrue();
        pass(Duration.ofSeconds(100));
        assertThat(clock.wallStepped()).isFalse();
        wall.advance(Duration.ofSeconds(-2));
        assertThat(clock.wallStepped()).isTrue();
        assertThat(clock.wallStepped()).isFalse();
    }

    @Test
    void shouldNotTakeWhatIsSlewedForAStep() {
        for (int i = 0; i < 10; i++) {
            wall.advance(Duration.ofMillis(90));
            assertThat(clock.wallStepped()).isFalse();
        }
    }
}
