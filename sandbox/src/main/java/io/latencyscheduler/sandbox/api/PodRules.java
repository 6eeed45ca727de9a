package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure.Cause;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the API server and its standard admission plugins fill in, refuse and keep unchanged in a pod. */
public final class PodRules {
    private static final int NOT_READY_SECONDS = 300;
    private static final int GRACE_SECONDS = 30;

    private PodRules() {}

    /** Defaults of the API, and the tolerations of the DefaultTolerationSeconds plugin. */
    public static void setDefaults(ObjectNode pod) {
        ObjectNode spec = Json.child(pod, "spec");
        putIfAbsent(spec, "restartPolicy", "Always");
        putIfAbsent(spec, "dnsPolicy", "ClusterFirst");
        putIfAbsent(spec, "schedulerName", "default-scheduler");
        putIfAbsent(spec, "serviceAccountName", "default");
        spec.put("serviceAccount", spec.path("serviceAccountName").asText());
        if (!spec.has("terminationGracePeriodSeconds")) {
            spec.put("terminationGracePeriodSeconds", GRACE_SECONDS);
        }
        if (!spec.has("enableServiceLinks")) {
            spec.put("enableServiceLinks", true);
        }
        Json.child(spec, "securityContext");
        for (String list : List.of("initContainers", "containers")) {
            spec.path(list).forEach(container -> {
                if (container instanceof ObjectNode object) {
                    setContainerDefaults(object, spec.path("hostNetwork").asBoolean());
                }
            });
        }
        tolerate(spec, "node.kubernetes.io/not-ready");
        tolerate(spec, "node.kubernetes.io/unreachable");
    }

    private static void setContainerDefaults(ObjectNode container, boolean hostNetwork) {
        putIfAbsent(container, "terminationMessagePath", "/dev/termination-log");
        putIfAbsent(container, "terminationMessagePolicy", "File");
        String image = container.path("image").asText();
        boolean latest =
                image.endsWith(":latest") || (image.lastIndexOf(':') <= image.lastIndexOf('/') && !image.contains("@"));
        putIfAbsent(container, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
        ObjectNode resources = Json.child(container, "resources");
        if (resources.has("limits")) {
            ObjectNode requests = Json.child(resources, "requests");
            resources.path("limits").properties().forEach(limit -> {
                if (!requests.has(limit.getKey())) {
                    requests.set(limit.getKey(), limit.getValue());
                }
            });
        }
        container.path("ports").forEach(port -> {
            if (port instanceof ObjectNode object) {
                putIfAbsent(object, "protocol", "TCP");
                if (hostNetwork && !object.has("hostPort")) {
                    object.set("hostPort", object.path("containerPort"));
                }
            }
        });
    }

    private static void tolerate(ObjectNode spec, String taint) {
        for (JsonNode toleration : spec.path("tolerations")) {
            String key = toleration.path("key").asText("");
            String effect = toleration.path("effect").asText("");
            if ((key.isEmpty() || key.equals(taint)) && (effect.isEmpty() || effect.equals("NoExecute"))) {
                return;
            }
        }
        spec.withArray("tolerations")
                .addObject()
                .put("key", taint)
                .put("operator", "Exists")
                .put("effect", "NoExecute")
                .put("tolerationSeconds", NOT_READY_SECONDS);
    }

    private static void putIfAbsent(ObjectNode object, String member, String value) {
        if (object.path(member).asText("").isEmpty()) {
            object.put(member, value);
        }
    }

    /** The status of a pod that was just created. */
    public static ObjectNode initialStatus(ObjectNode pod) {
        ObjectNode status = Json.object().put("phase", "Pending").put("qosClass", qosClass(pod.path("spec")));
        if (!pod.at("/spec/schedulingGates").isEmpty()) {
            status.putArray("conditions")
                    .addObject()
                    .put("type", "PodScheduled")
                    .put("status", "False")
                    .put("reason", "SchedulingGated")
                    .put("message", "Scheduling is blocked due to non-empty scheduling gates");
        }
        return status;
    }

    static String qosClass(JsonNode spec) {
        boolean any = false;
        boolean guaranteed = true;
        for (String list : List.of("initContainers", "containers")) {
            for (JsonNode container : spec.path(list)) {
                JsonNode requests = container.at("/resources/requests");
                JsonNode limits = container.at("/resources/limits");
                for (String resource : List.of("cpu", "memory")) {
                    any |= requests.has(resource) || limits.has(resource);
                    guaranteed &= limits.has(resource)
                            && (!requests.has(resource)
                                    || requests.get(resource).equals(limits.get(resource)));
                }
            }
        }
        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }

    /** The faults that every client meets sooner or later; not the API server's complete list. */
    public static List<Cause> validate(JsonNode pod) {
        List<Cause> causes = new ArrayList<>();
        JsonNode containers = pod.at("/spec/containers");
        if (containers.isEmpty()) {
            causes.add(Cause.required("spec.containers", ""));
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < containers.size(); i++) {
            JsonNode container = containers.get(i);
            String path = "spec.containers[" + i + "]";
            String name = container.path("name").asText("");
            if (name.isEmpty()) {
                causes.add(Cause.required(path + ".name", ""));
            } else if (!names.add(name)) {
                causes.add(new Cause("FieldValueDuplicate", path + ".name", "Duplicate value: \"" + name + "\""));
            }
            if (container.path("image").asText("").isEmpty()) {
                causes.add(Cause.required(path + ".image", ""));
            }
        }
        if (!pod.at("/spec/nodeName").asText("").isEmpty()
                && !pod.at("/spec/schedulingGates").isEmpty()) {
            causes.add(Cause.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
        }
        return causes;
    }

    /** Faults of an update: little of a pod's spec may change. */
    public static List<Cause> validateUpdate(ObjectNode old, ObjectNode updated) {
        List<Cause> causes = new ArrayList<>();
        ArrayNode oldGates = gates(old);
        for (JsonNode gate : gates(updated)) {
            boolean known = false;
            for (JsonNode oldGate : oldGates) {
                known |= oldGate.equals(gate);
            }
            if (!known) {
                causes.add(Cause.forbidden(
                        "spec.schedulingGates",
                        "only deletion is allowed, but found new scheduling gate '"
                                + gate.path("name").asText() + "'"));
            }
        }
        // While a pod is gated its placement may still be narrowed.
        boolean gated = !oldGates.isEmpty();
        if (!immutablePart(old, gated).equals(immutablePart(updated, gated))
                || !containsAll(updated.at("/spec/tolerations"), old.at("/spec/tolerations"))) {
            causes.add(Cause.forbidden(
                    "spec",
                    "pod updates may not change fields other than `spec.containers[*].image`, "
                            + "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` "
                            + "(only additions to existing tolerations)"));
        }
        return causes;
    }

    private static ArrayNode gates(ObjectNode pod) {
        return pod.at("/spec/schedulingGates") instanceof ArrayNode gates ? gates : Json.array();
    }

    private static boolean containsAll(JsonNode list, JsonNode head) {
        for (JsonNode wanted : head) {
            boolean found = false;
            for (JsonNode element : list) {
                found |= element.equals(wanted);
            }
            if (!found) {
                return false;
            }
        }
        return true;
    }

    private static JsonNode immutablePart(ObjectNode pod, boolean gated) {
        ObjectNode spec = pod.path("spec").deepCopy();
        spec.remove(
                List.of("activeDeadlineSeconds", "tolerations", "schedulingGates", "terminationGracePeriodSeconds"));
        if (gated) {
            spec.remove(List.of("nodeSelector", "affinity"));
        }
        for (String list : List.of("initContainers", "containers")) {
            spec.path(list).forEach(container -> {
                if (container instanceof ObjectNode object) {
                    object.remove("image");
                }
            });
        }
        return spec;
    }
}
