package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.JsonPatch;
import io.latencyscheduler.sandbox.api.MergePatch;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.api.ResourceType.Feature;
import io.latencyscheduler.sandbox.api.ServerSideApply;
import io.latencyscheduler.sandbox.api.StrategicMergePatch;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.registry.WriteOptions;
import io.latencyscheduler.sandbox.store.Stored;
import java.util.function.UnaryOperator;

/** PATCH in the four forms that the API has. */
final class Patching {
    private static final String ACCEPTED =
            "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";

    private final Registry registry;

    Patching(Registry registry) {
        this.registry = registry;
    }

    record Result(Stored stored, boolean created) {}

    Result patch(ResourcePath path, Request request, boolean statusOnly, WriteOptions options) {
        if (request.contentType().equals("application/apply-patch+yaml")) {
            return apply(path, request, options);
        }
        UnaryOperator<ObjectNode> change = change(path.type(), request);
        Stored stored = registry.modify(path.type(), path.namespace(), path.name(), statusOnly, options, change);
        return new Result(stored, false);
    }

    private Result apply(ResourcePath path, Request request, WriteOptions options) {
        if (options.fieldManager().isEmpty()) {
            throw ApiFailure.unprocessable("fieldManager: Required value: is required for apply patch");
        }
        ResourceType type = path.type();
        ObjectNode applied = Json.asObject(Json.parseYaml(request.body()));
        if (applied.at("/metadata/managedFields").isArray()) {
            throw ApiFailure.badRequest("metadata.managedFields must be nil");
        }
        ObjectNode wanted = registry.intoStoredForm(type, applied);
        Json.metadata(wanted).put("name", path.name());
        UnaryOperator<ObjectNode> merge = current -> ServerSideApply.apply(
                type,
                current,
                wanted,
                options.fieldManager(),
                path.subresource(),
                options.force(),
                registry.clock().instant());
        return registry.store().atomically(() -> {
            boolean exists = registry.store().get(type, type.key(path.namespace(), path.name())) != null;
            if (!exists && path.subresource().isEmpty()) {
                ObjectNode created = merge.apply(Json.object());
                return new Result(registry.create(type, path.namespace(), created, options), true);
            }
            boolean statusOnly = !path.subresource().isEmpty();
            return new Result(registry.modify(type, path.namespace(), path.name(), statusOnly, options, merge), false);
        });
    }

    private static UnaryOperator<ObjectNode> change(ResourceType type, Request request) {
        switch (request.contentType()) {
            case "application/json-patch+json" -> {
                JsonNode patch = Json.parse(request.body());
                return old -> Json.asObject(JsonPatch.apply(old, patch));
            }
            case "application/merge-patch+json" -> {
                ObjectNode patch = Json.asObject(Json.parse(request.body()));
                return old -> Json.asObject(MergePatch.apply(old, patch));
            }
            case "application/strategic-merge-patch+json" -> {
                if (!type.has(Feature.CUSTOM)) {
                    ObjectNode patch = Json.asObject(Json.parse(request.body()));
                    return old -> StrategicMergePatch.apply(old, patch);
                }
                throw ApiFailure.unsupportedMediaType(
                        request.contentType(), "application/json-patch+json, application/merge-patch+json");
            }
            default -> throw ApiFailure.unsupportedMediaType(request.contentType(), ACCEPTED);
        }
    }
}
