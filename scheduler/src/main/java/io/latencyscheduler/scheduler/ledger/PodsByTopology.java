package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.PodTerms;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many pods are where by node labels, brought up to date with every pod that comes to or leaves a node that exists,
 * assumed ones included: a decision reads numbers, however many nodes and pods there are. A count is made by a walk over all
 * pods when it is first asked for, and kept while there is room.
 */
public final class PodsByTopology {
    /** What a placed pod's required affinity is worth to the pods that it selects; kube-scheduler's default. */
    private static final int HARD_AFFINITY_WEIGHT = 1;

    /** Counts kept; each is asked about a pod only when its first term may select it. */
    private static final int MAX_COUNTS = 256;

    /** Values that all counts keep together: some 60 bytes each. */
    private static final long MAX_VALUES = 500_000;

    private final NodeSet nodes;
    private final ClusterObjects objects;
    private final long maxValues;
    private final PlacedTerms antiAffinity = new PlacedTerms();
    private final PlacedTerms attraction = new PlacedTerms();
    /** The least recently asked for first. */
    private final Map<PodCount.Question, PodCount> counts = new LinkedHashMap<>(16, 0.75f, true);

    private final TermTable<PodCount> bySelected = new TermTable<>();
    private long namespacesGeneration;

    PodsByTopology(NodeSet nodes, ClusterObjects objects) {
        this(nodes, objects, MAX_VALUES);
    }

    PodsByTopology(NodeSet nodes, ClusterObjects objects, long maxValues) {
        this.nodes = nodes;
        this.objects = objects;
        this.maxValues = maxValues;
    }

    /** The required anti-affinity of placed pods, with the number of pods that have it. */
    public PlacedTerms antiAffinity() {
        return antiAffinity;
    }

    /** The preferred terms of placed pods with the sum of their weights, required affinity weighing 1. */
    public PlacedTerms attraction() {
        return attraction;
    }

    /** How many pods of a kind there are by domain. */
    public PodCount count(PodCount.Question question) {
        forgetOldNamespaces();
        PodCount known = counts.get(question);
        if (known != null) {
            return known;
        }
        PodCount made = new PodCount(question);
        for (int i = 0; i < nodes.size(); i++) {
            NodeState state = nodes.get(i);
            String domain = made.domain(state.node());
            if (domain == null) {
                continue;
            }
            made.node(domain, 1);
            for (PodInfo there : state.pods()) {
                if (made.selects(there.pod(), namespaceLabels(there.pod()))) {
                    made.pod(domain, 1);
                }
            }
        }
        counts.put(question, made);
        bySelected.add(question.terms().get(0), made);
        makeRoom();
        return made;
    }

    private void makeRoom() {
        long values = 0;
        for (PodCount count : counts.values()) {
            values += count.size();
        }
        Iterator<PodCount> eldest = counts.values().iterator();
        while (counts.size() > 1 && (counts.size() > MAX_COUNTS || values > maxValues)) {
            PodCount dropped = eldest.next();
            eldest.remove();
            bySelected.remove(dropped.question().terms().get(0), dropped);
            values -= dropped.size();
        }
    }

    /** Counts by labels that namespaces had before are made anew. */
    private void forgetOldNamespaces() {
        if (namespacesGeneration == objects.namespacesGeneration()) {
            return;
        }
        namespacesGeneration = objects.namespacesGeneration();
        counts.values().removeIf(count -> {
            boolean old = count.question().terms().stream().anyMatch(term -> term.namespaceSelector() != null);
            if (old) {
                bySelected.remove(count.question().terms().get(0), count);
            }
            return old;
        });
    }

    private Map<String, String> namespaceLabels(Pod pod) {
        return objects.namespaceLabels(pod.metadata().namespace());
    }

    /** A pod came to a node that exists (1), or goes (-1). */
    void pod(Node node, PodInfo pod, int sign) {
        Map<String, String> labels = node.metadata().labels();
        PodTerms terms = pod.podTerms();
        if (terms != PodTerms.NONE) {
            terms.requiredAntiAffinity().forEach(term -> antiAffinity.add(term, labels, sign));
            terms.requiredAffinity().forEach(term -> attraction.add(term, labels, sign * HARD_AFFINITY_WEIGHT));
            terms.preferred()
                    .forEach(weighted -> attraction.add(weighted.term(), labels, (long) sign * weighted.weight()));
        }
        forgetOldNamespaces();
        if (bySelected.isEmpty()) {
            return;
        }
        Map<String, String> namespaceLabels = namespaceLabels(pod.pod());
        bySelected.forEachSelecting(pod.pod(), namespaceLabels, count -> {
            String domain = count.selects(pod.pod(), namespaceLabels) ? count.domain(node) : null;
            if (domain != null) {
                count.pod(domain, sign);
            }
        });
    }

    /** A node came (1), or goes (-1), without its pods: they are told of after it came and before it goes. */
    void node(Node node, int sign) {
        for (PodCount count : counts.values()) {
            String domain = count.domain(node);
            if (domain != null) {
                count.node(domain, sign);
            }
        }
    }
}
