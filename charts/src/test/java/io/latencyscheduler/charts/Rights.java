package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import java.util.Set;
import java.util.TreeSet;

/** Rights as roles grant them: one line for each, such as {@code latency-scheduler-agent: list nodeinventories.latency-scheduler.io}. */
final class Rights {
    private Rights() {}

    /** Those of a Role or ClusterRole. */
    static Set<String> granted(JsonNode role) {
        Set<String> rights = new TreeSet<>();
        for (JsonNode rule : role.path("rules")) {
            for (JsonNode group : rule.path("apiGroups")) {
                for (JsonNode resource : rule.path("resources")) {
                    for (JsonNode verb : rule.path("verbs")) {
                        rights.add(line(Chart.name(role), verb.asText(), resource.asText(), group.asText()));
                    }
                }
            }
        }
        return rights;
    }

    static String line(String role, String verb, String resource, String group) {
        return role + ": " + verb + " " + resource + (group.isEmpty() ? "" : "." + group);
    }

    /** The role's rules without one right, each for one resource. */
    static ArrayNode without(JsonNode role, String right) {
        ArrayNode rules = Json.array();
        for (JsonNode rule : role.path("rules")) {
            for (JsonNode group : rule.path("apiGroups")) {
                for (JsonNode resource : rule.path("resources")) {
                    ObjectNode narrow = rule.deepCopy();
                    narrow.putArray("apiGroups").add(group);
                    narrow.putArray("resources").add(resource);
                    ArrayNode verbs = narrow.putArray("verbs");
                    for (JsonNode verb : rule.path("verbs")) {
                        if (!line(Chart.name(role), verb.asText(), resource.asText(), group.asText())
                                .equals(right)) {
                            verbs.add(verb);
                        }
                    }
                    if (!verbs.isEmpty()) {
                        rules.add(narrow);
                    }
                }
            }
        }
        return rules;
    }
}
