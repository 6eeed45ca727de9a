package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A refusal that becomes the {@code Status} object a client gets, with the code, reason and wording of kube-apiserver. */
public final class ApiFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;
    private final String reason;
    private final transient ObjectNode details = Json.object();
    private String freshContinue = "";

    private ApiFailure(int code, String reason, String message) {
        super(message, null, false, false);
        this.code = code;
        this.reason = reason;
    }

    /** One fault of an object: the reason of the cause, the path of the field and the sentence. */
    public record Cause(String reason, String field, String message) {
        public static Cause required(String field, String message) {
            return new Cause("FieldValueRequired", field, "Required value" + (message.isEmpty() ? "" : ": " + message));
        }

        public static Cause invalid(String field, String value, String message) {
            return new Cause("FieldValueInvalid", field, "Invalid value: " + value + ": " + message);
        }

        public static Cause forbidden(String field, String message) {
            return new Cause("FieldValueForbidden", field, "Forbidden: " + message);
        }
    }

    public static ApiFailure badRequest(String message) {
        return new ApiFailure(400, "BadRequest", message);
    }

    public static ApiFailure unauthorized() {
        return new ApiFailure(401, "Unauthorized", "Unauthorized");
    }

    public static ApiFailure forbidden(ResourceType type, String name, String message) {
        return new ApiFailure(403, "Forbidden", type.qualified() + " \"" + name + "\" is forbidden: " + message)
                .about(type, name);
    }

    public static ApiFailure notFound(ResourceType type, String name) {
        return new ApiFailure(404, "NotFound", type.qualified() + " \"" + name + "\" not found").about(type, name);
    }

    public static ApiFailure noSuchPath() {
        return new ApiFailure(404, "NotFound", "the server could not find the requested resource");
    }

    public static ApiFailure methodNotAllowed() {
        return new ApiFailure(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
    }

    public static ApiFailure notAcceptable(String accepted) {
        return new ApiFailure(406, "NotAcceptable", "only the following media types are accepted: " + accepted);
    }

    public static ApiFailure alreadyExists(ResourceType type, String name) {
        return new ApiFailure(409, "AlreadyExists", type.qualified() + " \"" + name + "\" already exists")
                .about(type, name);
    }

    public static ApiFailure conflict(ResourceType type, String name, String message) {
        return conflict(type.qualified(), type, name, message);
    }

    /** A conflict on a subresource, which kube-apiserver names in the sentence: {@code pods/binding}. */
    public static ApiFailure conflict(String qualified, ResourceType type, String name, String message) {
        return new ApiFailure(
                        409,
                        "Conflict",
                        "Operation cannot be fulfilled on " + qualified + " \"" + name + "\": " + message)
                .about(type, name);
    }

    public static ApiFailure modified(ResourceType type, String name) {
        return conflict(
                type,
                name,
                "the object has been modified; please apply your changes to the latest version and try again");
    }

    /** Server-side apply met fields that other managers own. */
    public static ApiFailure applyConflict(String message, List<Cause> causes) {
        ApiFailure failure = new ApiFailure(409, "Conflict", message);
        failure.addCauses(causes);
        return failure;
    }

    public static ApiFailure expired(String message) {
        return new ApiFailure(410, "Expired", message);
    }

    /** As {@link #expired(String)}, with a token that goes on from the same place in the newest state. */
    public static ApiFailure expiredContinue(String message, String freshToken) {
        ApiFailure failure = expired(message);
        failure.freshContinue = freshToken;
        return failure;
    }

    public static ApiFailure tooLarge(int limitBytes) {
        return new ApiFailure(413, "RequestEntityTooLarge", "Request entity too large: limit is " + limitBytes);
    }

    public static ApiFailure unsupportedMediaType(String given, String accepted) {
        return new ApiFailure(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: " + accepted
                        + " (given: " + given + ")");
    }

    public static ApiFailure invalid(ResourceType type, String name, List<Cause> causes) {
        List<String> sentences = causes.stream()
                .map(cause -> cause.field() + ": " + cause.message())
                .toList();
        String joined = sentences.size() == 1 ? sentences.get(0) : "[" + String.join(", ", sentences) + "]";
        String kind = type.kind() + (type.group().isEmpty() ? "" : "." + type.group());
        ApiFailure failure = new ApiFailure(422, "Invalid", kind + " \"" + name + "\" is invalid: " + joined);
        failure.about(type, name);
        failure.details.put("kind", type.kind());
        failure.addCauses(causes);
        return failure;
    }

    /** A JSON patch that does not apply, or server-side apply of what cannot be merged. */
    public static ApiFailure unprocessable(String message) {
        return new ApiFailure(
                422, "Invalid", "the server rejected our request due to an error in our request: " + message);
    }

    public static ApiFailure tooManyRequests(String message, int retryAfterSeconds) {
        ApiFailure failure = new ApiFailure(429, "TooManyRequests", message);
        if (retryAfterSeconds > 0) {
            failure.details.put("retryAfterSeconds", retryAfterSeconds);
        }
        return failure;
    }

    public static ApiFailure internal(String message) {
        return new ApiFailure(500, "InternalError", "Internal error occurred: " + message);
    }

    /** What kube-apiserver does not classify: a faulty Binding, for one. */
    public static ApiFailure unclassified(String message) {
        return new ApiFailure(500, "", message);
    }

    public static ApiFailure resourceVersionTooLarge(long wanted, long current) {
        ApiFailure failure = new ApiFailure(
                504, "Timeout", "Timeout: Too large resource version: " + wanted + ", current: " + current);
        failure.addCauses(List.of(new Cause("ResourceVersionTooLarge", "", "Too large resource version")));
        failure.details.put("retryAfterSeconds", 1);
        return failure;
    }

    private ApiFailure about(ResourceType type, String name) {
        details.put("name", name);
        if (!type.group().isEmpty()) {
            details.put("group", type.group());
        }
        details.put("kind", type.plural());
        return this;
    }

    /** Adds causes to the details; returns itself. */
    public ApiFailure with(Cause cause) {
        addCauses(List.of(cause));
        return this;
    }

    private void addCauses(List<Cause> causes) {
        for (Cause cause : causes) {
            ObjectNode entry = details.withArray("causes").addObject();
            entry.put("reason", cause.reason()).put("message", cause.message());
            if (!cause.field().isEmpty()) {
                entry.put("field", cause.field());
            }
        }
    }

    public int code() {
        return code;
    }

    public String reason() {
        return reason;
    }

    /** The {@code Status} object. */
    public ObjectNode status() {
        ObjectNode status = Json.object();
        status.put("kind", "Status").put("apiVersion", "v1");
        ObjectNode metadata = status.putObject("metadata");
        if (!freshContinue.isEmpty()) {
            metadata.put("continue", freshContinue);
        }
        status.put("status", "Failure").put("message", getMessage()).put("reason", reason);
        if (!details.isEmpty()) {
            status.set("details", details);
        }
        return status.put("code", code);
    }
}
