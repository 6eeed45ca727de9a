package io.latencyscheduler.discovery.publish;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/** What matters of a Node object as the API server has it. */
public record ObservedNode(String uid, Map<String, String> labels, Map<String, String> annotations) {
    public ObservedNode {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
    }

    /** Reads a Node. */
    public static ObservedNode of(JsonNode node) {
        JsonNode metadata = node.path("metadata");
        return new ObservedNode(
                metadata.path("uid").asText(), strings(metadata.path("labels")), strings(metadata.path("annotations")));
    }

    static Map<String, String> strings(JsonNode object) {
        Map<String, String> strings = new HashMap<>();
        object.properties()
                .forEach(entry -> strings.put(entry.getKey(), entry.getValue().asText()));
        return strings;
    }
}
