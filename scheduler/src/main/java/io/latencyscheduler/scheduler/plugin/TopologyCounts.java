package io.latencyscheduler.scheduler.plugin;

import java.util.HashMap;
import java.util.Map;

/** A number per value of a node label, for several labels. */
final class TopologyCounts {
    private final Map<String, Map<String, Long>> byKey = new HashMap<>();

    /** Adds to the number of the value that the labels have for the key; without the key, nothing. */
    void add(String key, Map<String, String> nodeLabels, long amount) {
        String value = nodeLabels.get(key);
        if (value != null) {
            Map<String, Long> values = byKey.computeIfAbsent(key, unused -> new HashMap<>());
            if (values.merge(value, amount, Long::sum) == 0) {
                values.remove(value);
            }
        }
    }

    /** The number for the value that the labels have; 0 without one. */
    long get(String key, Map<String, String> nodeLabels) {
        Map<String, Long> values = byKey.get(key);
        String value = values == null ? null : nodeLabels.get(key);
        return value == null || values == null ? 0 : values.getOrDefault(value, 0L);
    }

    /** The sum over all keys. */
    long sum(Map<String, String> nodeLabels) {
        long sum = 0;
        for (Map.Entry<String, Map<String, Long>> entry : byKey.entrySet()) {
            String value = nodeLabels.get(entry.getKey());
            if (value != null) {
                sum += entry.getValue().getOrDefault(value, 0L);
            }
        }
        return sum;
    }

    /** Whether a key has a number above 0 for these labels. */
    boolean anyAt(Map<String, String> nodeLabels) {
        for (String key : byKey.keySet()) {
            if (get(key, nodeLabels) > 0) {
                return true;
            }
        }
        return false;
    }

    boolean isEmpty() {
        return byKey.values().stream().allMatch(Map::isEmpty);
    }

    TopologyCounts copy() {
        TopologyCounts copy = new TopologyCounts();
        byKey.forEach((key, values) -> copy.byKey.put(key, new HashMap<>(values)));
        return copy;
    }
}
