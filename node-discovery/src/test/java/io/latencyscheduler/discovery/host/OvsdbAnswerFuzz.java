package io.latencyscheduler.discovery.host;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import java.io.IOException;

/** Any JSON as the answer of an OVSDB server: what runs there, or one sentence. */
public final class OvsdbAnswerFuzz {
    private OvsdbAnswerFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        JsonNode answer;
        try {
            answer = Json.tree(input);
        } catch (IOException notJson) {
            return;
        }
        try {
            OpenVSwitchReader.parse(answer);
        } catch (IllegalArgumentException refused) {
            if (refused.getMessage() == null || refused.getMessage().isBlank()) {
                throw new IllegalStateException("no sentence", refused);
            }
        }
    }
}
