package io.latencyscheduler.scheduler.model;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code policy/v1 PodDisruptionBudget}, or v1beta1 where the server has that. */
public record PodDisruptionBudget(ObjectMeta metadata, Spec spec, Status status) {
    public PodDisruptionBudget {
        metadata = ObjectMeta.orEmpty(metadata);
        spec = spec == null ? new Spec(null) : spec;
        status = status == null ? new Status(0, Map.of()) : status;
    }

    public record Spec(@Nullable LabelSelector selector) {}

    /** {@code disruptedPods} are on their way out and already counted, by name. */
    public record Status(int disruptionsAllowed, Map<String, Object> disruptedPods) {
        public Status {
            disruptedPods = Absent.map(disruptedPods);
        }

        public Set<String> disruptedNames() {
            return disruptedPods.keySet();
        }
    }
}
