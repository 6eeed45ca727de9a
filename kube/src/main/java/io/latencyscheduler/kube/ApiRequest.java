package io.latencyscheduler.kube;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A request to the API server.
 *
 * @param method HTTP method
 * @param path from {@link Resource}
 * @param query parameters, not yet encoded
 * @param contentType of the body; null when there is none
 * @param body as sent; null for none
 * @param timeout from sending to the whole answer; null: the client's
 * @param pushbackIsFinal whether a 429 is the answer, as it is to an eviction, and not a wish to be asked again later
 * @param permit asked each time right before the request leaves, after every wait; when false it is not sent
 */
public record ApiRequest(
        String method,
        String path,
        Map<String, String> query,
        @Nullable String contentType,
        byte @Nullable [] body,
        @Nullable Duration timeout,
        boolean pushbackIsFinal,
        BooleanSupplier permit) {
    static final String JSON = "application/json";

    public static ApiRequest get(String path) {
        return new ApiRequest("GET", path, Map.of(), null, null, null, false, () -> true);
    }

    public static ApiRequest post(String path, Object value) {
        return new ApiRequest("POST", path, Map.of(), JSON, Json.bytes(value), null, false, () -> true);
    }

    public static ApiRequest put(String path, Object value) {
        return new ApiRequest("PUT", path, Map.of(), JSON, Json.bytes(value), null, false, () -> true);
    }

    public static ApiRequest delete(String path, @Nullable Object options) {
        return new ApiRequest(
                "DELETE",
                path,
                Map.of(),
                options == null ? null : JSON,
                options == null ? null : Json.bytes(options),
                null,
                false,
                () -> true);
    }

    public static ApiRequest patch(String path, Patch patch) {
        return new ApiRequest(
                "PATCH",
                path,
                patch.query(),
                patch.type().contentType(),
                Json.bytes(patch.body()),
                null,
                false,
                () -> true);
    }

    /** With one more query parameter. */
    public ApiRequest with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(query);
        more.put(name, value);
        return new ApiRequest(method, path, more, contentType, body, timeout, pushbackIsFinal, permit);
    }

    /** With a timeout of its own. */
    public ApiRequest within(Duration limit) {
        return new ApiRequest(method, path, query, contentType, body, limit, pushbackIsFinal, permit);
    }

    /** Sent only while the condition holds: for writes that a leader alone may make. */
    public ApiRequest onlyIf(BooleanSupplier condition) {
        return new ApiRequest(method, path, query, contentType, body, timeout, pushbackIsFinal, condition);
    }

    /** With 429 as an answer like any other. */
    public ApiRequest takingPushback() {
        return new ApiRequest(method, path, query, contentType, body, timeout, true, permit);
    }
}
