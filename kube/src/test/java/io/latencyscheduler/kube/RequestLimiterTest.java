package io.latencyscheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RequestLimiterTest {
    private long now = 1_000_000;
    private final RequestLimiter limiter = new RequestLimiter(10, 3, 8, () -> now);

    @Test
    void shouldLetABurstPassAndThenOneInEachInterval() {
        for (int i = 0; i < 3; i++) {
            assertThat(limiter.reserve()).isLessThanOrEqualTo(now);
        }
        assertThat(limiter.reserve() - now).isEqualTo(100_000_000);
        assertThat(limiter.reserve() - now).isEqualTo(200_000_000);
    }

    @Test
    void shouldNotSaveUpMoreThanTheBurst() {
        limiter.reserve();
        now += 3_600_000_000_000L;

        for (int i = 0; i < 3; i++) {
            assertThat(limiter.reserve()).isLessThanOrEqualTo(now);
        }
        assertThat(limiter.reserve()).isGreaterThan(now);
    }

    @Test
    void shouldRefuseLimitsThatLetNothingPass() {
        assertThatThrownBy(() -> new RequestLimiter(0, 1, 1, () -> now)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RequestLimiter(1, 0, 1, () -> now)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RequestLimiter(1, 1, 0, () -> now)).isInstanceOf(IllegalArgumentException.class);
    }
}
