package io.latencyscheduler.charts;

import java.io.IOException;
import java.time.Duration;

/** Waits for what must come. The limit only ends a test that has failed. */
final class Await {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private Await() {}

    interface Condition {
        boolean holds() throws IOException;
    }

    interface Message {
        String text() throws IOException;
    }

    /** @param otherwise what is found instead when the time is over */
    static void until(String what, Condition condition, Message otherwise) throws IOException {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("waited in vain until " + what + "; " + otherwise.text());
            }
            try {
                Thread.sleep(PAUSE.toMillis());
            } catch (InterruptedException ending) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted");
            }
        }
    }
}
