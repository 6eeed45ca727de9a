package io.latencyscheduler.dataplane.plan;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import java.util.List;

/**
 * What the node should do now.
 *
 * @param installed pods that get what they were given, in the order of hand-over
 * @param refused pods that must not get it, each with the reason
 */
public record Plan(List<BoundPod> installed, List<Refusal> refused) {
    public Plan {
        installed = List.copyOf(installed);
        refused = List.copyOf(refused);
    }

    /** A pod whose allocation cannot be honoured; it is reported and evicted. */
    public record Refusal(BoundPod pod, Code code, String sentence) {}

    /** Why an allocation is refused; {@link #retry} tells whether it may be honoured later without a new placement. */
    public enum Code {
        /** Made for another pod: a copied or stale annotation. */
        POD_UID_DIFFERS(false),
        /** A version of the form that this agent does not read. */
        VERSION_UNKNOWN(false),
        /** A window on a port that this node does not run, or a port that is not in its inventory as owned. */
        PORT_UNKNOWN(true),
        /** A window that does not fit the port's rate or frame size. */
        WINDOW_INVALID(false),
        /** Meets a window or uses an interface that an earlier allocation holds. */
        HELD_BY_ANOTHER(false);

        private final boolean retry;

        Code(boolean retry) {
            this.retry = retry;
        }

        /** Whether waiting may help: the pod is not evicted at once. */
        public boolean retry() {
            return retry;
        }
    }

    /** The streams of the installed pods that leave through {@code port}. */
    public List<StreamAllocation> streamsOf(String port) {
        return installed.stream()
                .flatMap(pod -> pod.allocation().streams().stream())
                .filter(stream -> stream.port().equals(port))
                .toList();
    }
}
