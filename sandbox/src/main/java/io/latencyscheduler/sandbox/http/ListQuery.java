package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.FieldSelector;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.LabelSelector;
import io.latencyscheduler.sandbox.store.Stored;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Which objects a list or watch is about.
 *
 * @param name exactly this object; empty for all
 */
record ListQuery(ResourcePath path, LabelSelector labels, FieldSelector fields, String name) {
    static ListQuery of(ResourcePath path, Request request) {
        return new ListQuery(
                path,
                LabelSelector.parse(request.parameter("labelSelector")),
                FieldSelector.parse(path.type(), request.parameter("fieldSelector")),
                path.name());
    }

    boolean selects(Stored stored) {
        return (path.namespace().isEmpty() || path.namespace().equals(stored.namespace()))
                && (name.isEmpty() || name.equals(stored.name()))
                && fields.matches(stored.namespace(), stored.name(), stored.fields())
                && labels.matches(stored.labels());
    }

    boolean selectsAll() {
        return name.isEmpty()
                && labels.requirements().isEmpty()
                && fields.terms().isEmpty();
    }

    /**
     * Where a continued list goes on.
     *
     * @param revision the version that all parts show; -1 when the client gave up on that
     */
    record Continue(long revision, String startKey) {
        String encode() {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(Json.bytes(Json.object()
                            .put("v", "meta.k8s.io/v1")
                            .put("rv", revision)
                            .put("start", startKey)));
        }

        static Continue decode(String token) {
            try {
                JsonNode tree = Json.parse(Base64.getUrlDecoder().decode(token.getBytes(StandardCharsets.US_ASCII)));
                if (tree.path("rv").isIntegralNumber() && tree.path("start").isTextual()) {
                    return new Continue(
                            tree.path("rv").asLong(), tree.path("start").asText());
                }
            } catch (IllegalArgumentException | ApiFailure e) {
                // Said below.
            }
            throw ApiFailure.badRequest("continue key is not valid: '" + token + "'");
        }
    }
}
