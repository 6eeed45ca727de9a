package io.latencyscheduler.scheduler.kube;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The wall clock without its steps back: where the wall clock was set back, time passes at half speed until both agree
 * again. Steps forward are followed. Thread-safe.
 */
final class SteadyClock implements InstantSource {
    private final InstantSource wall;
    private final LongSupplier nanoTime;
    /** Guarded by this. */
    private Instant last;
    /** Guarded by this. */
    private long lastNs;

    SteadyClock(InstantSource wall, LongSupplier nanoTime) {
        this.wall = wall;
        this.nanoTime = nanoTime;
        this.last = wall.instant();
        this.lastNs = nanoTime.getAsLong();
    }

    @Override
    public synchronized Instant instant() {
        long now = nanoTime.getAsLong();
        Duration passed = Duration.ofNanos(now - lastNs);
        lastNs = now;
        Instant said = wall.instant();
        last = said.isBefore(last) ? last.plus(passed.dividedBy(2)) : said;
        return last;
    }
}
