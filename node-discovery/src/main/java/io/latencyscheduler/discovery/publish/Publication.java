package io.latencyscheduler.discovery.publish;

import io.latencyscheduler.discovery.derive.Derived;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of one attempt to publish.
 *
 * @param derived what was concluded; null when the node is not known
 * @param requests how many requests were sent
 * @param changed what was written, such as {@code inventory}; empty when everything stood as it should
 * @param failures what could not be written, one sentence each; the rest was
 */
public record Publication(@Nullable Derived derived, int requests, List<String> changed, List<String> failures) {
    public Publication {
        changed = List.copyOf(changed);
        failures = List.copyOf(failures);
    }

    public boolean ok() {
        return failures.isEmpty();
    }

    /** For metrics. */
    public Outcome outcome() {
        if (!ok()) {
            return Outcome.FAILED;
        }
        return changed.isEmpty() ? Outcome.UNCHANGED : Outcome.CHANGED;
    }

    /** How it went. */
    public enum Outcome {
        UNCHANGED,
        CHANGED,
        FAILED
    }
}
