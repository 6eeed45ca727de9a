package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.NodeSelector;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.PodTerms;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * Affinity between pods and topology spread by the letter: every question is answered by looking at every pod on every node,
 * as Kubernetes documents it, without a number kept from before.
 */
final class Walk {
    private final Cluster cluster;
    private final List<Node> nodes = new ArrayList<>();
    private final List<There> pods = new ArrayList<>();

    private record There(PodInfo pod, Node node) {}

    /** The reason to refuse a node; empty when there is none. */
    interface Judge {
        String reason(PodInfo pod, Node node);
    }

    Walk(Cluster cluster) {
        this.cluster = cluster;
        for (int i = 0; i < cluster.nodes().size(); i++) {
            nodes.add(cluster.nodes().get(i).node());
        }
        cluster.allPlaced().forEach(placed -> {
            if (placed.node().exists()) {
                pods.add(new There(placed.pod(), placed.node().node()));
            }
        });
    }

    void add(PodInfo pod, Node node) {
        pods.add(new There(pod, node));
    }

    void remove(PodInfo pod) {
        pods.removeIf(there -> there.pod.uid().equals(pod.uid()));
    }

    private boolean selects(PodTerms.Term term, PodInfo pod) {
        return term.selects(
                pod.pod(),
                cluster.objects().namespaceLabels(pod.pod().metadata().namespace()));
    }

    private static boolean together(Node a, Node b, String key) {
        String value = a.metadata().labels().get(key);
        return value != null && value.equals(b.metadata().labels().get(key));
    }

    String affinity(PodInfo pod, Node node) {
        List<PodTerms.Term> near = pod.podTerms().requiredAffinity();
        List<There> wanted = pods.stream()
                .filter(there -> near.stream().allMatch(term -> selects(term, there.pod)))
                .toList();
        boolean anywhere = wanted.stream()
                .noneMatch(there -> near.stream()
                        .anyMatch(term -> there.node.metadata().labels().containsKey(term.topologyKey())));
        boolean wantsItself = near.stream().allMatch(term -> selects(term, pod));
        boolean met = near.stream()
                .allMatch(term -> wanted.stream().anyMatch(there -> together(there.node, node, term.topologyKey())));
        boolean keyed = near.stream().allMatch(term -> node.metadata().labels().containsKey(term.topologyKey()));
        if (!near.isEmpty() && (!keyed || !(met || (anywhere && wantsItself)))) {
            return "node(s) didn't match pod affinity rules";
        }
        for (PodTerms.Term term : pod.podTerms().requiredAntiAffinity()) {
            if (pods.stream()
                    .anyMatch(there -> selects(term, there.pod) && together(there.node, node, term.topologyKey()))) {
                return "node(s) didn't match pod anti-affinity rules";
            }
        }
        boolean refused = pods.stream()
                .anyMatch(there -> there.pod.podTerms().requiredAntiAffinity().stream()
                        .anyMatch(term -> selects(term, pod) && together(there.node, node, term.topologyKey())));
        return refused ? "node(s) didn't satisfy existing pods anti-affinity rules" : "";
    }

    long affinityScore(PodInfo pod, Node node) {
        long score = 0;
        for (There there : pods) {
            for (PodTerms.Weighted weighted : pod.podTerms().preferred()) {
                score += worth(weighted.term(), there.pod, there.node, node) * weighted.weight();
            }
            for (PodTerms.Weighted weighted : there.pod.podTerms().preferred()) {
                score += worth(weighted.term(), pod, there.node, node) * weighted.weight();
            }
            for (PodTerms.Term term : there.pod.podTerms().requiredAffinity()) {
                score += worth(term, pod, there.node, node);
            }
        }
        return score;
    }

    private long worth(PodTerms.Term term, PodInfo selected, Node a, Node b) {
        return selects(term, selected) && together(a, b, term.topologyKey()) ? 1 : 0;
    }

    private static List<Pod.TopologySpreadConstraint> constraints(PodInfo pod, String whenUnsatisfiable) {
        return pod.pod().spec().topologySpreadConstraints().stream()
                .filter(constraint -> constraint.whenUnsatisfiable().equals(whenUnsatisfiable))
                .toList();
    }

    private static boolean hasAllKeys(List<Pod.TopologySpreadConstraint> constraints, Node node) {
        return constraints.stream()
                .allMatch(constraint -> node.metadata().labels().containsKey(constraint.topologyKey()));
    }

    private static boolean included(
            PodInfo pod, Pod.TopologySpreadConstraint constraint, List<Pod.TopologySpreadConstraint> all, Node node) {
        Map<String, String> labels = node.metadata().labels();
        Pod.Spec spec = pod.pod().spec();
        NodeSelector required = spec.affinity() == null || spec.affinity().nodeAffinity() == null
                ? null
                : spec.affinity().nodeAffinity().requiredDuringSchedulingIgnoredDuringExecution();
        boolean affinity = labels.entrySet().containsAll(spec.nodeSelector().entrySet())
                && (required == null || required.matches(labels, node.name()));
        boolean taints = node.spec().taints().stream()
                .allMatch(taint -> !taint.effect().equals("NoSchedule")
                        || spec.tolerations().stream().anyMatch(toleration -> toleration.tolerates(taint)));
        return hasAllKeys(all, node)
                && (constraint.nodeAffinityPolicy().equals("Ignore") || affinity)
                && (constraint.nodeTaintsPolicy().equals("Ignore") || taints);
    }

    private static boolean matches(PodInfo pod, Pod.TopologySpreadConstraint constraint, PodInfo other) {
        LabelSelector selector = constraint.labelSelector();
        Map<String, String> theirs = other.pod().metadata().labels();
        Map<String, String> ours = pod.pod().metadata().labels();
        return LabelSelector.matches(selector, theirs)
                && constraint.matchLabelKeys().stream()
                        .allMatch(key -> !ours.containsKey(key) || Objects.equals(ours.get(key), theirs.get(key)));
    }

    private boolean counts(PodInfo pod, Pod.TopologySpreadConstraint constraint, There there) {
        return there.pod
                        .pod()
                        .metadata()
                        .namespace()
                        .equals(pod.pod().metadata().namespace())
                && !there.pod.pod().terminating()
                && matches(pod, constraint, there.pod);
    }

    /** Pods by domain, domains without pods too. */
    private Map<String, Long> domains(
            PodInfo pod, Pod.TopologySpreadConstraint constraint, List<Pod.TopologySpreadConstraint> all) {
        Map<String, Long> domains = new HashMap<>();
        for (Node node : nodes) {
            if (included(pod, constraint, all, node)) {
                domains.putIfAbsent(node.metadata().labels().get(constraint.topologyKey()), 0L);
            }
        }
        for (There there : pods) {
            if (included(pod, constraint, all, there.node) && counts(pod, constraint, there)) {
                domains.merge(there.node.metadata().labels().get(constraint.topologyKey()), 1L, Long::sum);
            }
        }
        return domains;
    }

    String spread(PodInfo pod, Node node) {
        List<Pod.TopologySpreadConstraint> all = constraints(pod, "DoNotSchedule");
        for (Pod.TopologySpreadConstraint constraint : all) {
            String domain = node.metadata().labels().get(constraint.topologyKey());
            if (domain == null) {
                return "node(s) didn't match pod topology spread constraints (missing required label)";
            }
            Map<String, Long> domains = domains(pod, constraint, all);
            boolean enough = domains.size() >= Math.max(1, constraint.minDomains());
            long fewest = enough ? new TreeSet<>(domains.values()).first() : 0;
            long itself = matches(pod, constraint, pod) ? 1 : 0;
            if (domains.getOrDefault(domain, 0L) + itself - fewest > constraint.maxSkew()) {
                return "node(s) didn't match pod topology spread constraints";
            }
        }
        return "";
    }

    /** With every node that exists to choose from; -1 for one that lacks a key. */
    long spreadScore(PodInfo pod, Node node) {
        List<Pod.TopologySpreadConstraint> all = constraints(pod, "ScheduleAnyway");
        if (!hasAllKeys(all, node)) {
            return -1;
        }
        double score = 0;
        for (Pod.TopologySpreadConstraint constraint : all) {
            String key = constraint.topologyKey();
            boolean host = key.equals("kubernetes.io/hostname");
            long choices = nodes.stream()
                    .filter(each -> hasAllKeys(all, each))
                    .map(each -> host ? each.name() : each.metadata().labels().get(key))
                    .distinct()
                    .count();
            long count = host
                    ? pods.stream()
                            .filter(there -> there.node.name().equals(node.name()) && counts(pod, constraint, there))
                            .count()
                    : domains(pod, constraint, all)
                            .getOrDefault(node.metadata().labels().get(key), 0L);
            score += count * Math.log(choices + 2.0) + (constraint.maxSkew() - 1);
        }
        return Math.round(score);
    }
}
