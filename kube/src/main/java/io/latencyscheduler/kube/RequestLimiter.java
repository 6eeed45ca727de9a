package io.latencyscheduler.kube;

import java.io.InterruptedIOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Bounds what one program asks of the API server: requests per second, requests in flight, and none at all while the
 * server has asked for a pause. Thread-safe; waiters are served in the order of their reservation.
 */
final class RequestLimiter {
    private final long intervalNs;
    private final long burstNs;
    private final Semaphore inFlight;
    private final LongSupplier nanoTime;

    /** Guarded by this: when the bucket will have been filled again, on the nanoTime scale. */
    private long fullAt;
    /** Guarded by this. */
    private long pausedUntil;

    RequestLimiter(double qps, int burst, int maxInFlight, LongSupplier nanoTime) {
        if (!(qps > 0) || burst < 1 || maxInFlight < 1) {
            throw new IllegalArgumentException("qps " + qps + " must be above 0, burst " + burst + " and in flight "
                    + maxInFlight + " at least 1");
        }
        this.intervalNs = (long) (TimeUnit.SECONDS.toNanos(1) / qps);
        this.burstNs = Math.multiplyExact(intervalNs, burst);
        this.inFlight = new Semaphore(maxInFlight, true);
        this.nanoTime = nanoTime;
        this.fullAt = nanoTime.getAsLong();
        this.pausedUntil = fullAt;
    }

    /** Waits for its turn; {@link #release} must follow. */
    void acquire() throws InterruptedIOException {
        try {
            inFlight.acquire();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting to send a request");
        }
        try {
            awaitUntil(reserve());
            awaitPause();
        } catch (InterruptedIOException interrupted) {
            inFlight.release();
            throw interrupted;
        }
    }

    void release() {
        inFlight.release();
    }

    /** Takes one token and says when it may be used. */
    synchronized long reserve() {
        long now = nanoTime.getAsLong();
        fullAt = (fullAt - now < 0 ? now : fullAt) + intervalNs;
        return fullAt - burstNs;
    }

    /** No request is sent for so long: the server said {@code Retry-After}. */
    synchronized void pause(long ns) {
        long until = nanoTime.getAsLong() + ns;
        if (until - pausedUntil > 0) {
            pausedUntil = until;
        }
    }

    private void awaitPause() throws InterruptedIOException {
        long until;
        synchronized (this) {
            until = pausedUntil;
        }
        awaitUntil(until);
    }

    private void awaitUntil(long deadline) throws InterruptedIOException {
        for (long left = deadline - nanoTime.getAsLong(); left > 0; left = deadline - nanoTime.getAsLong()) {
            LockSupport.parkNanos(this, left);
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted while waiting to send a request");
            }
        }
    }
}
