package io.latencyscheduler.scheduler.offline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.scheduler.kube.ObjectFeed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Pods that a manifest asks for, all alike.
 *
 * @param name {@code kind/name}
 * @param replicas how many, from 0; a DaemonSet's, which depends on the nodes, counts as 1
 * @param pod the pod of its template, named after it
 */
public record Workload(String name, int replicas, ObjectNode pod) {
    private static final Map<String, String> TEMPLATES = Map.of(
            "Deployment", "/spec/template",
            "ReplicaSet", "/spec/template",
            "StatefulSet", "/spec/template",
            "DaemonSet", "/spec/template",
            "Job", "/spec/template",
            "CronJob", "/spec/jobTemplate/spec/template",
            "ReplicationController", "/spec/template");

    /**
     * Reads YAML or JSON, several documents parted by lines of {@code ---}. Objects that make no pods are passed over.
     *
     * @param origin for messages
     * @throws IllegalArgumentException with one sentence when something is malformed or nothing makes pods
     */
    public static List<Workload> read(String text, String origin) {
        List<Workload> workloads = new ArrayList<>();
        int number = 0;
        for (String document : text.split("(?m)^---(?:[ \\t].*)?$")) {
            number++;
            if (document.lines().allMatch(line -> line.isBlank() || line.startsWith("#"))) {
                continue;
            }
            try {
                add(Json.toTree(Yaml.read(document)), workloads);
            } catch (IllegalArgumentException malformed) {
                throw new IllegalArgumentException(
                        origin + ", document " + number + ": " + malformed.getMessage(), malformed);
            }
        }
        if (workloads.isEmpty()) {
            throw new IllegalArgumentException(origin + ": no object of kind Pod, Deployment, StatefulSet, DaemonSet,"
                    + " ReplicaSet, Job or CronJob is in it");
        }
        return workloads;
    }

    private static void add(JsonNode object, List<Workload> to) {
        String kind = object.path("kind").asText("");
        if (kind.equals("List")) {
            object.path("items").forEach(item -> add(item, to));
            return;
        }
        String template = TEMPLATES.get(kind);
        if (!kind.equals("Pod") && template == null) {
            return;
        }
        JsonNode found = template == null ? object : object.at(template);
        if (!(found instanceof ObjectNode)) {
            throw new IllegalArgumentException(
                    kind + " " + object.path("metadata").path("name").asText() + " has no pod template");
        }
        ObjectNode pod = found.deepCopy();
        String name = object.path("metadata").path("name").asText("");
        name = name.isEmpty() ? object.path("metadata").path("generateName").asText("unnamed") : name;
        ObjectNode metadata = pod.withObject("/metadata").put("name", name);
        if (!metadata.has("namespace")) {
            metadata.put("namespace", object.path("metadata").path("namespace").asText("default"));
        }
        pod.put("kind", "Pod").put("apiVersion", "v1");
        JsonNode replicas = object.at(kind.equals("Job") ? "/spec/parallelism" : "/spec/replicas");
        if (!replicas.isMissingNode() && (!replicas.canConvertToInt() || replicas.asInt() < 0)) {
            throw new IllegalArgumentException(
                    kind + " " + name + ": replicas '" + replicas.asText() + "' must be an integer of 0 or more");
        }
        try {
            ObjectFeed.pod(pod);
        } catch (IOException malformed) {
            throw new IllegalArgumentException(
                    kind + " " + name + " is not a pod: "
                            + String.valueOf(malformed.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse(""),
                    malformed);
        }
        to.add(new Workload(kind.toLowerCase(java.util.Locale.ROOT) + "/" + name, replicas.asInt(1), pod));
    }
}
