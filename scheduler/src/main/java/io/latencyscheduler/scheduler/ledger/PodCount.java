package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodTerms.Term;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How many pods of a kind there are per value of a node label, a <em>domain</em>. A live view, like {@link TopologyCount}. */
public final class PodCount {
    private final Question question;
    private final TopologyCount pods;
    /** By domain; empty unless every domain is asked for. */
    private final Map<String, Integer> nodes = new HashMap<>();
    /** How many domains have a number of pods; likewise. */
    private final TreeMap<Long, Integer> domainsByPods = new TreeMap<>();

    /**
     * What is counted.
     *
     * @param terms all of which select a pod that counts, one at least; their topology keys mean nothing here
     * @param terminating whether pods on their way out count
     * @param scope on which nodes
     * @param topologyKey by which node label; nodes without it do not count
     * @param everyDomain whether domains without pods are to be known
     */
    public record Question(
            List<Term> terms, boolean terminating, NodeScope scope, String topologyKey, boolean everyDomain) {
        public Question {
            terms = List.copyOf(terms);
            if (terms.isEmpty()) {
                throw new IllegalArgumentException("terms must not be empty");
            }
        }
    }

    PodCount(Question question) {
        this.question = question;
        pods = new TopologyCount(question.topologyKey);
    }

    Question question() {
        return question;
    }

    /** The domain of a node; null when pods there do not count. */
    @Nullable
    String domain(Node node) {
        String domain = node.metadata().labels().get(question.topologyKey);
        return domain != null && question.scope.includes(node) ? domain : null;
    }

    boolean selects(Pod pod, Map<String, String> namespaceLabels) {
        if (pod.terminating() && !question.terminating) {
            return false;
        }
        for (Term term : question.terms) {
            if (!term.selects(pod, namespaceLabels)) {
                return false;
            }
        }
        return true;
    }

    /** A node came (1) or goes (-1), without its pods. */
    void node(String domain, int sign) {
        if (!question.everyDomain) {
            return;
        }
        int before = nodes.getOrDefault(domain, 0);
        if (before + sign == 0) {
            nodes.remove(domain);
            domains(pods.get(domain), -1);
        } else {
            nodes.put(domain, before + sign);
            domains(pods.get(domain), before == 0 ? 1 : 0);
        }
    }

    private void domains(long podsThere, int change) {
        domainsByPods.merge(podsThere, change, (a, b) -> a + b == 0 ? null : a + b);
    }

    /** A pod came (1) or goes (-1), on a node that has come. */
    void pod(String domain, int sign) {
        long before = pods.get(domain);
        pods.add(domain, sign);
        if (question.everyDomain) {
            domains(before, -1);
            domains(before + sign, 1);
        }
    }

    /** Pods by domain. */
    public TopologyCount pods() {
        return pods;
    }

    /** How many domains have a node, when every domain was asked for. */
    public int domains() {
        return nodes.size();
    }

    /**
     * The fewest pods in a domain, when every domain was asked for; 0 without any.
     *
     * @param changes what a trial adds to the numbers of some domains
     */
    public long fewest(Map<String, Long> changes) {
        long fewest = Long.MAX_VALUE;
        for (Map.Entry<Long, Integer> entry : domainsByPods.entrySet()) {
            int unchanged = entry.getValue();
            for (String changed : changes.keySet()) {
                unchanged -= nodes.containsKey(changed) && pods.get(changed) == entry.getKey() ? 1 : 0;
            }
            if (unchanged > 0) {
                fewest = entry.getKey();
                break;
            }
        }
        for (Map.Entry<String, Long> change : changes.entrySet()) {
            if (nodes.containsKey(change.getKey())) {
                fewest = Math.min(fewest, pods.get(change.getKey()) + change.getValue());
            }
        }
        return fewest == Long.MAX_VALUE ? 0 : fewest;
    }

    /** Values kept, which is what it takes of memory. */
    int size() {
        return pods.size() + nodes.size();
    }
}
