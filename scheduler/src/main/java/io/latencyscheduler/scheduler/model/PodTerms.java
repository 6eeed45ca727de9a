package io.latencyscheduler.scheduler.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The terms of a pod's affinity and anti-affinity towards other pods, with what the API leaves implicit made explicit.
 *
 * @param preferred affinity with positive and anti-affinity with negative weight
 */
public record PodTerms(List<Term> requiredAffinity, List<Term> requiredAntiAffinity, List<Weighted> preferred) {
    public static final PodTerms NONE = new PodTerms(List.of(), List.of(), List.of());

    /** A term with its weight. */
    public record Weighted(int weight, Term term) {}

    /**
     * One term.
     *
     * @param selector which pods, with the label keys that must match or differ merged in; null: none
     * @param namespaces where they are
     * @param namespaceSelector where else they are; null: nowhere else
     * @param topologyKey node label whose value says what is near
     */
    public record Term(
            @Nullable LabelSelector selector,
            Set<String> namespaces,
            @Nullable LabelSelector namespaceSelector,
            String topologyKey) {
        public Term {
            namespaces = Set.copyOf(namespaces);
        }

        /** Whether a pod is selected; {@code namespaceLabels} are those of its namespace. */
        public boolean selects(Pod pod, Map<String, String> namespaceLabels) {
            boolean here = namespaces.contains(pod.metadata().namespace())
                    || (namespaceSelector != null && namespaceSelector.matches(namespaceLabels));
            return here && LabelSelector.matches(selector, pod.metadata().labels());
        }
    }

    static PodTerms of(Pod pod) {
        Affinity affinity = pod.spec().affinity();
        if (affinity == null) {
            return NONE;
        }
        List<Weighted> preferred = new ArrayList<>();
        addPreferred(pod, affinity.podAffinity(), 1, preferred);
        addPreferred(pod, affinity.podAntiAffinity(), -1, preferred);
        List<Term> near = required(pod, affinity.podAffinity());
        List<Term> far = required(pod, affinity.podAntiAffinity());
        return near.isEmpty() && far.isEmpty() && preferred.isEmpty()
                ? NONE
                : new PodTerms(near, far, List.copyOf(preferred));
    }

    private static List<Term> required(Pod pod, Affinity.@Nullable PodAffinity affinity) {
        return affinity == null
                ? List.of()
                : affinity.requiredDuringSchedulingIgnoredDuringExecution().stream()
                        .map(term -> term(pod, term))
                        .toList();
    }

    private static void addPreferred(
            Pod pod, Affinity.@Nullable PodAffinity affinity, int sign, List<Weighted> preferred) {
        if (affinity == null) {
            return;
        }
        for (Affinity.WeightedPodTerm weighted : affinity.preferredDuringSchedulingIgnoredDuringExecution()) {
            if (weighted.podAffinityTerm() != null && weighted.weight() != 0) {
                preferred.add(new Weighted(sign * weighted.weight(), term(pod, weighted.podAffinityTerm())));
            }
        }
    }

    private static Term term(Pod pod, Affinity.PodTerm term) {
        boolean own = term.namespaces().isEmpty() && term.namespaceSelector() == null;
        return new Term(
                withLabelKeys(pod, term),
                own ? Set.of(pod.metadata().namespace()) : Set.copyOf(term.namespaces()),
                term.namespaceSelector(),
                term.topologyKey());
    }

    /** KEP-3633: admission writes the keys into the selector; merged here too for servers that leave them. */
    private static @Nullable LabelSelector withLabelKeys(Pod pod, Affinity.PodTerm term) {
        LabelSelector selector = term.labelSelector();
        if (selector == null
                || (term.matchLabelKeys().isEmpty() && term.mismatchLabelKeys().isEmpty())) {
            return selector;
        }
        return selector.withLabelKeys(pod.metadata().labels(), term.matchLabelKeys(), term.mismatchLabelKeys());
    }
}
