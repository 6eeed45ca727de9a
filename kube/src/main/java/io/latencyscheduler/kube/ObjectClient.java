package io.latencyscheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads and writes objects of any kind as trees. Refusals are {@link ApiFailure}s; an absent object is a value. Thread-safe.
 */
public final class ObjectClient {
    private static final int PAGE = 500;
    private final Transport api;

    public ObjectClient(Transport api) {
        this.api = api;
    }

    /** The object, consistently read; empty when there is none, or no such resource. */
    public Optional<ObjectNode> get(Resource resource, String namespace, String name) throws IOException {
        ApiRequest request = ApiRequest.get(resource.path(namespace, name));
        ApiResponse response = api.send(request);
        return response.status() == 404
                ? Optional.empty()
                : Optional.of(object(response.orThrow("GET " + request.path())));
    }

    /** All objects that meet the query, consistently read; an empty namespace means all of them. */
    public List<JsonNode> list(Resource resource, String namespace, Map<String, String> query) throws IOException {
        String path = namespace.isEmpty() ? resource.path() : resource.path(namespace);
        List<JsonNode> items = new ArrayList<>();
        String next = "";
        do {
            ApiRequest request = ApiRequest.get(path).with("limit", Integer.toString(PAGE));
            for (Map.Entry<String, String> parameter : query.entrySet()) {
                request = request.with(parameter.getKey(), parameter.getValue());
            }
            JsonNode page = api.demand(next.isEmpty() ? request : request.with("continue", next))
                    .tree();
            page.path("items").forEach(items::add);
            next = page.path("metadata").path("continue").asText("");
        } while (!next.isEmpty());
        return items;
    }

    /** Creates the object and returns it as stored; 409 {@code AlreadyExists} is a failure. */
    public ObjectNode create(Resource resource, String namespace, JsonNode object) throws IOException {
        return object(api.demand(ApiRequest.post(resource.path(namespace), object)));
    }

    /** Replaces the object; 409 {@code Conflict} when its {@code resourceVersion} is not the newest. */
    public ObjectNode replace(Resource resource, String namespace, String name, JsonNode object) throws IOException {
        return object(api.demand(ApiRequest.put(resource.path(namespace, name), object)));
    }

    /** Replaces the object's status. */
    public ObjectNode replaceStatus(Resource resource, String namespace, String name, JsonNode object)
            throws IOException {
        return object(api.demand(ApiRequest.put(resource.path(namespace, name, "status"), object)));
    }

    /** Changes the object and returns it as stored. */
    public ObjectNode patch(Resource resource, String namespace, String name, Patch patch) throws IOException {
        return object(api.demand(ApiRequest.patch(resource.path(namespace, name), patch)));
    }

    /** Changes the object's status. */
    public ObjectNode patchStatus(Resource resource, String namespace, String name, Patch patch) throws IOException {
        return object(api.demand(ApiRequest.patch(resource.path(namespace, name, "status"), patch)));
    }

    /** Asks for deletion; false when there is no such object. A UID that is not empty must be the object's. */
    public boolean delete(Resource resource, String namespace, String name, String uid) throws IOException {
        ObjectNode options = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
        if (!uid.isEmpty()) {
            options.putObject("preconditions").put("uid", uid);
        }
        ApiRequest request = ApiRequest.delete(resource.path(namespace, name), options);
        ApiResponse response = api.send(request);
        if (response.status() == 404) {
            return false;
        }
        response.orThrow("DELETE " + request.path());
        return true;
    }

    private static ObjectNode object(ApiResponse response) throws IOException {
        JsonNode tree = response.tree();
        if (tree instanceof ObjectNode object) {
            return object;
        }
        throw new IOException("the API server answered " + response.status() + " with no object");
    }
}
