package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rights as roles grant them and as the API server's audit log saw them used. The log names the role that allowed a
 * request: a right that was used through a role could not have been left out of it.
 */
final class Rights {
    private static final Pattern ROLE = Pattern.compile(" of (?:Cluster)?Role \"([^\"]+)\" ");

    private Rights() {}

    /** One line for each right, such as {@code latency-scheduler-agent: list nodeinventories.latency-scheduler.io}. */
    static Set<String> granted(List<JsonNode> roles) {
        Set<String> rights = new TreeSet<>();
        for (JsonNode role : roles) {
            for (JsonNode rule : role.path("rules")) {
                for (JsonNode group : rule.path("apiGroups")) {
                    for (JsonNode resource : rule.path("resources")) {
                        for (JsonNode verb : rule.path("verbs")) {
                            rights.add(line(Chart.name(role), verb.asText(), resource.asText(), group.asText()));
                        }
                    }
                }
            }
        }
        return rights;
    }

    private static String line(String role, String verb, String resource, String group) {
        return role + ": " + verb + " " + resource + (group.isEmpty() ? "" : "." + group);
    }

    /** What the log saw allowed by RBAC roles other than those that every user has. */
    static Set<String> used(Path auditLog) throws IOException {
        Set<String> rights = new TreeSet<>();
        for (JsonNode event : events(auditLog)) {
            Matcher role = ROLE.matcher(reason(event));
            if (event.has("objectRef") && role.find() && !role.group(1).startsWith("system:")) {
                rights.add(right(role.group(1), event));
            }
        }
        return rights;
    }

    /** What the log saw forbidden, as {@code user: verb resource}. */
    static Set<String> denied(Path auditLog) throws IOException {
        Set<String> rights = new TreeSet<>();
        for (JsonNode event : events(auditLog)) {
            if (event.path("annotations")
                    .path("authorization.k8s.io/decision")
                    .asText()
                    .equals("forbid")) {
                rights.add(right(event.at("/user/username").asText(), event));
            }
        }
        return rights;
    }

    private static String right(String who, JsonNode event) {
        JsonNode object = event.path("objectRef");
        String resource = object.path("resource").asText()
                + (object.has("subresource") ? "/" + object.path("subresource").asText() : "");
        return line(
                who,
                event.path("verb").asText(),
                resource.isEmpty() ? event.path("requestURI").asText() : resource,
                object.path("apiGroup").asText());
    }

    private static String reason(JsonNode event) {
        return event.path("annotations").path("authorization.k8s.io/reason").asText();
    }

    /** A line that is being written is left for the next time. */
    private static List<JsonNode> events(Path auditLog) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        String text = Files.readString(auditLog);
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
            if (!line.isBlank()) {
                events.add(io.latencyscheduler.kube.Json.tree(line));
            }
        }
        return events;
    }
}
