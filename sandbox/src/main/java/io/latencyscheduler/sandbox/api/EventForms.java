package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** An Event has two wire forms, {@code v1} and {@code events.k8s.io/v1}, of one stored object. */
public final class EventForms {
    private static final Map<String, String> CORE_TO_NEW = Map.of(
            "involvedObject", "regarding",
            "message", "note",
            "reportingComponent", "reportingController",
            "source", "deprecatedSource",
            "count", "deprecatedCount",
            "firstTimestamp", "deprecatedFirstTimestamp",
            "lastTimestamp", "deprecatedLastTimestamp");

    private EventForms() {}

    /** Into the stored form, that of {@code v1}. */
    public static ObjectNode toCore(ObjectNode event) {
        ObjectNode core = event.deepCopy();
        CORE_TO_NEW.forEach((coreName, newName) -> rename(core, newName, coreName));
        return core.put("apiVersion", "v1");
    }

    /** Out of the stored form. */
    public static ObjectNode toEventsV1(ObjectNode core) {
        ObjectNode event = core.deepCopy();
        CORE_TO_NEW.forEach((coreName, newName) -> rename(event, coreName, newName));
        return event.put("apiVersion", "events.k8s.io/v1");
    }

    private static void rename(ObjectNode object, String from, String to) {
        JsonNode value = object.remove(from);
        if (value != null) {
            object.set(to, value);
        }
    }
}
