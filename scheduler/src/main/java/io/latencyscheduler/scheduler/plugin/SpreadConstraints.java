package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.ledger.NodeScope;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.ledger.PodCount;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.NodeSelector;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.PodTerms;
import io.latencyscheduler.scheduler.model.Toleration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What filter and score of topology spread share: which constraints, which nodes and which pods count. */
final class SpreadConstraints {
    private SpreadConstraints() {}

    /** A constraint with the label keys that must match merged into its selector. */
    record Constraint(
            int maxSkew,
            String topologyKey,
            @Nullable LabelSelector selector,
            int minDomains,
            boolean honourAffinity,
            boolean honourTaints) {

        /** Pods of the namespace that the constraint counts on a node; those on their way out are not counted. */
        long count(NodeState node, String namespace) {
            if (selector == null) {
                return 0;
            }
            long count = 0;
            for (PodInfo there : node.pods()) {
                if (there.pod().metadata().namespace().equals(namespace)
                        && !there.pod().terminating()
                        && selector.matches(there.pod().metadata().labels())) {
                    count++;
                }
            }
            return count;
        }

        boolean matches(Pod pod) {
            return LabelSelector.matches(selector, pod.metadata().labels());
        }

        /**
         * Which pods count, and where: on nodes that have every key of {@code constraints}, subject to this one's inclusion
         * policies (KEP-3094).
         */
        PodCount.Question question(Pod pod, List<Constraint> constraints, boolean everyDomain) {
            String namespace = pod.metadata().namespace();
            Scope scope = new Scope(
                    constraints.stream().map(Constraint::topologyKey).toList(),
                    honourAffinity ? pod.spec().nodeSelector() : Map.of(),
                    honourAffinity ? NodeAffinity.required(pod.spec()) : null,
                    honourTaints ? pod.spec().tolerations() : null);
            return new PodCount.Question(
                    List.of(new PodTerms.Term(selector, Set.of(namespace), null, topologyKey)),
                    false,
                    scope,
                    topologyKey,
                    everyDomain);
        }
    }

    /**
     * Nodes on which pods count.
     *
     * @param tolerations taints that are allowed there; null: any taint is
     */
    private record Scope(
            List<String> keys,
            Map<String, String> nodeSelector,
            @Nullable NodeSelector required,
            @Nullable List<Toleration> tolerations)
            implements NodeScope {
        @Override
        public boolean includes(Node node) {
            Map<String, String> labels = node.metadata().labels();
            for (String key : keys) {
                if (!labels.containsKey(key)) {
                    return false;
                }
            }
            return NodeAffinity.matches(nodeSelector, required, labels, node.name())
                    && (tolerations == null
                            || Tolerations.tolerateAll(tolerations, node.spec().taints()));
        }
    }

    static List<Constraint> of(Pod pod, String whenUnsatisfiable) {
        return pod.spec().topologySpreadConstraints().stream()
                .filter(constraint -> constraint.whenUnsatisfiable().equals(whenUnsatisfiable))
                .map(constraint -> new Constraint(
                        constraint.maxSkew(),
                        constraint.topologyKey(),
                        selector(pod, constraint),
                        constraint.minDomains(),
                        constraint.nodeAffinityPolicy().equals("Honor"),
                        constraint.nodeTaintsPolicy().equals("Honor")))
                .toList();
    }

    private static @Nullable LabelSelector selector(Pod pod, Pod.TopologySpreadConstraint constraint) {
        LabelSelector selector = constraint.labelSelector();
        return selector == null || constraint.matchLabelKeys().isEmpty()
                ? selector
                : selector.withLabelKeys(pod.metadata().labels(), constraint.matchLabelKeys(), List.of());
    }

    /** Whether the node has every key; one without is in no domain of any constraint. */
    static boolean hasAllKeys(List<Constraint> constraints, Map<String, String> nodeLabels) {
        for (Constraint constraint : constraints) {
            if (!nodeLabels.containsKey(constraint.topologyKey())) {
                return false;
            }
        }
        return true;
    }
}
