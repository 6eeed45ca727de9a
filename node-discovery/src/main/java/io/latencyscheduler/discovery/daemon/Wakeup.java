package io.latencyscheduler.discovery.daemon;

import java.time.Duration;

/** Wakes one sleeping thread early. What calls while it is awake makes its next sleep short. Thread-safe. */
final class Wakeup {
    /** Guarded by this. */
    private boolean called;

    /** Ends the sleep, or the next one. */
    synchronized void call() {
        called = true;
        notifyAll();
    }

    /** Sleeps; true when called before the time was over. */
    synchronized boolean sleep(Duration atMost) throws InterruptedException {
        long deadlineNs = System.nanoTime() + atMost.toNanos();
        while (!called) {
            long leftMs = (deadlineNs - System.nanoTime() + 999_999) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        called = false;
        return true;
    }
}
