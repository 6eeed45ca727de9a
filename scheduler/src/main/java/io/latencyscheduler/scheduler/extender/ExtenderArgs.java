package io.latencyscheduler.scheduler.extender;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.latencyscheduler.scheduler.kube.ObjectFeed;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What kube-scheduler sends, as {@code k8s.io/kube-scheduler/extender/v1} has it. Names of fields are read whatever their
 * case, as Go reads them. Faults throw IllegalArgumentException with one sentence.
 */
final class ExtenderArgs {
    private ExtenderArgs() {}

    /**
     * {@code ExtenderArgs}: a pod, and the nodes to judge.
     *
     * @param nodes by name, in the order given; the object is empty when names alone were sent
     * @param cached whether names alone were sent, and names are expected ({@code nodeCacheCapable: true})
     */
    record Candidates(PodInfo pod, Map<String, JsonNode> nodes, boolean cached) {
        static Candidates read(JsonNode args) {
            JsonNode names = field(args, "NodeNames");
            JsonNode objects = field(args, "Nodes");
            Map<String, JsonNode> nodes = new LinkedHashMap<>();
            if (names.isArray()) {
                for (JsonNode name : names) {
                    nodes.put(text(name, "NodeNames[]"), MissingNode.getInstance());
                }
            } else if (objects.path("items").isArray()) {
                for (JsonNode node : objects.path("items")) {
                    nodes.put(text(node.path("metadata").path("name"), "Nodes.items[].metadata.name"), node);
                }
            } else {
                throw new IllegalArgumentException(
                        "ExtenderArgs: one of NodeNames, a list of names, and Nodes, a NodeList, must be there");
            }
            return new Candidates(readPod(args), nodes, names.isArray());
        }
    }

    /** {@code ExtenderBindingArgs}; an empty UID means whichever pod has the name. */
    record Binding(String namespace, String name, String uid, String node) {
        static Binding read(JsonNode args) {
            return new Binding(
                    text(field(args, "PodNamespace"), "PodNamespace"),
                    text(field(args, "PodName"), "PodName"),
                    field(args, "PodUID").asText(""),
                    text(field(args, "Node"), "Node"));
        }
    }

    /** {@code ExtenderPreemptionArgs}: by node, the UIDs of the pods that kube-scheduler would evict. */
    record Preemption(PodInfo pod, Map<String, Set<String>> victims) {
        static Preemption read(JsonNode args) {
            Map<String, Set<String>> victims = new LinkedHashMap<>();
            uids(field(args, "NodeNameToMetaVictims"), victims);
            uids(field(args, "NodeNameToVictims"), victims);
            return new Preemption(readPod(args), victims);
        }

        private static void uids(JsonNode byNode, Map<String, Set<String>> to) {
            byNode.properties().forEach(entry -> {
                Set<String> uids = to.computeIfAbsent(entry.getKey(), name -> new HashSet<>());
                for (JsonNode pod : field(entry.getValue(), "Pods")) {
                    JsonNode uid = field(pod, "UID");
                    uids.add(text(uid.isMissingNode() ? pod.path("metadata").path("uid") : uid, "the UID of a victim"));
                }
            });
        }
    }

    private static PodInfo readPod(JsonNode args) {
        JsonNode pod = field(args, "Pod");
        if (!pod.isObject()) {
            throw new IllegalArgumentException("Pod '" + pod.asText("") + "' must be an object of kind Pod");
        }
        try {
            return ObjectFeed.pod(pod);
        } catch (IOException malformed) {
            throw new IllegalArgumentException(
                    "Pod cannot be read: "
                            + String.valueOf(malformed.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse(""),
                    malformed);
        }
    }

    private static String text(JsonNode value, String what) {
        if (!value.isTextual() || value.asText().isEmpty()) {
            throw new IllegalArgumentException(what + " '" + value.asText("") + "' must be a text that is not empty");
        }
        return value.asText();
    }

    private static JsonNode field(JsonNode object, String name) {
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (entry.getKey().equalsIgnoreCase(name)) {
                return entry.getValue();
            }
        }
        return MissingNode.getInstance();
    }
}
