package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Called when no node passed the filters: preemption. */
public interface PostFilterPlugin extends Plugin {
    /**
     * What can be done.
     *
     * @param nodeName the node that {@code victims} make room on; null when nothing helps
     * @param victims pods to evict from it; none when those that make room are leaving already
     * @param message what preemption found, appended to the pod's condition; may be empty
     */
    record Result(@Nullable String nodeName, List<PodInfo> victims, String message) {
        public Result {
            victims = List.copyOf(victims);
        }

        public static Result nothing(String message) {
            return new Result(null, List.of(), message);
        }
    }

    /** {@code filters} judges a node as the cycle did; {@code verdicts} tells why each was refused. */
    Result postFilter(CycleState state, PodInfo pod, NodeVerdicts verdicts, Filters filters);
}
