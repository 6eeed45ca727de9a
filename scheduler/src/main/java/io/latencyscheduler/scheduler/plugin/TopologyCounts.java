package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.ledger.TopologyCount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A weighted sum of live counts for several node labels, and what a trial adds to it. */
final class TopologyCounts {
    private final Map<String, Values> byKey = new HashMap<>();

    private record Live(TopologyCount count, long weight) {}

    /** Of one node label: what is, and by value what a trial changes. */
    private record Values(List<Live> live, Map<String, Long> changes) {
        long get(String value) {
            long number = changes.isEmpty() ? 0 : changes.getOrDefault(value, 0L);
            for (int i = 0; i < live.size(); i++) {
                number += live.get(i).weight * live.get(i).count.get(value);
            }
            return number;
        }

        /** Whether every value has 0 without a look at it: the labels of a node may be far away in memory. */
        boolean hasNone() {
            for (int i = 0; i < live.size(); i++) {
                if (!live.get(i).count.isEmpty()) {
                    return false;
                }
            }
            return changes.isEmpty();
        }

        /** As long as nothing was added, only the live counts tell whether a value has a number. */
        boolean isEmpty() {
            long sum = 0;
            boolean empty = true;
            for (Live each : live) {
                sum += each.weight * each.count.sum();
                empty &= each.count.isEmpty();
            }
            for (long change : changes.values()) {
                sum += change;
            }
            return changes.isEmpty() ? empty : sum == 0;
        }
    }

    private Values values(String key) {
        return byKey.computeIfAbsent(key, unused -> new Values(new ArrayList<>(2), new HashMap<>()));
    }

    /** Counts a live count so many times. */
    void add(TopologyCount count, long weight) {
        values(count.key()).live.add(new Live(count, weight));
    }

    /** Adds to the number of the value that the labels have for the key; without the key, nothing. */
    void add(String key, Map<String, String> nodeLabels, long amount) {
        String value = nodeLabels.get(key);
        if (value != null) {
            values(key).changes.merge(value, amount, Long::sum);
        }
    }

    /** The number for the value that the labels have; 0 without one. */
    long get(String key, Map<String, String> nodeLabels) {
        Values values = byKey.get(key);
        if (values == null || values.hasNone()) {
            return 0;
        }
        String value = nodeLabels.get(key);
        return value == null ? 0 : values.get(value);
    }

    /** The sum over all keys. */
    long sum(Map<String, String> nodeLabels) {
        long sum = 0;
        for (Map.Entry<String, Values> entry : byKey.entrySet()) {
            String value = nodeLabels.get(entry.getKey());
            if (value != null) {
                sum += entry.getValue().get(value);
            }
        }
        return sum;
    }

    /** Whether a key has a number above 0 for these labels. */
    boolean anyAt(Map<String, String> nodeLabels) {
        for (Map.Entry<String, Values> entry : byKey.entrySet()) {
            String value = nodeLabels.get(entry.getKey());
            if (value != null && entry.getValue().get(value) > 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether there is no number anywhere. With changes, only where no number is below 0. */
    boolean isEmpty() {
        for (Values values : byKey.values()) {
            if (!values.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Shares the live counts, and has changes of its own. */
    TopologyCounts copy() {
        TopologyCounts copy = new TopologyCounts();
        byKey.forEach((key, values) -> copy.byKey.put(key, new Values(values.live, new HashMap<>(values.changes))));
        return copy;
    }
}
