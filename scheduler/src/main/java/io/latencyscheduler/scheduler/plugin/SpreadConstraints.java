package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;
import java.util.Map;
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

        /** Whether pods on the node count, by the constraint's inclusion policies (KEP-3094). */
        boolean includes(Pod pod, NodeState node) {
            if (honourAffinity && !NodeAffinity.matches(pod.spec(), node.labels(), node.name())) {
                return false;
            }
            return !honourTaints
                    || Tolerations.tolerateAll(
                            pod.spec().tolerations(), node.node().spec().taints());
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
