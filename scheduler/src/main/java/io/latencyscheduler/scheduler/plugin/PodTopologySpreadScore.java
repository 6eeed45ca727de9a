package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.PreScorePlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.ledger.TopologyCount;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.SpreadConstraints.Constraint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Topology spread constraints with ScheduleAnyway: prefers domains with few pods, rare domains weighing less. */
public final class PodTopologySpreadScore implements PreScorePlugin, ScorePlugin {
    private static final StateKey<Domains> DOMAINS = new StateKey<>();
    private static final String HOSTNAME = "kubernetes.io/hostname";
    /** Marks a node that lacks a key: it gets nothing. */
    private static final long NO_DOMAIN = -1;

    /** Matching pods by domain, for each constraint, and what a pod of each constraint weighs. */
    private record Domains(List<Constraint> constraints, List<Map<String, Long>> counts, double[] weights) {}

    @Override
    public Verdict preScore(CycleState state, PodInfo pod, List<NodeState> feasible) {
        List<Constraint> constraints = SpreadConstraints.of(pod.pod(), "ScheduleAnyway");
        if (constraints.isEmpty()) {
            return Verdict.SKIP;
        }
        List<Map<String, Long>> counts = new ArrayList<>();
        double[] weights = new double[constraints.size()];
        long withKeys = feasible.stream()
                .filter(node -> SpreadConstraints.hasAllKeys(constraints, node.labels()))
                .count();
        for (int i = 0; i < constraints.size(); i++) {
            Constraint constraint = constraints.get(i);
            Map<String, Long> domains = new HashMap<>();
            String key = constraint.topologyKey();
            if (!key.equals(HOSTNAME)) { // Hosts are counted when they are scored.
                TopologyCount pods = state.cluster()
                        .podsByTopology()
                        .count(constraint.question(pod.pod(), constraints, false))
                        .pods();
                for (NodeState node : feasible) {
                    if (SpreadConstraints.hasAllKeys(constraints, node.labels())) {
                        domains.computeIfAbsent(node.labels().getOrDefault(key, ""), pods::get);
                    }
                }
            }
            counts.add(domains);
            weights[i] = Math.log((key.equals(HOSTNAME) ? withKeys : domains.size()) + 2.0);
        }
        state.put(DOMAINS, new Domains(constraints, counts, weights));
        return Verdict.SUCCESS;
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        Domains domains = state.get(DOMAINS);
        if (!SpreadConstraints.hasAllKeys(domains.constraints, node.labels())) {
            return NO_DOMAIN;
        }
        double score = 0;
        for (int i = 0; i < domains.constraints.size(); i++) {
            Constraint constraint = domains.constraints.get(i);
            String key = constraint.topologyKey();
            long count = key.equals(HOSTNAME)
                    ? constraint.count(node, pod.pod().metadata().namespace())
                    : domains.counts.get(i).getOrDefault(node.labels().getOrDefault(key, ""), 0L);
            score += count * domains.weights[i] + (constraint.maxSkew() - 1);
        }
        return Math.round(score);
    }

    /** The fewer the better: the emptiest gets all, as kube-scheduler scales it. */
    @Override
    public void normalizeScores(CycleState state, PodInfo pod, List<NodeState> nodes, long[] scores) {
        long fewest = Long.MAX_VALUE;
        long most = 0;
        for (long score : scores) {
            if (score != NO_DOMAIN) {
                fewest = Math.min(fewest, score);
                most = Math.max(most, score);
            }
        }
        for (int i = 0; i < scores.length; i++) {
            if (scores[i] == NO_DOMAIN) {
                scores[i] = 0;
            } else {
                scores[i] = most == 0 ? MAX_SCORE : MAX_SCORE * (most + fewest - scores[i]) / most;
            }
        }
    }

    @Override
    public int weight() {
        return 2;
    }
}
