package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;

/** What the webhook answers for one pod. */
public sealed interface Completion {
    /**
     * The pod is admitted.
     *
     * @param patch operations of RFC 6902; empty when the pod is complete, or none of ours
     * @param warnings sentences for whoever created it
     */
    record Admitted(ArrayNode patch, List<String> warnings) implements Completion {
        public Admitted {
            warnings = List.copyOf(warnings);
        }
    }

    /** The pod contradicts itself. */
    record Refused(String message) implements Completion {}
}
