package io.latencyscheduler.scheduler.kube;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Time as it passes: the wall clock at the start and the monotonic clock since, so that no step of the wall clock makes a
 * pod rest longer or shorter. {@link #instant} is thread-safe, {@link #wallStepped} belongs to one thread.
 */
final class SteadyClock implements InstantSource {
    /** Less is what NTP slews away in a while, and no age that anything is judged by. */
    private static final Duration STEP = Duration.ofSeconds(1);

    private final InstantSource wall;
    private final LongSupplier nanoTime;
    private final Instant start;
    private final long startNs;
    private Duration wallAhead = Duration.ZERO;

    SteadyClock(InstantSource wall, LongSupplier nanoTime) {
        this.wall = wall;
        this.nanoTime = nanoTime;
        this.start = wall.instant();
        this.startNs = nanoTime.getAsLong();
    }

    @Override
    public Instant instant() {
        return start.plusNanos(nanoTime.getAsLong() - startNs);
    }

    /** Whether the wall clock was set, or the machine slept, since this said so last. */
    boolean wallStepped() {
        Duration ahead = Duration.between(instant(), wall.instant());
        boolean stepped = ahead.minus(wallAhead).abs().compareTo(STEP) > 0;
        if (stepped) {
            wallAhead = ahead;
        }
        return stepped;
    }
}
