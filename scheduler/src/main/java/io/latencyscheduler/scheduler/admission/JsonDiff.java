package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Patch;
import java.util.Map;

/** The JSON patch from one tree to another that only adds and changes; elements of lists are added at the end. */
final class JsonDiff {
    private JsonDiff() {}

    /** The operations; applied to {@code before} they give {@code after}. */
    static ArrayNode of(JsonNode before, JsonNode after) {
        ArrayNode operations = Json.array();
        compare("", before, after, operations);
        return operations;
    }

    private static void compare(String at, JsonNode before, JsonNode after, ArrayNode operations) {
        if (before.equals(after)) {
            return;
        }
        if (before instanceof ObjectNode && after instanceof ObjectNode) {
            for (Map.Entry<String, JsonNode> member : after.properties()) {
                String pointer = at + Patch.pointer(member.getKey());
                JsonNode known = before.get(member.getKey());
                if (known == null) {
                    add("add", pointer, member.getValue(), operations);
                } else {
                    compare(pointer, known, member.getValue(), operations);
                }
            }
        } else if (before instanceof ArrayNode && after instanceof ArrayNode && after.size() >= before.size()) {
            for (int i = 0; i < after.size(); i++) {
                if (i < before.size()) {
                    compare(at + "/" + i, before.get(i), after.get(i), operations);
                } else {
                    add("add", at + "/-", after.get(i), operations);
                }
            }
        } else {
            add("replace", at, after, operations);
        }
    }

    private static void add(String operation, String pointer, JsonNode value, ArrayNode operations) {
        operations.addObject().put("op", operation).put("path", pointer).set("value", value);
    }
}
