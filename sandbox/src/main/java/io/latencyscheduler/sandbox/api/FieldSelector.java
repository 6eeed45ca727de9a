package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A conjunction of equalities on the fields that the API server lets one select by. */
public record FieldSelector(List<Term> terms) {
    /** Selects everything. */
    public static final FieldSelector EVERYTHING = new FieldSelector(List.of());

    /** {@code field=value}, or {@code field!=value} when not equal. */
    public record Term(String field, boolean equal, String value) {}

    // Field names by storage, beside metadata.name and metadata.namespace: those of kube-apiserver's registries.
    private static final Map<String, List<String>> SELECTABLE = Map.of(
            "pods",
            List.of(
                    "spec.nodeName",
                    "spec.restartPolicy",
                    "spec.schedulerName",
                    "spec.serviceAccountName",
                    "spec.hostNetwork",
                    "status.phase",
                    "status.podIP",
                    "status.nominatedNodeName"),
            "nodes",
            List.of("spec.unschedulable"),
            "namespaces",
            List.of("name", "status.phase"),
            "secrets",
            List.of("type"),
            "replicasets.apps",
            List.of("status.replicas"),
            "jobs.batch",
            List.of("status.successful"),
            "events",
            List.of(
                    "involvedObject.kind",
                    "involvedObject.namespace",
                    "involvedObject.name",
                    "involvedObject.uid",
                    "involvedObject.apiVersion",
                    "involvedObject.resourceVersion",
                    "involvedObject.fieldPath",
                    "reason",
                    "reportingComponent",
                    "source",
                    "type"));

    /** @throws ApiFailure 400 for a field that cannot be selected by, as kube-apiserver refuses it */
    public static FieldSelector parse(ResourceType type, String query) {
        if (query.isBlank()) {
            return EVERYTHING;
        }
        List<Term> terms = new ArrayList<>();
        for (String part : query.split(",", -1)) {
            if (part.isBlank()) {
                continue;
            }
            int equals = part.indexOf('=');
            if (equals < 1) {
                throw ApiFailure.badRequest("invalid selector: '" + query + "'; can't understand '" + part + "'");
            }
            boolean negated = part.charAt(equals - 1) == '!';
            String field = part.substring(0, negated ? equals - 1 : equals).strip();
            int value = part.startsWith("==", equals) ? equals + 2 : equals + 1;
            if (!isSelectable(type, field)) {
                throw ApiFailure.badRequest("field label not supported: " + field);
            }
            terms.add(new Term(field, !negated, part.substring(value).strip()));
        }
        return new FieldSelector(List.copyOf(terms));
    }

    private static boolean isSelectable(ResourceType type, String field) {
        return field.equals("metadata.name")
                || (field.equals("metadata.namespace") && type.namespaced())
                || SELECTABLE.getOrDefault(type.storage(), List.of()).contains(field);
    }

    public boolean matches(String namespace, String name, Map<String, String> fields) {
        for (Term term : terms) {
            String value = switch (term.field) {
                case "metadata.name", "name" -> name;
                case "metadata.namespace" -> namespace;
                default -> fields.getOrDefault(term.field, "");
            };
            if (value.equals(term.value) != term.equal) {
                return false;
            }
        }
        return true;
    }

    /** What {@link #matches} needs of an object beside its name: its selectable fields that are not empty. */
    public static Map<String, String> fieldsOf(ResourceType type, JsonNode object) {
        Map<String, String> fields = new HashMap<>();
        for (String field : SELECTABLE.getOrDefault(type.storage(), List.of())) {
            String value = valueOf(object, field);
            if (!value.isEmpty()) {
                fields.put(field, value);
            }
        }
        return Map.copyOf(fields);
    }

    private static String valueOf(JsonNode object, String field) {
        return switch (field) {
            case "spec.unschedulable", "spec.hostNetwork" ->
                Boolean.toString(object.at("/" + field.replace('.', '/')).asBoolean());
            case "source" ->
                object.at("/source/component")
                        .asText(object.path("reportingComponent").asText());
            case "status.successful" -> object.at("/status/succeeded").asText("0");
            case "status.replicas" -> object.at("/status/replicas").asText("0");
            case "name" -> "";
            default -> object.at("/" + field.replace('.', '/')).asText("");
        };
    }
}
