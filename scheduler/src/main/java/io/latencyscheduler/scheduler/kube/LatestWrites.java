package io.latencyscheduler.scheduler.kube;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes in the background of which only the newest for each object matters: one that waits is replaced by the next, two
 * for one object never run at once, and one that fails is tried again, after waits that double from 1 s to 30 s, unless it
 * was replaced. Bounded: under overload new objects are turned away. Thread-safe.
 */
final class LatestWrites implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LatestWrites.class);
    private static final int MAX_OBJECTS = 20_000;
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    /** No number of failures makes it give up. */
    static final int UNTIL_DONE = Integer.MAX_VALUE;

    /** A write to the API server. */
    interface Write {
        void run() throws IOException;
    }

    private static final class Slot {
        @Nullable
        Write waiting;

        boolean running;
    }

    private final String name;
    private final int attempts;
    private final ScheduledExecutorService workers;
    /** Guarded by this. */
    private final Map<String, Slot> slots = new HashMap<>();

    private final AtomicLong dropped = new AtomicLong();

    /**
     * @param attempts of one write, at least 1
     */
    LatestWrites(String name, int threads, int attempts) {
        this.name = name;
        this.attempts = attempts;
        AtomicInteger number = new AtomicInteger();
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(threads, task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        pool.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.workers = pool;
    }

    /** Writes after the delay, or what came in its place meanwhile; false when there is no room for one more object. */
    boolean put(String key, Duration delay, Write write) {
        synchronized (this) {
            Slot slot = slots.get(key);
            if (slot != null) {
                slot.waiting = write;
                return true;
            }
            if (slots.size() >= MAX_OBJECTS) {
                dropped.incrementAndGet();
                return false;
            }
            slot = new Slot();
            slot.waiting = write;
            slots.put(key, slot);
        }
        schedule(key, delay, 1);
        return true;
    }

    /** What waits for the object is no longer wanted. */
    synchronized void discard(String key) {
        Slot slot = slots.get(key);
        if (slot != null) {
            slot.waiting = null;
        }
    }

    /** Writes that never happened, for want of room or after too many failures. */
    long dropped() {
        return dropped.get();
    }

    synchronized int size() {
        return slots.size();
    }

    private void schedule(String key, Duration delay, int attempt) {
        if (!workers.isShutdown()) {
            workers.schedule(() -> run(key, attempt), delay.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void run(String key, int attempt) {
        Write write;
        synchronized (this) {
            Slot slot = slots.get(key);
            write = slot == null ? null : slot.waiting;
            if (slot == null || write == null) {
                slots.remove(key);
                return;
            }
            slot.waiting = null;
            slot.running = true;
        }
        boolean failed = false;
        try {
            write.run();
        } catch (IOException failure) {
            failed = true;
            LOG.debug("{} for {} failed, attempt {}: {}", name, key, attempt, failure.toString());
        } catch (RuntimeException broke) {
            LOG.error("{} for {} broke", name, key, broke);
        }
        finished(key, write, failed, attempt);
    }

    private void finished(String key, Write write, boolean failed, int attempt) {
        boolean again;
        boolean newer;
        synchronized (this) {
            Slot slot = slots.get(key);
            if (slot == null) {
                return;
            }
            slot.running = false;
            newer = slot.waiting != null;
            again = failed && !newer && attempt < attempts;
            if (again) {
                slot.waiting = write;
            } else if (!newer) {
                slots.remove(key);
                if (failed) {
                    dropped.incrementAndGet();
                    LOG.warn("{} for {} was given up after {} attempts", name, key, attempt);
                }
            }
        }
        if (newer) {
            schedule(key, Duration.ZERO, 1);
        } else if (again) {
            schedule(key, waitAfter(attempt), attempt + 1);
        }
    }

    static Duration waitAfter(int attempt) {
        Duration doubled = RETRY.multipliedBy(1L << Math.min(attempt - 1, 10));
        return doubled.compareTo(LONGEST_RETRY) < 0 ? doubled : LONGEST_RETRY;
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
