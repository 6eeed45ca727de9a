package io.latencyscheduler.sandbox.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.sandbox.api.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
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
 * success or by deletion. On a node whose agent hands devices over, a pod with devices runs once the agent serves it. Thread-safe.
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
    /** Where pods that were given something run once {@link #served} says so; others run as soon as they are bound. */
    private final Set<String> nodesWithAgent;

    private final Uses uses;

    private final ScheduledThreadPoolExecutor workers = new ScheduledThreadPoolExecutor(4, task -> {
        Thread thread = new Thread(task, "tenants");
        thread.setDaemon(true);
        return thread;
    });
    /** Names by UID of the pods that are in the API server as far as one was told; guarded by this. */
    private final Map<String, String> seen = new HashMap<>();
    /** When each pod began to wait, by name; guarded by this. */
    private final Map<String, Long> waitingSinceNs = new LinkedHashMap<>();
    /** Pods that are bound and not gone; guarded by this. */
    private final Set<String> running = new HashSet<>();
    /** Names by UID of the bound pods that the agent does not serve yet; guarded by this. */
    private final Map<String, String> unserved = new LinkedHashMap<>();
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
     * @param nodesWithAgent where pods wait for {@link #served}
     * @param uses told when a pod on such a node begins and ends to run
     */
    Tenants(
            PlainClient api,
            int keepWaiting,
            int longestRunMs,
            Random random,
            BiFunction<String, Random, String> manifest,
            Set<String> nodesWithAgent,
            Uses uses) {
        this.api = api;
        this.keepWaiting = keepWaiting;
        this.longestRunMs = longestRunMs;
        this.random = random;
        this.manifest = manifest;
        this.nodesWithAgent = nodesWithAgent;
        this.uses = uses;
    }

    /** From when until when a pod runs. */
    interface Uses {
        void begun(String podUid);

        /** Told before the pod is ended in the API server. */
        void ended(String podUid);
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
        if (!name.startsWith(PREFIX)) {
            return;
        }
        String uid = Json.text(pod, "/metadata/uid");
        synchronized (this) {
            seen.put(uid, name);
        }
        if (Json.text(pod, "/spec/nodeName").isEmpty()) {
            return;
        }
        boolean evicted = !Json.text(pod, "/metadata/deletionTimestamp").isEmpty();
        boolean handedOver = nodesWithAgent.contains(Json.text(pod, "/spec/nodeName"))
                && pod.path("metadata").path("annotations").has(Keys.ALLOCATION);
        boolean never;
        synchronized (this) {
            Long since = waitingSinceNs.remove(name);
            // Made twice: the first answer was lost, and the first pod gone when it was tried again.
            never = since == null && !running.contains(name);
            if (since != null && running.add(name)) {
                placed++;
                longestWaitNs = Math.max(longestWaitNs, System.nanoTime() - since);
                unserved.put(uid, name);
                notifyAll();
            }
            never |= evicted && unserved.remove(uid) != null;
        }
        if (never) {
            untilDone(() -> api.delete(PODS + "/" + name));
        } else if (!handedOver) {
            begin(uid, false);
        }
        fill();
    }

    /** These pods have their devices now; those of them that were bound begin to run. */
    void served(Set<String> uids) {
        uids.forEach(uid -> begin(uid, true));
    }

    private void begin(String uid, boolean handedOver) {
        boolean succeeds;
        long runsMs;
        String name;
        synchronized (this) {
            name = unserved.remove(uid);
            succeeds = random.nextBoolean();
            runsMs = random.nextInt(longestRunMs);
        }
        if (name == null) {
            return;
        }
        if (handedOver) {
            uses.begun(uid);
        }
        workers.schedule(
                () -> {
                    if (handedOver) {
                        uses.ended(uid);
                    }
                    end(name, succeeds);
                },
                runsMs,
                TimeUnit.MILLISECONDS);
    }

    /** A pod was deleted, by us or by who evicted it. */
    synchronized void deleted(JsonNode pod) {
        String name = Json.text(pod, "/metadata/name");
        seen.remove(Json.text(pod, "/metadata/uid"));
        waitingSinceNs.remove(name);
        running.remove(name);
        unserved.remove(Json.text(pod, "/metadata/uid"));
        notifyAll();
    }

    /** All pods there are, after changes may have been missed: those that were seen and are not among them are gone. */
    void relisted(Collection<JsonNode> pods) {
        Set<String> present = new HashSet<>();
        pods.forEach(pod -> present.add(Json.text(pod, "/metadata/uid")));
        List<String> gone;
        synchronized (this) {
            gone = seen.entrySet().stream()
                    .filter(entry -> !present.contains(entry.getKey()))
                    .map(Map.Entry::getValue)
                    .toList();
            seen.keySet().retainAll(present);
            unserved.keySet().retainAll(present);
            gone.forEach(waitingSinceNs::remove);
            gone.forEach(running::remove);
            notifyAll();
        }
        pods.forEach(this::changed);
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

    /** Waits until no pod waits or runs; those that still do when patience ends, as one says it. */
    synchronized List<String> awaitNoneLeft(long patienceNs) throws InterruptedException {
        long deadline = System.nanoTime() + patienceNs;
        while (!(waitingSinceNs.isEmpty() && running.isEmpty()) && System.nanoTime() - deadline < 0) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline - System.nanoTime()));
        }
        List<String> left = new ArrayList<>(waitingSinceNs.keySet());
        running.forEach(name -> left.add(
                name + (unserved.containsValue(name) ? " (bound, and never served)" : " (bound, and not gone)")));
        return left;
    }

    @Override
    public void close() {
        ((ScheduledExecutorService) workers).shutdownNow();
    }
}
