package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.Normalize;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.PreScorePlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.Affinity;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.NodeSelector;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code spec.nodeSelector} and node affinity, required and preferred. */
public final class NodeAffinity implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin {
    private final Verdict refusal = Verdict.unresolvable(this, "node(s) didn't match Pod's node affinity/selector");

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        Pod.Spec spec = pod.pod().spec();
        NodeSelector required = required(spec);
        if (required == null) {
            return spec.nodeSelector().isEmpty() ? Result.SKIP : Result.SUCCESS;
        }
        Set<String> names = namedNodes(required);
        return names == null ? Result.SUCCESS : Result.only(List.of(nodes(state.cluster(), names)), refusal);
    }

    /** The only nodes that could match, when every term names its nodes; else null. */
    private static @Nullable Set<String> namedNodes(NodeSelector required) {
        Set<String> names = new LinkedHashSet<>();
        for (NodeSelector.Term term : required.nodeSelectorTerms()) {
            List<NodeSelector.Requirement> byName = term.matchFields().stream()
                    .filter(field -> field.key().equals("metadata.name")
                            && field.operator().equals("In"))
                    .toList();
            if (byName.isEmpty()) {
                return null;
            }
            names.addAll(byName.get(0).values());
        }
        return names;
    }

    private static NodeSet nodes(Cluster cluster, Set<String> names) {
        return NodeSet.of(
                names.stream().map(cluster::node).filter(Objects::nonNull).toList());
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        return matches(pod.pod().spec(), node.labels(), node.name()) ? Verdict.SUCCESS : refusal;
    }

    private static boolean matches(Pod.Spec spec, Map<String, String> labels, String nodeName) {
        return matches(spec.nodeSelector(), required(spec), labels, nodeName);
    }

    /** Whether selector and required affinity of a pod accept a node; PodTopologySpread asks too. */
    static boolean matches(
            Map<String, String> selector,
            @Nullable NodeSelector required,
            Map<String, String> labels,
            String nodeName) {
        for (Map.Entry<String, String> wanted : selector.entrySet()) {
            if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
                return false;
            }
        }
        return required == null || required.matches(labels, nodeName);
    }

    static @Nullable NodeSelector required(Pod.Spec spec) {
        Affinity affinity = spec.affinity();
        return affinity == null || affinity.nodeAffinity() == null
                ? null
                : affinity.nodeAffinity().requiredDuringSchedulingIgnoredDuringExecution();
    }

    private static List<Affinity.PreferredTerm> preferred(PodInfo pod) {
        Affinity affinity = pod.pod().spec().affinity();
        return affinity == null || affinity.nodeAffinity() == null
                ? List.of()
                : affinity.nodeAffinity().preferredDuringSchedulingIgnoredDuringExecution();
    }

    @Override
    public Verdict preScore(CycleState state, PodInfo pod, List<NodeState> feasible) {
        return preferred(pod).isEmpty() ? Verdict.SKIP : Verdict.SUCCESS;
    }

    /** The sum of the weights of the preferred terms that match; an empty preference is none. */
    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        long sum = 0;
        for (Affinity.PreferredTerm term : preferred(pod)) {
            NodeSelector.Term preference = term.preference();
            if (preference != null && preference.matches(node.labels(), node.name())) {
                sum += term.weight();
            }
        }
        return sum;
    }

    @Override
    public void normalizeScores(CycleState state, PodInfo pod, List<NodeState> nodes, long[] scores) {
        Normalize.byLargest(scores, false);
    }

    @Override
    public int weight() {
        return 2;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.NodeChanged || event instanceof ClusterEvent.PodItselfChanged;
    }

    @Override
    public boolean mayHelp(PodInfo refused, ClusterEvent event) {
        if (event instanceof ClusterEvent.NodeChanged changed) {
            Node node = changed.after();
            return matches(refused.pod().spec(), node.metadata().labels(), node.name());
        }
        return true;
    }
}
