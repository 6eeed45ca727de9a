package io.latencyscheduler.charts;

import java.io.IOException;
import java.time.Duration;

/** Waits for what must come. The limit only ends a test that has failed. */
final class Await {
    /** Seconds; less where failures are what is looked for. */
    private static final String PATIENCE = "latency-scheduler.test.patience";

    private static final Duration LIMIT = Duration.ofSeconds(Integer.getInteger(PATIENCE, 300));
    private static final Duration PAUSE = Duration.ofMillis(100);

    private Await() {}

    /** How long what must come may take. */
    static Duration limit() {
        return LIMIT;
    }

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
