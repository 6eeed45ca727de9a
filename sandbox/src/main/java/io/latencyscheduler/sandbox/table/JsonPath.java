package io.latencyscheduler.sandbox.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JSONPath that printer columns use: {@code .spec.ports}, {@code ['a.b']}, {@code [0]}, {@code [*]},
 * {@code [?(@.type=="Ready")]}.
 */
final class JsonPath {
    private static final Pattern STEP = Pattern.compile("\\.([A-Za-z0-9_\\-/]+(?:\\\\\\.[A-Za-z0-9_\\-/]+)*)"
            + "|\\['([^']+)'\\]"
            + "|\\[(\\d+)\\]"
            + "|\\[(\\*)\\]"
            + "|\\[\\?\\(@\\.([A-Za-z0-9_.\\-]+)\\s*==\\s*[\"']([^\"']*)[\"']\\)\\]");

    private JsonPath() {}

    /** The first value there; missing when there is none or the path is of another form. */
    static JsonNode first(JsonNode object, String path) {
        List<JsonNode> found = List.of(object);
        Matcher steps = STEP.matcher(path);
        int end = 0;
        while (steps.find() && steps.start() == end) {
            List<JsonNode> next = new ArrayList<>();
            for (JsonNode node : found) {
                step(node, steps, next);
            }
            found = next;
            end = steps.end();
        }
        return end < path.length() || found.isEmpty() ? MissingNode.getInstance() : found.get(0);
    }

    private static void step(JsonNode node, Matcher step, List<JsonNode> found) {
        String name = step.group(1) != null ? step.group(1).replace("\\.", ".") : step.group(2);
        if (name != null) {
            addPresent(node.path(name), found);
        } else if (step.group(3) != null) {
            addPresent(node.path(Integer.parseInt(step.group(3))), found);
        } else if (step.group(4) != null) {
            node.forEach(found::add);
        } else {
            String pointer = "/" + step.group(5).replace('.', '/');
            for (JsonNode element : node) {
                if (element.at(pointer).asText().equals(step.group(6))) {
                    found.add(element);
                }
            }
        }
    }

    private static void addPresent(JsonNode node, List<JsonNode> found) {
        if (!node.isMissingNode() && !node.isNull()) {
            found.add(node);
        }
    }
}
