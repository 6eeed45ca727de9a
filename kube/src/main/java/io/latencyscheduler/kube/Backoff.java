package io.latencyscheduler.kube;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential waits with jitter: each is drawn from half to the whole of a step that doubles up to a limit, so that many
 * clients of a recovering server do not come back together. Not thread-safe.
 */
public final class Backoff {
    private final long firstMs;
    private final long limitMs;
    private final RandomGenerator random;
    private long stepMs;

    public Backoff(Duration first, Duration limit, RandomGenerator random) {
        this.firstMs = first.toMillis();
        this.limitMs = limit.toMillis();
        this.random = random;
        this.stepMs = firstMs;
    }

    /** The next wait. */
    public Duration next() {
        long wait = stepMs / 2 + random.nextLong(stepMs - stepMs / 2 + 1);
        stepMs = Math.min(limitMs, stepMs * 2);
        return Duration.ofMillis(wait);
    }

    /** It went well: the next wait is short again. */
    public void reset() {
        stepMs = firstMs;
    }
}
