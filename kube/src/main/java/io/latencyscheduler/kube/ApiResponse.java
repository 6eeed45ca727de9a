package io.latencyscheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;

/**
 * What the API server answered.
 *
 * @param status HTTP status
 * @param body the whole answer, as sent
 */
public record ApiResponse(int status, byte[] body) {
    public boolean ok() {
        return status >= 200 && status < 300;
    }

    /** The body as a tree. */
    public JsonNode tree() throws IOException {
        return Json.tree(body);
    }

    /** {@code reason} of the Status that a refusal carries, such as {@code AlreadyExists}; empty when it has none. */
    public String reason() {
        return statusNode().path("reason").asText("");
    }

    /** {@code message} of the Status that a refusal carries, else the beginning of the body. */
    public String message() {
        String message = statusNode().path("message").asText("");
        if (!message.isEmpty()) {
            return message;
        }
        String text = new String(body, java.nio.charset.StandardCharsets.UTF_8).strip();
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }

    private JsonNode statusNode() {
        try {
            return Json.tree(body);
        } catch (IOException notJson) {
            return MissingNode.getInstance();
        }
    }

    /** This response when it is a success. */
    public ApiResponse orThrow(String doing) throws ApiFailure {
        if (ok()) {
            return this;
        }
        throw new ApiFailure(doing, status, reason(), message());
    }
}
