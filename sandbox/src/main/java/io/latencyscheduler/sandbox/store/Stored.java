package io.latencyscheduler.sandbox.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.FieldSelector;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import java.util.Map;

/**
 * One version of one object. The object itself is kept as the bytes that clients get: a tree would take ten times the
 * memory, and lists and watches then cost a copy.
 *
 * @param revision its resourceVersion
 * @param json the object with that resourceVersion inside; never changed
 * @param labels metadata.labels, for selectors
 * @param fields what field selectors of its resource may ask for
 */
public record Stored(
        long revision,
        byte[] json,
        String namespace,
        String name,
        String uid,
        Map<String, String> labels,
        Map<String, String> fields) {

    /** Writes the revision into the object, then freezes it. */
    public static Stored freeze(ResourceType type, ObjectNode object, long revision) {
        ObjectNode metadata = Json.metadata(object);
        metadata.put("resourceVersion", Long.toString(revision));
        return new Stored(
                revision,
                Json.bytes(object),
                metadata.path("namespace").asText(""),
                metadata.path("name").asText(""),
                metadata.path("uid").asText(""),
                Json.strings(metadata.path("labels")),
                FieldSelector.fieldsOf(type, object));
    }

    /** A fresh tree, which the caller may change. */
    public ObjectNode tree() {
        return Json.parseOwn(json);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Stored that && revision == that.revision && uid.equals(that.uid);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(revision);
    }

    @Override
    public String toString() {
        return namespace + "/" + name + "@" + revision;
    }
}
