package io.latencyscheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A change of an object, built as a tree: models written as patches would clear what they do not mention.
 *
 * @param type how the server merges it
 * @param body the patch
 * @param query what the server needs beside it
 */
public record Patch(Type type, JsonNode body, Map<String, String> query) {
    /** How the server merges a patch. */
    public enum Type {
        /** RFC 6902, with {@code test}. */
        JSON("application/json-patch+json"),
        /** RFC 7386: null removes. */
        MERGE("application/merge-patch+json"),
        /** Lists merge by key; not for custom resources. */
        STRATEGIC("application/strategic-merge-patch+json"),
        /** Server-side apply. */
        APPLY("application/apply-patch+yaml");

        private final String contentType;

        Type(String contentType) {
            this.contentType = contentType;
        }

        public String contentType() {
            return contentType;
        }
    }

    public static Patch merge(JsonNode body) {
        return new Patch(Type.MERGE, body, Map.of());
    }

    public static Patch strategic(JsonNode body) {
        return new Patch(Type.STRATEGIC, body, Map.of());
    }

    /**
     * Server-side apply: the fields in {@code body}, which names its apiVersion, kind and name, are ours; what we applied
     * before and leave out is removed.
     */
    public static Patch apply(JsonNode body, String fieldManager, boolean force) {
        return new Patch(Type.APPLY, body, Map.of("fieldManager", fieldManager, "force", Boolean.toString(force)));
    }

    /** Starts a JSON patch. */
    public static Operations operations() {
        return new Operations();
    }

    /** RFC 6901 pointer to a field, with names escaped. */
    public static String pointer(String... names) {
        StringBuilder pointer = new StringBuilder();
        for (String name : names) {
            pointer.append('/').append(name.replace("~", "~0").replace("/", "~1"));
        }
        return pointer.toString();
    }

    /** Operations of a JSON patch, applied in order, all or none. */
    public static final class Operations {
        private final ArrayNode operations = Json.array();

        private Operations() {}

        /** Refuses the whole patch unless the value is this; null: unless it is absent or null. */
        public Operations test(String pointer, @Nullable Object value) {
            return operation("test", pointer, value);
        }

        /** Sets a member, or inserts an element. */
        public Operations add(String pointer, Object value) {
            return operation("add", pointer, value);
        }

        /** Replaces what must be there. */
        public Operations replace(String pointer, Object value) {
            return operation("replace", pointer, value);
        }

        /** Removes what must be there. */
        public Operations remove(String pointer) {
            operations.addObject().put("op", "remove").put("path", pointer);
            return this;
        }

        private Operations operation(String name, String pointer, @Nullable Object value) {
            ObjectNode operation = operations.addObject().put("op", name).put("path", pointer);
            if (value == null) {
                operation.putNull("value");
            } else {
                operation.set("value", Json.toTree(value));
            }
            return this;
        }

        public Patch build() {
            return new Patch(Type.JSON, operations, Map.of());
        }
    }
}
