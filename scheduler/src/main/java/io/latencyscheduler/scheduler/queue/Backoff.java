package io.latencyscheduler.scheduler.queue;

import java.time.Duration;

/**
 * How long a pod rests after a failed attempt: doubled from {@code initial} with each attempt, up to {@code max}.
 *
 * @param initial above 0
 * @param max at least {@code initial}
 */
public record Backoff(Duration initial, Duration max) {
    /** kube-scheduler's: 1 s to 10 s. */
    public static final Backoff DEFAULT = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10));

    public Backoff {
        if (initial.isNegative() || initial.isZero() || max.compareTo(initial) < 0) {
            throw new IllegalArgumentException("backoff from " + initial + " to " + max + " is none");
        }
    }

    /** After so many attempts, from 1. */
    public Duration after(int attempts) {
        Duration rest = initial;
        for (int i = 1; i < attempts && rest.compareTo(max) < 0; i++) {
            rest = rest.multipliedBy(2);
        }
        return rest.compareTo(max) < 0 ? rest : max;
    }
}
