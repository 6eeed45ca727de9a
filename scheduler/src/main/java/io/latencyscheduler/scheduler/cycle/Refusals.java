package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.Decision;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What kept pods from every node, for others like them: the replicas of a Deployment that does not fit are all refused for
 * the same reasons, and only the first has to ask each node for them.
 *
 * <p>A refusal counts for others until an event that might wake the refused pod itself, by the same hints, and for
 * {@link #VALID_FOR} at most, because measurements and heartbeats age without an event.
 */
final class Refusals {
    static final Duration VALID_FOR = Duration.ofSeconds(5);
    private static final int MAX_REMEMBERED = 100;

    /** All that plugins may read of a pod but its name, UID, age and status. */
    private record Likeness(
            String namespace, Map<String, String> labels, Map<String, String> annotations, Pod.Spec spec) {
        static Likeness of(PodInfo pod) {
            return new Likeness(
                    pod.pod().metadata().namespace(),
                    pod.pod().metadata().labels(),
                    pod.pod().metadata().annotations(),
                    pod.pod().spec().withoutVolumes());
        }
    }

    /** One refusal; {@code message} is the decision's, put into words once. */
    record Refusal(Decision decision, String message, Set<Plugin> rejectors) {}

    private final Map<Likeness, Refusal> remembered = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Likeness, Refusal> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** To be called after each refusal that began no preemption. */
    void remember(Decision decision, String message, Set<Plugin> rejectors) {
        PodInfo pod = decision.pod();
        if (comparable(pod)) {
            Likeness likeness = Likeness.of(pod);
            remembered.remove(likeness);
            remembered.put(likeness, new Refusal(decision, message, rejectors));
        }
    }

    /** The refusal of a pod like this one that still counts; null when there is none. */
    @Nullable
    Refusal of(PodInfo pod, Instant now) {
        if (remembered.isEmpty() || !comparable(pod)) {
            return null;
        }
        Likeness likeness = Likeness.of(pod);
        Refusal known = remembered.get(likeness);
        if (known != null && !now.isBefore(known.decision.at().plus(VALID_FOR))) {
            remembered.remove(likeness);
            return null;
        }
        return known;
    }

    /** Members of a group depend on each other, and claims on the name of the pod. */
    private static boolean comparable(PodInfo pod) {
        return pod.demand().value().group().isEmpty()
                && pod.pod().spec().volumes().stream().noneMatch(Pod.Volume::mattersToPlacement);
    }

    /** Something happened: refusals that it may overturn are forgotten. */
    void onEvent(ClusterEvent event) {
        if (!remembered.isEmpty()) {
            remembered.values().removeIf(refusal -> mayOverturn(event, refusal));
        }
    }

    private static boolean mayOverturn(ClusterEvent event, Refusal refusal) {
        PodInfo refused = refusal.decision.pod();
        if (event instanceof ClusterEvent.Flush || refusal.rejectors.isEmpty()) {
            return true;
        }
        // One more to preempt.
        if (event instanceof ClusterEvent.PodPlaced placed && placed.pod().priority() < refused.priority()) {
            return true;
        }
        for (Plugin plugin : refusal.rejectors) {
            if (plugin.isConcernedBy(event) && plugin.mayHelp(refused, event)) {
                return true;
            }
        }
        return false;
    }
}
