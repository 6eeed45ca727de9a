package io.latencyscheduler.discovery.daemon;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait between scans. Thousands of nodes that start together must not stay together: every wait differs by up
 * to a tenth, and after failures waits grow up to ten minutes.
 */
final class Pace {
    /** Stored objects are read again at least so often, in case somebody changed them. */
    static final Duration VERIFY = Duration.ofMinutes(5);

    /** Hot-plug events come in bursts: one scan for all that arrive within this time. */
    static final Duration SETTLE = Duration.ofSeconds(1);

    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(2);

    private final Duration interval;
    private final RandomGenerator random;
    private int failures;

    Pace(Duration interval, RandomGenerator random) {
        this.interval = interval;
        this.random = random;
    }

    /** The wait after a publication. */
    Duration afterwards(boolean succeeded) {
        if (succeeded) {
            failures = 0;
            return jittered(interval);
        }
        failures = Math.min(failures + 1, 16);
        Duration retry = FIRST_RETRY.multipliedBy(1L << (failures - 1));
        return jittered(retry.compareTo(LONGEST) < 0 ? retry : LONGEST);
    }

    /** A wait before stored objects are verified. */
    Duration untilVerification() {
        return jittered(VERIFY);
    }

    private Duration jittered(Duration wait) {
        long ns = wait.toNanos();
        return Duration.ofNanos(ns - ns / 10 + (long) (random.nextDouble() * (ns / 5.0)));
    }
}
