package io.latencyscheduler.scheduler.fake;

import io.latencyscheduler.scheduler.model.Affinity;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.Pod;
import java.util.List;
import java.util.Map;

/** Affinity and spread towards pods with the label {@code app}. */
public final class Terms {
    public static final String ZONE = "topology.kubernetes.io/zone";
    public static final String HOST = "kubernetes.io/hostname";

    private Terms() {}

    public static LabelSelector app(String value) {
        return new LabelSelector(Map.of("app", value), List.of());
    }

    public static Affinity.PodTerm term(String app, String topologyKey, String... namespaces) {
        return new Affinity.PodTerm(app(app), List.of(namespaces), null, topologyKey, List.of(), List.of());
    }

    public static Affinity near(Affinity.PodTerm... terms) {
        return new Affinity(null, new Affinity.PodAffinity(List.of(terms), List.of()), null);
    }

    public static Affinity far(Affinity.PodTerm... terms) {
        return new Affinity(null, null, new Affinity.PodAffinity(List.of(terms), List.of()));
    }

    public static Affinity ratherNear(int weight, Affinity.PodTerm term) {
        return new Affinity(
                null, new Affinity.PodAffinity(List.of(), List.of(new Affinity.WeightedPodTerm(weight, term))), null);
    }

    public static Affinity ratherFar(int weight, Affinity.PodTerm term) {
        return new Affinity(
                null, null, new Affinity.PodAffinity(List.of(), List.of(new Affinity.WeightedPodTerm(weight, term))));
    }

    public static Pod.TopologySpreadConstraint spread(
            int maxSkew, String topologyKey, String whenUnsatisfiable, String app, int minDomains) {
        return new Pod.TopologySpreadConstraint(
                maxSkew, topologyKey, whenUnsatisfiable, app(app), minDomains, "", "", List.of());
    }
}
