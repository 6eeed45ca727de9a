package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;

/** What is sent back: the whole of it, unlike a watch. */
record Reply(int code, String contentType, byte[] body) {
    static final String JSON = "application/json";

    static Reply json(int code, JsonNode tree) {
        return new Reply(code, JSON, Json.bytes(tree));
    }

    static Reply json(int code, byte[] body) {
        return new Reply(code, JSON, body);
    }

    static Reply text(String text) {
        return new Reply(200, "text/plain; charset=utf-8", text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    static Reply failure(ApiFailure failure) {
        return json(failure.code(), failure.status());
    }
}
