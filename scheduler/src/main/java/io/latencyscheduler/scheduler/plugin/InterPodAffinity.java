package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeScope;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.ledger.PodCount;
import io.latencyscheduler.scheduler.ledger.PodsByTopology;
import io.latencyscheduler.scheduler.ledger.TopologyCount;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.PodTerms;
import java.util.List;
import java.util.Map;

/**
 * Required affinity and anti-affinity towards other pods, in both directions: what the pod asks, and what pods that are
 * already placed refuse. Preferred terms are {@link InterPodAffinityScore}'s.
 */
public final class InterPodAffinity implements PreFilterPlugin, FilterPlugin {
    private static final StateKey<Counts> COUNTS = new StateKey<>();

    private final Verdict affinity = Verdict.unresolvable(this, "node(s) didn't match pod affinity rules");
    private final Verdict antiAffinity = Verdict.unschedulable(this, "node(s) didn't match pod anti-affinity rules");
    private final Verdict existing =
            Verdict.unschedulable(this, "node(s) didn't satisfy existing pods anti-affinity rules");

    /** Pods by topology: those that refuse the pod, those that meet all its affinity, those that it refuses. */
    private record Counts(TopologyCounts refusers, TopologyCounts wanted, TopologyCounts refused, boolean wantsItself)
            implements CycleState.TrialState {
        @Override
        public CycleState.TrialState copy() {
            return new Counts(refusers.copy(), wanted.copy(), refused.copy(), wantsItself);
        }
    }

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        Cluster cluster = state.cluster();
        PodsByTopology pods = cluster.podsByTopology();
        PodTerms terms = pod.podTerms();
        boolean asks = !terms.requiredAffinity().isEmpty()
                || !terms.requiredAntiAffinity().isEmpty();
        if (!asks && pods.antiAffinity().isEmpty()) {
            return Result.SKIP;
        }
        Map<String, String> namespaceLabels = namespaceLabels(cluster, pod);
        boolean wantsItself = meetsAll(terms.requiredAffinity(), pod.pod(), namespaceLabels);
        Counts counts = new Counts(new TopologyCounts(), new TopologyCounts(), new TopologyCounts(), wantsItself);
        pods.antiAffinity().forEachSelecting(pod.pod(), namespaceLabels, count -> counts.refusers.add(count, 1));
        for (PodTerms.Term term : terms.requiredAffinity()) {
            counts.wanted.add(count(pods, terms.requiredAffinity(), term.topologyKey()), 1);
        }
        for (PodTerms.Term term : terms.requiredAntiAffinity()) {
            counts.refused.add(count(pods, List.of(term), term.topologyKey()), 1);
        }
        state.put(COUNTS, counts);
        boolean nothing = !asks && counts.refusers.isEmpty();
        return nothing ? Result.SKIP : Result.SUCCESS;
    }

    /** Pods that all terms select, anywhere. */
    static TopologyCount count(PodsByTopology pods, List<PodTerms.Term> terms, String topologyKey) {
        return pods.count(new PodCount.Question(terms, true, NodeScope.ALL, topologyKey, false))
                .pods();
    }

    /** What a trial changes; the amount is 1 or -1. */
    private static void count(Cluster cluster, Counts counts, PodInfo pod, PodInfo there, NodeState node, int amount) {
        Map<String, String> labels = node.labels();
        for (PodTerms.Term term : there.podTerms().requiredAntiAffinity()) {
            if (term.selects(pod.pod(), namespaceLabels(cluster, pod))) {
                counts.refusers.add(term.topologyKey(), labels, amount);
            }
        }
        PodTerms terms = pod.podTerms();
        if (terms.requiredAffinity().isEmpty() && terms.requiredAntiAffinity().isEmpty()) {
            return;
        }
        Map<String, String> namespaceLabels = namespaceLabels(cluster, there);
        if (!terms.requiredAffinity().isEmpty() && meetsAll(terms.requiredAffinity(), there.pod(), namespaceLabels)) {
            for (PodTerms.Term term : terms.requiredAffinity()) {
                counts.wanted.add(term.topologyKey(), labels, amount);
            }
        }
        for (PodTerms.Term term : terms.requiredAntiAffinity()) {
            if (term.selects(there.pod(), namespaceLabels)) {
                counts.refused.add(term.topologyKey(), labels, amount);
            }
        }
    }

    private static boolean meetsAll(List<PodTerms.Term> terms, Pod pod, Map<String, String> namespaceLabels) {
        for (PodTerms.Term term : terms) {
            if (!term.selects(pod, namespaceLabels)) {
                return false;
            }
        }
        return !terms.isEmpty();
    }

    static Map<String, String> namespaceLabels(Cluster cluster, PodInfo pod) {
        return cluster.objects().namespaceLabels(pod.pod().metadata().namespace());
    }

    @Override
    public void addPod(CycleState state, PodInfo pod, PodInfo added, NodeState node) {
        count(state.cluster(), state.get(COUNTS), pod, added, node, 1);
    }

    @Override
    public void removePod(CycleState state, PodInfo pod, PodInfo removed, NodeState node) {
        count(state.cluster(), state.get(COUNTS), pod, removed, node, -1);
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        Counts counts = state.get(COUNTS);
        Map<String, String> labels = node.labels();
        if (!meetsAffinity(counts, pod.podTerms().requiredAffinity(), labels)) {
            return affinity;
        }
        for (PodTerms.Term term : pod.podTerms().requiredAntiAffinity()) {
            if (counts.refused.get(term.topologyKey(), labels) > 0) {
                return antiAffinity;
            }
        }
        return counts.refusers.anyAt(labels) ? existing : Verdict.SUCCESS;
    }

    /** The first pod of a group that wants its own kind near may go anywhere, or none of them ever could. */
    private static boolean meetsAffinity(Counts counts, List<PodTerms.Term> terms, Map<String, String> labels) {
        boolean met = true;
        for (PodTerms.Term term : terms) {
            if (!labels.containsKey(term.topologyKey())) {
                return false;
            }
            met &= counts.wanted.get(term.topologyKey(), labels) > 0;
        }
        return met || (counts.wanted.isEmpty() && counts.wantsItself);
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return !(event instanceof ClusterEvent.PodAppeared
                || event instanceof ClusterEvent.StorageChanged
                || event instanceof ClusterEvent.CapacityChanged);
    }
}
