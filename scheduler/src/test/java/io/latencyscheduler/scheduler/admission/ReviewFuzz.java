package io.latencyscheduler.scheduler.admission;

import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import java.io.IOException;

/** Any bytes as an AdmissionReview: an answer to it, or one sentence. */
public final class ReviewFuzz {
    private static final CompletionSettings SETTINGS = new CompletionSettings(
            "latency-scheduler",
            TierSettings.DEFAULT,
            "/run/latency-scheduler",
            "/usr/lib/latency-scheduler",
            "tsn/overlay",
            true,
            "hugepages-2Mi=512Mi",
            2,
            "1Gi");

    private ReviewFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        byte[] answer;
        try {
            answer = AdmissionReview.answer(input, SETTINGS);
        } catch (IOException refused) {
            if (refused.getMessage() == null || refused.getMessage().isBlank()) {
                throw new IllegalStateException("no sentence", refused);
            }
            return;
        }
        if (!Json.tree(answer).at("/response/allowed").isBoolean()) {
            throw new IllegalStateException("no answer");
        }
    }
}
