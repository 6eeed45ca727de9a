package io.latencyscheduler.dataplane.plan;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What becomes of a frame that cannot have the window in which it is due; in the order of the engine's numbers. */
public enum LatePolicy {
    /** It is dropped. Of frames without launch time one too many waits in a window that stays unused. */
    DROP,
    /** It leaves at once in best effort's time. */
    SEND_NOW,
    /** It takes the stream's next unused window; frames without launch time queue. */
    NEXT_WINDOW;

    /** As it stands in configuration and annotations: {@code drop}, {@code send-now}, {@code next-window}; else empty. */
    public static Optional<LatePolicy> of(String text) {
        return Arrays.stream(values())
                .filter(policy ->
                        policy.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text))
                .findFirst();
    }
}
