package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure.Cause;
import io.latencyscheduler.sandbox.api.ResourceType.Feature;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What a create or an update becomes before it is stored, by resource: defaults, who owns status, generation, faults. */
public final class Strategy {
    private static final int DEFAULT_PRIORITY = 0;

    private Strategy() {}

    /** Looks up the value of a PriorityClass; null when it does not exist. */
    @FunctionalInterface
    public interface Priorities extends Function<String, @org.jspecify.annotations.Nullable JsonNode> {}

    /**
     * Fills in and checks a new object.
     *
     * @throws ApiFailure 422 with all faults, 403 for an unknown priority class
     */
    public static void beforeCreate(ResourceType type, ObjectNode object, Priorities priorities) {
        if (type.has(Feature.STATUS) && !type.storage().equals("nodes")) {
            object.remove("status");
        }
        switch (type.storage()) {
            case "pods" -> {
                PodRules.setDefaults(object);
                admitPriority(type, object, priorities);
                object.set("status", PodRules.initialStatus(object));
            }
            case "namespaces" -> {
                Json.child(object, "spec").putArray("finalizers").add("kubernetes");
                object.putObject("status").put("phase", "Active");
            }
            case "persistentvolumes", "persistentvolumeclaims" ->
                object.putObject("status").put("phase", "Pending");
            default -> {}
        }
        refuseIfFaulty(type, object, validate(type, object));
    }

    private static void admitPriority(ResourceType type, ObjectNode pod, Priorities priorities) {
        ObjectNode spec = Json.child(pod, "spec");
        String name = spec.path("priorityClassName").asText("");
        int value = DEFAULT_PRIORITY;
        String preemption = "PreemptLowerPriority";
        if (name.equals("system-node-critical") || name.equals("system-cluster-critical")) {
            value = name.equals("system-node-critical") ? 2_000_001_000 : 2_000_000_000;
        } else if (!name.isEmpty()) {
            JsonNode found = priorities.apply(name);
            if (found == null) {
                throw ApiFailure.forbidden(
                        type, Json.text(pod, "/metadata/name"), "no PriorityClass with name " + name + " was found");
            }
            value = found.path("value").asInt();
            preemption = found.path("preemptionPolicy").asText(preemption);
        }
        spec.put("priority", value);
        if (!spec.has("preemptionPolicy")) {
            spec.put("preemptionPolicy", preemption);
        }
    }

    /**
     * Turns what a client sent into what is stored: parts that the endpoint does not write are taken from the old
     * object, the generation counts.
     *
     * @param statusOnly whether the request came to the {@code status} subresource
     * @throws ApiFailure 422 with all faults
     */
    public static void beforeUpdate(ResourceType type, ObjectNode old, ObjectNode updated, boolean statusOnly) {
        if (statusOnly) {
            keepAllButStatus(type, old, updated);
        } else if (type.has(Feature.STATUS)) {
            take("status", old, updated);
        }
        Metadata.keepServerFields(old, updated);
        List<Cause> causes = validate(type, updated);
        if (!statusOnly && type.has(Feature.GENERATION) && !demand(old).equals(demand(updated))) {
            Json.metadata(updated)
                    .put("generation", old.at("/metadata/generation").asLong() + 1);
        }
        if (!statusOnly && type.storage().equals("pods")) {
            causes.addAll(PodRules.validateUpdate(old, updated));
        }
        refuseIfFaulty(type, updated, causes);
    }

    private static void keepAllButStatus(ResourceType type, ObjectNode old, ObjectNode updated) {
        List<String> members = new ArrayList<>();
        old.fieldNames().forEachRemaining(members::add);
        updated.fieldNames().forEachRemaining(members::add);
        for (String member : members) {
            // Built-in resources let a status write change labels and annotations; custom resources do not.
            boolean written = member.equals("status") || (member.equals("metadata") && !type.has(Feature.CUSTOM));
            if (!written) {
                take(member, old, updated);
            }
        }
    }

    private static void take(String member, ObjectNode from, ObjectNode to) {
        JsonNode value = from.get(member);
        if (value == null) {
            to.remove(member);
        } else {
            to.set(member, value);
        }
    }

    /** What the user asks for: everything but metadata and status. */
    private static ObjectNode demand(ObjectNode object) {
        ObjectNode demand = object.deepCopy();
        demand.remove(List.of("metadata", "status"));
        return demand;
    }

    /** Custom resources are pruned and defaulted on the way. */
    private static List<Cause> validate(ResourceType type, ObjectNode object) {
        List<Cause> causes = Metadata.validate(type, object);
        if (type.storage().equals("pods")) {
            causes.addAll(PodRules.validate(object));
        }
        causes.addAll(Schema.admit(type.schema(), object));
        return causes;
    }

    private static void refuseIfFaulty(ResourceType type, ObjectNode object, List<Cause> causes) {
        if (!causes.isEmpty()) {
            throw ApiFailure.invalid(type, Json.text(object, "/metadata/name"), causes);
        }
    }
}
