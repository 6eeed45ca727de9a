package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** JSON patch, RFC 6902: all operations or none. */
public final class JsonPatch {
    private JsonPatch() {}

    /**
     * Neither argument is changed.
     *
     * @throws ApiFailure 422 when a {@code test} fails or a path does not exist, 400 for what is no patch
     */
    public static JsonNode apply(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ArrayNode operations)) {
            throw ApiFailure.badRequest("a JSON patch must be an array of operations, not " + patch.getNodeType());
        }
        JsonNode patched = target.deepCopy();
        for (JsonNode operation : operations) {
            patched = applyOne(patched, operation);
        }
        return patched;
    }

    private static JsonNode applyOne(JsonNode document, JsonNode operation) {
        String name = operation.path("op").asText();
        JsonPointer path = pointer(operation, "path");
        return switch (name) {
            case "add" -> add(document, path, value(operation).deepCopy());
            case "replace" -> {
                existing(document, path, name);
                yield path.matches() ? value(operation).deepCopy() : replace(document, path, value(operation));
            }
            case "remove" -> remove(document, path);
            case "test" -> {
                if (!document.at(path).equals(value(operation))
                        && !(document.at(path).isMissingNode()
                                && value(operation).isNull())) {
                    throw ApiFailure.unprocessable("testing path " + path + " failed: the value is "
                            + shown(document.at(path)) + ", not " + value(operation));
                }
                yield document;
            }
            case "copy" ->
                add(
                        document,
                        path,
                        existing(document, pointer(operation, "from"), name).deepCopy());
            case "move" -> {
                JsonPointer from = pointer(operation, "from");
                JsonNode moved = existing(document, from, name).deepCopy();
                yield add(remove(document, from), path, moved);
            }
            default ->
                throw ApiFailure.badRequest(
                        "JSON patch operation '" + name + "' must be add, remove, replace, move, copy or test");
        };
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() ? "absent" : value.toString();
    }

    private static JsonPointer pointer(JsonNode operation, String member) {
        String text = operation.path(member).asText("");
        try {
            return JsonPointer.compile(text);
        } catch (IllegalArgumentException e) {
            throw ApiFailure.badRequest(
                    "JSON patch " + member + " '" + text + "' must be a JSON pointer such as /metadata/labels/a");
        }
    }

    private static JsonNode value(JsonNode operation) {
        JsonNode value = operation.get("value");
        if (value == null) {
            throw ApiFailure.badRequest("JSON patch operation " + operation + " has no value");
        }
        return value;
    }

    private static JsonNode existing(JsonNode document, JsonPointer path, String operation) {
        JsonNode found = document.at(path);
        if (found.isMissingNode()) {
            throw ApiFailure.unprocessable(operation + " operation does not apply: doc is missing path: " + path);
        }
        return found;
    }

    private static JsonNode add(JsonNode document, JsonPointer path, JsonNode value) {
        if (path.matches()) {
            return value;
        }
        JsonNode parent = existing(document, path.head(), "add");
        String last = path.last().getMatchingProperty();
        if (parent instanceof ObjectNode object) {
            object.set(last, value);
        } else if (parent instanceof ArrayNode array) {
            array.insert(last.equals("-") ? array.size() : index(path.last(), array.size(), path), value);
        } else {
            throw ApiFailure.unprocessable(
                    "add operation does not apply: " + path.head() + " is no object and no array");
        }
        return document;
    }

    private static JsonNode replace(JsonNode document, JsonPointer path, JsonNode value) {
        JsonNode parent = document.at(path.head());
        if (parent instanceof ArrayNode array) {
            array.set(index(path.last(), array.size() - 1, path), value.deepCopy());
        } else {
            ((ObjectNode) parent).set(path.last().getMatchingProperty(), value.deepCopy());
        }
        return document;
    }

    private static JsonNode remove(JsonNode document, JsonPointer path) {
        existing(document, path, "remove");
        if (path.matches()) {
            throw ApiFailure.unprocessable("remove operation does not apply: the whole object cannot be removed");
        }
        JsonNode parent = document.at(path.head());
        if (parent instanceof ArrayNode array) {
            array.remove(index(path.last(), array.size() - 1, path));
        } else {
            ((ObjectNode) parent).remove(path.last().getMatchingProperty());
        }
        return document;
    }

    private static int index(JsonPointer last, int highest, JsonPointer path) {
        int index = last.getMatchingIndex();
        if (index < 0 || index > highest) {
            throw ApiFailure.unprocessable("index of " + path + " must be 0 to " + highest);
        }
        return index;
    }
}
