package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodTerms.Term;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Values, each with a term, found by a pod that the term selects without asking every term: one that names namespaces and a
 * label is looked up by these.
 */
final class TermTable<E> {
    private final Map<Bucket, List<Entry<E>>> byLabel = new HashMap<>();
    private final List<Entry<E>> elsewhere = new ArrayList<>();

    private record Bucket(String namespace, String key, String value) {}

    private record Entry<E>(Term term, E value) {}

    boolean isEmpty() {
        return byLabel.isEmpty() && elsewhere.isEmpty();
    }

    void add(Term term, E value) {
        Entry<E> entry = new Entry<>(term, value);
        if (!hasBuckets(term)) {
            elsewhere.add(entry);
            return;
        }
        for (Bucket bucket : buckets(term)) {
            byLabel.computeIfAbsent(bucket, unused -> new ArrayList<>(1)).add(entry);
        }
    }

    /** Takes out this very value, which was added with this term. */
    void remove(Term term, E value) {
        if (!hasBuckets(term)) {
            elsewhere.removeIf(entry -> entry.value == value);
            return;
        }
        for (Bucket bucket : buckets(term)) {
            byLabel.computeIfPresent(bucket, (unused, entries) -> {
                entries.removeIf(entry -> entry.value == value);
                return entries.isEmpty() ? null : entries;
            });
        }
    }

    private static boolean hasBuckets(Term term) {
        return term.namespaceSelector() == null
                && term.selector() != null
                && !term.selector().matchLabels().isEmpty();
    }

    /** One per namespace, with the first of the labels that must match. */
    private static List<Bucket> buckets(Term term) {
        if (term.selector() == null) {
            return List.of();
        }
        Map.Entry<String, String> label = new TreeMap<>(term.selector().matchLabels()).firstEntry();
        return term.namespaces().stream()
                .map(namespace -> new Bucket(namespace, label.getKey(), label.getValue()))
                .toList();
    }

    /** Every value whose term selects the pod, in no particular order. */
    void forEachSelecting(Pod pod, Map<String, String> namespaceLabels, Consumer<E> consumer) {
        if (!byLabel.isEmpty()) {
            String namespace = pod.metadata().namespace();
            for (Map.Entry<String, String> label : pod.metadata().labels().entrySet()) {
                List<Entry<E>> entries = byLabel.get(new Bucket(namespace, label.getKey(), label.getValue()));
                if (entries != null) {
                    ask(entries, pod, namespaceLabels, consumer);
                }
            }
        }
        ask(elsewhere, pod, namespaceLabels, consumer);
    }

    private static <E> void ask(
            List<Entry<E>> entries, Pod pod, Map<String, String> namespaceLabels, Consumer<E> consumer) {
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).term.selects(pod, namespaceLabels)) {
                consumer.accept(entries.get(i).value);
            }
        }
    }
}
