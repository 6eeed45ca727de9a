package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodTerms.Term;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Terms of placed pods, each once however many pods have it, with a number by where those pods are. */
public final class PlacedTerms {
    private final Map<Term, TopologyCount> counts = new HashMap<>();
    private final TermTable<TopologyCount> table = new TermTable<>();

    /** A pod with the term came to a node with these labels, or goes with the amount below 0. */
    void add(Term term, Map<String, String> nodeLabels, long amount) {
        String value = nodeLabels.get(term.topologyKey());
        if (value == null || amount == 0) {
            return;
        }
        TopologyCount count = counts.get(term);
        if (count == null) {
            count = new TopologyCount(term.topologyKey());
            counts.put(term, count);
            table.add(term, count);
        }
        count.add(value, amount);
        if (count.isEmpty()) {
            counts.remove(term);
            table.remove(term, count);
        }
    }

    public boolean isEmpty() {
        return counts.isEmpty();
    }

    /** The counts of the terms that select a pod; none is empty. */
    public void forEachSelecting(Pod pod, Map<String, String> namespaceLabels, Consumer<TopologyCount> consumer) {
        table.forEachSelecting(pod, namespaceLabels, consumer);
    }
}
