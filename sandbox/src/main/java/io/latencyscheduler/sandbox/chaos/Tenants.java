package io.latencyscheduler.sandbox.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.api.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * Users and kubelets in one: keeps so many pods waiting, and lets a pod that was bound run for a moment and end, by
 * success or by deletion. Thread-safe.
 */
final class Tenants implements AutoCloseable {
    private static final String PODS = "/api/v1/namespaces/default/pods";
    private static final String PREFIX = "tenant-";
    private static final long RETRY_MS = 200;

    private final PlainClient api;
    private final int keepWaiting;
    private final int longestRunMs;
    /** Guarded by this. */
    private final Random random;
    /** From a name and a random source to a manifest in YAML. */
    private final BiFunction<String, Random, String> manifest;

    private final ScheduledThreadPoolExecutor workers = new ScheduledThreadPoolExecutor(4, task -> {
        Thread thread = new Thread(task, "tenants");
        thread.setDaemon(true);
        return thread;
    });
    /** When each pod began to wait, by name; guarded by this. */
    private final Map<String, Long> waitingSinceNs = new LinkedHashMap<>();
    /** Pods that run or are being ended; guarded by this. */
    private final Set<String> running = new HashSet<>();
    /** Guarded by this. */
    private boolean creating;
    /** Guarded by this. */
    private int created;
    /** Guarded by this. */
    private int placed;
    /** Guarded by this. */
    private long longestWaitNs;

    /**
     * @param keepWaiting pods that wait at any time
     * @param longestRunMs how long a pod runs at most
     */
    Tenants(
            PlainClient api,
            int keepWaiting,
            int longestRunMs,
            Random random,
            BiFunction<String, Random, String> manifest) {
        this.api = api;
        this.keepWaiting = keepWaiting;
        this.longestRunMs = longestRunMs;
        this.random = random;
        this.manifest = manifest;
    }

    /** New pods come, or do not. */
    synchronized void setCreating(boolean creating) {
        this.creating = creating;
        fill();
    }

    private synchronized void fill() {
        while (creating && waitingSinceNs.size() < keepWaiting) {
            String name = PREFIX + ++created;
            String yaml = manifest.apply(name, random);
            waitingSinceNs.put(name, System.nanoTime());
            untilDone(() -> api.create(PODS, yaml));
        }
    }

    /** A pod appeared or changed. */
    void changed(JsonNode pod) {
        String name = Json.text(pod, "/metadata/name");
        if (!name.startsWith(PREFIX) || Json.text(pod, "/spec/nodeName").isEmpty()) {
            return;
        }
        boolean succeeds;
        long runsMs;
        synchronized (this) {
            Long since = waitingSinceNs.remove(name);
            if (since == null || !running.add(name)) {
                return;
            }
            placed++;
            longestWaitNs = Math.max(longestWaitNs, System.nanoTime() - since);
            succeeds = random.nextBoolean();
            runsMs = random.nextInt(longestRunMs);
            notifyAll();
        }
        workers.schedule(() -> end(name, succeeds), runsMs, TimeUnit.MILLISECONDS);
        fill();
    }

    /** A pod was deleted, by us or by who evicted it. */
    synchronized void deleted(JsonNode pod) {
        String name = Json.text(pod, "/metadata/name");
        waitingSinceNs.remove(name);
        running.remove(name);
        notifyAll();
    }

    private void end(String name, boolean succeeds) {
        untilDone(() -> {
            if (succeeds) {
                try {
                    api.patch(
                            PODS + "/" + name + "/status", PlainClient.STRATEGIC_PATCH, "{status: {phase: Succeeded}}");
                } catch (PlainClient.Refused refused) {
                    if (refused.status() != 404) {
                        throw refused;
                    }
                }
            }
            api.delete(PODS + "/" + name);
        });
    }

    private interface Step {
        void run() throws IOException;
    }

    private void untilDone(Step step) {
        if (workers.isShutdown()) {
            return;
        }
        workers.execute(() -> {
            try {
                step.run();
            } catch (IOException again) {
                if (!workers.isShutdown()) {
                    workers.schedule(() -> untilDone(step), RETRY_MS, TimeUnit.MILLISECONDS);
                }
            }
        });
    }

    /** Pods placed so far. */
    synchronized int placed() {
        return placed;
    }

    /** The longest that a pod waited since {@link #resetLongestWait}; pods that still wait count with what they waited. */
    synchronized long longestWaitNs() {
        long now = System.nanoTime();
        return waitingSinceNs.values().stream().mapToLong(since -> now - since).reduce(longestWaitNs, Math::max);
    }

    synchronized void resetLongestWait() {
        longestWaitNs = 0;
    }

    /** Waits until so many pods were placed in all; whether that came to pass. */
    synchronized boolean awaitPlaced(int count, long patienceNs) throws InterruptedException {
        long deadline = System.nanoTime() + patienceNs;
        while (placed < count && System.nanoTime() - deadline < 0) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline - System.nanoTime()));
        }
        return placed >= count;
    }

    /** Waits until no pod waits or runs; the names of those that still wait when patience ends. */
    synchronized List<String> awaitNoneWaiting(long patienceNs) throws InterruptedException {
        long deadline = System.nanoTime() + patienceNs;
        while (!(waitingSinceNs.isEmpty() && running.isEmpty()) && System.nanoTime() - deadline < 0) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline - System.nanoTime()));
        }
        return new ArrayList<>(waitingSinceNs.keySet());
    }

    @Override
    public void close() {
        ((ScheduledExecutorService) workers).shutdownNow();
    }
}
