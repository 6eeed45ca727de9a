package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.Normalize;
import io.latencyscheduler.scheduler.framework.PreScorePlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.PodTerms;
import java.util.List;
import java.util.Map;

/** Preferred affinity and anti-affinity towards other pods, in both directions. */
public final class InterPodAffinityScore implements PreScorePlugin, ScorePlugin {
    private static final StateKey<TopologyCounts> SCORES = new StateKey<>();
    /** What a placed pod's required affinity is worth to the pods that it selects; kube-scheduler's default. */
    private static final int HARD_AFFINITY_WEIGHT = 1;

    @Override
    public Verdict preScore(CycleState state, PodInfo pod, List<NodeState> feasible) {
        Cluster cluster = state.cluster();
        boolean prefers = !pod.podTerms().preferred().isEmpty();
        NodeSet nodes = prefers ? cluster.nodes() : cluster.nodesWithPodTerms();
        TopologyCounts scores = new TopologyCounts();
        for (int i = 0; i < nodes.size(); i++) {
            NodeState node = nodes.get(i);
            for (PodInfo there : node.pods()) {
                score(cluster, scores, pod, there, node.labels());
            }
        }
        state.put(SCORES, scores);
        return scores.isEmpty() ? Verdict.SKIP : Verdict.SUCCESS;
    }

    private static void score(
            Cluster cluster, TopologyCounts scores, PodInfo pod, PodInfo there, Map<String, String> labels) {
        for (PodTerms.Weighted weighted : pod.podTerms().preferred()) {
            if (weighted.term().selects(there.pod(), InterPodAffinity.namespaceLabels(cluster, there))) {
                scores.add(weighted.term().topologyKey(), labels, weighted.weight());
            }
        }
        PodTerms theirs = there.podTerms();
        if (theirs == PodTerms.NONE) {
            return;
        }
        Map<String, String> namespaceLabels = InterPodAffinity.namespaceLabels(cluster, pod);
        for (PodTerms.Term term : theirs.requiredAffinity()) {
            if (term.selects(pod.pod(), namespaceLabels)) {
                scores.add(term.topologyKey(), labels, HARD_AFFINITY_WEIGHT);
            }
        }
        for (PodTerms.Weighted weighted : theirs.preferred()) {
            if (weighted.term().selects(pod.pod(), namespaceLabels)) {
                scores.add(weighted.term().topologyKey(), labels, weighted.weight());
            }
        }
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        return state.get(SCORES).sum(node.labels());
    }

    @Override
    public void normalizeScores(CycleState state, PodInfo pod, List<NodeState> nodes, long[] scores) {
        Normalize.byRange(scores);
    }

    @Override
    public int weight() {
        return 2;
    }
}
