package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;

/** By which members the elements of a list are told apart. */
@FunctionalInterface
interface ListKeys {
    /**
     * @param path of the list: {@code .spec.containers}
     * @param list an example of it
     * @return empty when the list is one value
     */
    List<String> of(String path, ArrayNode list);

    /** From the schema of a custom resource, else from the API types' merge keys. */
    static ListKeys of(ResourceType type) {
        if (type.has(ResourceType.Feature.CUSTOM)) {
            return (path, list) -> {
                List<String> keys = new ArrayList<>();
                schemaAt(type.schema(), path).path("x-kubernetes-list-map-keys").forEach(key -> keys.add(key.asText()));
                return keys;
            };
        }
        return (path, list) -> {
            String key = StrategicMergePatch.mergeKey(path.substring(path.lastIndexOf('.') + 1), list, list);
            return key == null ? List.of() : List.of(key);
        };
    }

    private static JsonNode schemaAt(JsonNode schema, String path) {
        JsonNode at = schema;
        for (String name : path.substring(1).split("\\.", -1)) {
            if (at.path("type").asText().equals("array")) {
                at = at.path("items");
            }
            JsonNode property = at.path("properties").path(name);
            at = property.isMissingNode() ? at.path("additionalProperties") : property;
        }
        return at;
    }
}
