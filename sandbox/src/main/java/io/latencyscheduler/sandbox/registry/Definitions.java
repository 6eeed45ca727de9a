package io.latencyscheduler.sandbox.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.ApiFailure.Cause;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.Metadata;
import io.latencyscheduler.sandbox.api.ResourceType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** CustomResourceDefinitions: accepted at once, and then served. */
final class Definitions {
    private Definitions() {}

    /**
     * Fills in the names, checks the definition and writes the status that kube-apiserver's controllers would write a
     * moment later.
     *
     * @throws ApiFailure 422 with all faults
     */
    static void accept(ResourceType type, ObjectNode definition, Instant now) {
        ObjectNode names = Json.child(Json.child(definition, "spec"), "names");
        String kind = names.path("kind").asText("");
        if (!names.has("singular")) {
            names.put("singular", kind.toLowerCase(Locale.ROOT));
        }
        if (!names.has("listKind")) {
            names.put("listKind", kind + "List");
        }
        validate(type, definition);
        if (!definition.path("status").isObject()) {
            definition.set("status", acceptedStatus(definition, now));
        }
    }

    private static ObjectNode acceptedStatus(ObjectNode definition, Instant now) {
        ObjectNode status = Json.object();
        status.set("acceptedNames", definition.at("/spec/names").deepCopy());
        for (String[] condition : new String[][] {
            {"NamesAccepted", "NoConflicts", "no conflicts found"},
            {"Established", "InitialNamesAccepted", "the initial names have been accepted"}
        }) {
            status.withArray("conditions")
                    .addObject()
                    .put("type", condition[0])
                    .put("status", "True")
                    .put("lastTransitionTime", Metadata.time(now))
                    .put("reason", condition[1])
                    .put("message", condition[2]);
        }
        definition.at("/spec/versions").forEach(version -> {
            if (version.path("storage").asBoolean()) {
                status.withArray("storedVersions").add(version.path("name").asText());
            }
        });
        return status;
    }

    private static void validate(ResourceType type, ObjectNode definition) {
        List<Cause> causes = new ArrayList<>();
        String name = Json.text(definition, "/metadata/name");
        String expected = Json.text(definition, "/spec/names/plural") + "." + Json.text(definition, "/spec/group");
        if (!name.equals(expected)) {
            causes.add(Cause.invalid(
                    "metadata.name", "\"" + name + "\"", "must be spec.names.plural+\".\"+spec.group: " + expected));
        }
        if (Json.text(definition, "/spec/names/kind").isEmpty()) {
            causes.add(Cause.required("spec.names.kind", ""));
        }
        String scope = Json.text(definition, "/spec/scope");
        if (!scope.equals("Namespaced") && !scope.equals("Cluster")) {
            causes.add(new Cause(
                    "FieldValueNotSupported",
                    "spec.scope",
                    "Unsupported value: \"" + scope + "\": supported values: \"Cluster\", \"Namespaced\""));
        }
        int storage = 0;
        for (int i = 0; i < definition.at("/spec/versions").size(); i++) {
            var version = definition.at("/spec/versions").get(i);
            storage += version.path("storage").asBoolean() ? 1 : 0;
            if (!version.at("/schema/openAPIV3Schema").isObject()) {
                causes.add(Cause.required("spec.versions[" + i + "].schema.openAPIV3Schema", "schemas are required"));
            }
        }
        if (storage != 1) {
            causes.add(Cause.invalid(
                    "spec.versions",
                    storage + " storage versions",
                    "must have exactly one version marked as storage version"));
        }
        if (!causes.isEmpty()) {
            throw ApiFailure.invalid(type, name, causes);
        }
    }
}
