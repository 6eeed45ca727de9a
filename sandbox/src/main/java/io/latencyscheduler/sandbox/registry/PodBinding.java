package io.latencyscheduler.sandbox.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.Metadata;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.store.Stored;
import java.util.List;

/**
 * {@code POST pods/{name}/binding}: node name, the Binding's annotations and the PodScheduled condition in one guarded
 * write (kube-apiserver's {@code pkg/registry/core/pod/storage}, {@code setPodHostAndAnnotations}).
 */
public final class PodBinding {
    private static final ResourceType PODS = BuiltinTypes.PODS;
    private static final String QUALIFIED = "pods/binding";

    private final Registry registry;

    public PodBinding(Registry registry) {
        this.registry = registry;
    }

    /** @throws ApiFailure 409 when the pod is assigned, being deleted, gated or another one; 404 when there is none */
    public void bind(String namespace, String name, JsonNode binding, boolean dryRun) {
        String givenName = binding.at("/metadata/name").asText("");
        if (!givenName.isEmpty() && !givenName.equals(name)) {
            throw ApiFailure.badRequest("name in URL does not match name in Binding object");
        }
        String kind = binding.at("/target/kind").asText("");
        if (!kind.isEmpty() && !kind.equals("Node")) {
            throw ApiFailure.unclassified(
                    "target.kind: Unsupported value: \"" + kind + "\": supported values: \"Node\", \"<empty>\"");
        }
        String node = binding.at("/target/name").asText("");
        if (node.isEmpty()) {
            throw ApiFailure.unclassified("target.name: Required value");
        }
        registry.store().atomically(() -> {
            Stored stored = registry.get(PODS, namespace, name);
            ObjectNode pod = stored.tree();
            checkPreconditions(stored, binding);
            checkFree(name, pod);
            ObjectNode bound = assign(pod.deepCopy(), node, binding.at("/metadata/annotations"));
            return registry.store(PODS, stored, pod, bound, new WriteOptions(dryRun, "", false));
        });
    }

    private static void checkPreconditions(Stored stored, JsonNode binding) {
        String uid = binding.at("/metadata/uid").asText("");
        if (!uid.isEmpty() && !uid.equals(stored.uid())) {
            throw conflict(
                    stored.name(),
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + stored.uid());
        }
        String resourceVersion = binding.at("/metadata/resourceVersion").asText("");
        if (!resourceVersion.isEmpty() && !resourceVersion.equals(Long.toString(stored.revision()))) {
            throw conflict(
                    stored.name(),
                    "Precondition failed: ResourceVersion in precondition: " + resourceVersion
                            + ", ResourceVersion in object meta: " + stored.revision());
        }
    }

    private static void checkFree(String name, ObjectNode pod) {
        if (Metadata.isTerminating(pod)) {
            throw conflict(name, "pod " + name + " is being deleted, cannot be assigned to a host");
        }
        String assigned = Json.text(pod, "/spec/nodeName");
        if (!assigned.isEmpty()) {
            throw conflict(name, "pod " + name + " is already assigned to node \"" + assigned + "\"");
        }
        if (!pod.at("/spec/schedulingGates").isEmpty()) {
            throw conflict(name, "pod " + name + " has non-empty .spec.schedulingGates");
        }
    }

    private static ApiFailure conflict(String name, String message) {
        return ApiFailure.conflict(QUALIFIED, PODS, name, message);
    }

    private ObjectNode assign(ObjectNode pod, String node, JsonNode annotations) {
        Json.child(pod, "spec").put("nodeName", node);
        if (!annotations.isEmpty()) {
            Json.child(Json.metadata(pod), "annotations").setAll((ObjectNode) annotations);
        }
        ObjectNode condition = conditionOf(Json.child(pod, "status").withArray("conditions"), "PodScheduled");
        if (!condition.path("status").asText("").equals("True")) {
            condition.put("lastTransitionTime", Metadata.time(registry.clock().instant()));
        }
        condition.remove(List.of("reason", "message"));
        condition.put("status", "True");
        return pod;
    }

    private static ObjectNode conditionOf(ArrayNode conditions, String type) {
        for (JsonNode condition : conditions) {
            if (condition.path("type").asText().equals(type)) {
                return (ObjectNode) condition;
            }
        }
        ObjectNode fresh = conditions.addObject();
        fresh.put("type", type).putNull("lastProbeTime");
        return fresh;
    }
}
