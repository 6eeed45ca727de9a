package io.latencyscheduler.scheduler.trace;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The last decision on each of the most recently decided pods. Thread-safe: the web asks while the scheduler writes. */
public final class DecisionLog {
    private final int capacity;
    private final Map<String, Decision> byKey; // guarded by this

    /** Keeps so many, from 1. */
    public DecisionLog(int capacity) {
        this.capacity = capacity;
        this.byKey = new LinkedHashMap<>();
    }

    public synchronized void add(Decision decision) {
        String key = decision.pod().key();
        byKey.remove(key);
        byKey.put(key, decision);
        if (byKey.size() > capacity) {
            byKey.remove(byKey.keySet().iterator().next());
        }
    }

    /** The most recent ones, newest first, as many as asked for. */
    public synchronized List<Decision> recent(int count) {
        List<Decision> all = new ArrayList<>(byKey.values());
        Collections.reverse(all);
        return List.copyOf(all.subList(0, Math.min(count, all.size())));
    }

    /** By {@code namespace/name}. */
    public synchronized Optional<Decision> find(String podKey) {
        return Optional.ofNullable(byKey.get(podKey));
    }
}
