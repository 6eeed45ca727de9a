package io.latencyscheduler.scheduler.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code v1.Affinity} of a pod. */
public record Affinity(
        @Nullable NodeAffinity nodeAffinity,
        @Nullable PodAffinity podAffinity,
        @Nullable PodAffinity podAntiAffinity) {

    /** Which nodes a pod must or would rather be on. */
    public record NodeAffinity(
            @Nullable NodeSelector requiredDuringSchedulingIgnoredDuringExecution,
            List<PreferredTerm> preferredDuringSchedulingIgnoredDuringExecution) {
        public NodeAffinity {
            preferredDuringSchedulingIgnoredDuringExecution =
                    Absent.list(preferredDuringSchedulingIgnoredDuringExecution);
        }
    }

    /** A term that adds {@code weight}, 1 to 100, to a node that matches. */
    public record PreferredTerm(int weight, NodeSelector.@Nullable Term preference) {}

    /** Which pods a pod must or would rather be near, or far from. */
    public record PodAffinity(
            List<PodTerm> requiredDuringSchedulingIgnoredDuringExecution,
            List<WeightedPodTerm> preferredDuringSchedulingIgnoredDuringExecution) {
        public PodAffinity {
            requiredDuringSchedulingIgnoredDuringExecution =
                    Absent.list(requiredDuringSchedulingIgnoredDuringExecution);
            preferredDuringSchedulingIgnoredDuringExecution =
                    Absent.list(preferredDuringSchedulingIgnoredDuringExecution);
        }
    }

    /** A term with a weight of 1 to 100. */
    public record WeightedPodTerm(int weight, @Nullable PodTerm podAffinityTerm) {}

    /**
     * Pods selected by labels and namespaces, near by the value of a node label.
     *
     * @param namespaces and {@code namespaceSelector}: their union; both absent: the pod's own namespace
     * @param matchLabelKeys keys whose value the incoming pod shares with the selected
     * @param mismatchLabelKeys keys whose value the incoming pod does not share
     */
    public record PodTerm(
            @Nullable LabelSelector labelSelector,
            List<String> namespaces,
            @Nullable LabelSelector namespaceSelector,
            String topologyKey,
            List<String> matchLabelKeys,
            List<String> mismatchLabelKeys) {
        public PodTerm {
            namespaces = Absent.list(namespaces);
            topologyKey = Absent.text(topologyKey);
            matchLabelKeys = Absent.list(matchLabelKeys);
            mismatchLabelKeys = Absent.list(mismatchLabelKeys);
        }
    }
}
