package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.Normalize;
import io.latencyscheduler.scheduler.framework.PreScorePlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.ledger.PodsByTopology;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.PodTerms;
import java.util.List;
import java.util.Map;

/** Preferred affinity and anti-affinity towards other pods, in both directions. */
public final class InterPodAffinityScore implements PreScorePlugin, ScorePlugin {
    private static final StateKey<TopologyCounts> SCORES = new StateKey<>();

    @Override
    public Verdict preScore(CycleState state, PodInfo pod, List<NodeState> feasible) {
        PodsByTopology pods = state.cluster().podsByTopology();
        TopologyCounts scores = new TopologyCounts();
        for (PodTerms.Weighted weighted : pod.podTerms().preferred()) {
            PodTerms.Term term = weighted.term();
            scores.add(InterPodAffinity.count(pods, List.of(term), term.topologyKey()), weighted.weight());
        }
        if (!pods.attraction().isEmpty()) {
            Map<String, String> namespaceLabels = InterPodAffinity.namespaceLabels(state.cluster(), pod);
            pods.attraction().forEachSelecting(pod.pod(), namespaceLabels, count -> scores.add(count, 1));
        }
        state.put(SCORES, scores);
        return scores.isEmpty() ? Verdict.SKIP : Verdict.SUCCESS;
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
