package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure.Cause;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The structural schema of a custom resource: unknown fields are dropped, defaults filled in, then everything checked.
 * Known: types, required, enum, bounds, lengths, patterns, items, additionalProperties, nullable, int-or-string,
 * preserve-unknown-fields, list maps. Not known, and so not enforced: CEL rules, formats, allOf and its kin.
 */
public final class Schema {
    private static final String PRESERVE = "x-kubernetes-preserve-unknown-fields";
    private static final String INT_OR_STRING = "x-kubernetes-int-or-string";

    private final List<Cause> causes = new ArrayList<>();

    private Schema() {}

    /**
     * Prunes and defaults the object in place.
     *
     * @param schema missing: anything goes
     * @return all faults
     */
    public static List<Cause> admit(JsonNode schema, ObjectNode object) {
        if (!schema.isObject()) {
            return List.of();
        }
        Schema run = new Schema();
        for (String member : memberNames(object)) {
            if (Set.of("apiVersion", "kind", "metadata").contains(member)) {
                continue;
            }
            JsonNode property = schema.path("properties").path(member);
            if (property.isObject()) {
                prune(property, object.get(member));
            } else if (!schema.path(PRESERVE).asBoolean()) {
                object.remove(member);
            }
        }
        setDefaults(schema, object);
        for (JsonNode required : schema.path("required")) {
            if (!object.has(required.asText())) {
                run.causes.add(Cause.required(required.asText(), ""));
            }
        }
        schema.path("properties").properties().forEach(property -> {
            if (object.has(property.getKey()) && !property.getKey().equals("metadata")) {
                run.check(property.getValue(), object.get(property.getKey()), property.getKey());
            }
        });
        return run.causes;
    }

    private static List<String> memberNames(ObjectNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static void prune(JsonNode schema, JsonNode value) {
        if (value instanceof ObjectNode object) {
            JsonNode additional = schema.path("additionalProperties");
            for (String member : memberNames(object)) {
                JsonNode property = schema.path("properties").path(member);
                if (property.isObject()) {
                    prune(property, object.get(member));
                } else if (additional.isObject()) {
                    prune(additional, object.get(member));
                } else if (!additional.asBoolean() && !schema.path(PRESERVE).asBoolean()) {
                    object.remove(member);
                }
            }
        } else if (value instanceof ArrayNode array) {
            array.forEach(element -> prune(schema.path("items"), element));
        }
    }

    private static void setDefaults(JsonNode schema, JsonNode value) {
        if (value instanceof ObjectNode object) {
            schema.path("properties").properties().forEach(property -> {
                if (!object.has(property.getKey()) && property.getValue().has("default")) {
                    object.set(
                            property.getKey(),
                            property.getValue().get("default").deepCopy());
                }
                if (object.has(property.getKey())) {
                    setDefaults(property.getValue(), object.get(property.getKey()));
                }
            });
            if (schema.path("additionalProperties").isObject()) {
                object.forEach(member -> setDefaults(schema.path("additionalProperties"), member));
            }
        } else if (value instanceof ArrayNode array) {
            array.forEach(element -> setDefaults(schema.path("items"), element));
        }
    }

    private void check(JsonNode schema, JsonNode value, String path) {
        if (value.isNull() && schema.path("nullable").asBoolean()) {
            return;
        }
        if (!hasType(schema, value)) {
            String given = typeOf(value);
            causes.add(Cause.invalid(
                    path,
                    "\"" + given + "\"",
                    path + " in body must be of type " + schema.path("type").asText() + ": \"" + given + "\""));
            return;
        }
        if (schema.path("enum").isArray()) {
            checkEnum(schema.path("enum"), value, path);
        }
        if (value.isTextual()) {
            checkText(schema, value.asText(), path);
        } else if (value.isNumber()) {
            checkNumber(schema, value, path);
        } else if (value instanceof ObjectNode object) {
            checkObject(schema, object, path);
        } else if (value instanceof ArrayNode array) {
            checkArray(schema, array, path);
        }
    }

    private static boolean hasType(JsonNode schema, JsonNode value) {
        if (schema.path(INT_OR_STRING).asBoolean()) {
            return value.isIntegralNumber() || value.isTextual();
        }
        return switch (schema.path("type").asText("")) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "boolean" -> value.isBoolean();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            default -> true;
        };
    }

    private static String typeOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "object";
            case ARRAY -> "array";
            case STRING -> "string";
            case BOOLEAN -> "boolean";
            case NULL -> "null";
            default -> value.isIntegralNumber() ? "integer" : "number";
        };
    }

    private void checkEnum(JsonNode allowed, JsonNode value, String path) {
        List<String> names = new ArrayList<>();
        for (JsonNode one : allowed) {
            if (one.equals(value)) {
                return;
            }
            names.add(one.toString());
        }
        causes.add(new Cause(
                "FieldValueNotSupported",
                path,
                "Unsupported value: " + value + ": supported values: " + String.join(", ", names)));
    }

    private void checkText(JsonNode schema, String text, String path) {
        int length = text.codePointCount(0, text.length());
        if (schema.has("maxLength") && length > schema.path("maxLength").asInt()) {
            fault(path, Metadata.quoted(text), "should be at most " + schema.path("maxLength") + " chars long");
        }
        if (schema.has("minLength") && length < schema.path("minLength").asInt()) {
            fault(path, Metadata.quoted(text), "should be at least " + schema.path("minLength") + " chars long");
        }
        String pattern = schema.path("pattern").asText("");
        if (!pattern.isEmpty() && !Pattern.compile(pattern).matcher(text).find()) {
            fault(path, Metadata.quoted(text), "should match '" + pattern + "'");
        }
    }

    private void checkNumber(JsonNode schema, JsonNode value, String path) {
        var number = value.decimalValue();
        JsonNode minimum = schema.path("minimum");
        if (minimum.isNumber()) {
            int order = number.compareTo(minimum.decimalValue());
            if (order < 0 || (order == 0 && schema.path("exclusiveMinimum").asBoolean())) {
                fault(path, value.toString(), "should be greater than or equal to " + minimum);
            }
        }
        JsonNode maximum = schema.path("maximum");
        if (maximum.isNumber()) {
            int order = number.compareTo(maximum.decimalValue());
            if (order > 0 || (order == 0 && schema.path("exclusiveMaximum").asBoolean())) {
                fault(path, value.toString(), "should be less than or equal to " + maximum);
            }
        }
    }

    private void checkObject(JsonNode schema, ObjectNode object, String path) {
        for (JsonNode required : schema.path("required")) {
            if (!object.has(required.asText())) {
                causes.add(Cause.required(path + "." + required.asText(), ""));
            }
        }
        object.properties().forEach(member -> {
            JsonNode property = schema.path("properties").path(member.getKey());
            JsonNode known = property.isObject() ? property : schema.path("additionalProperties");
            if (known.isObject()) {
                check(known, member.getValue(), path + "." + member.getKey());
            }
        });
    }

    private void checkArray(JsonNode schema, ArrayNode array, String path) {
        if (schema.has("maxItems") && array.size() > schema.path("maxItems").asInt()) {
            causes.add(Cause.invalid(
                    path,
                    Integer.toString(array.size()),
                    path + " in body should have at most " + schema.path("maxItems") + " items"));
        }
        if (schema.has("minItems") && array.size() < schema.path("minItems").asInt()) {
            causes.add(Cause.invalid(
                    path,
                    Integer.toString(array.size()),
                    path + " in body should have at least " + schema.path("minItems") + " items"));
        }
        Set<List<JsonNode>> identities = new HashSet<>();
        for (int i = 0; i < array.size(); i++) {
            JsonNode element = array.get(i);
            check(schema.path("items"), element, path + "[" + i + "]");
            List<JsonNode> identity = new ArrayList<>();
            schema.path("x-kubernetes-list-map-keys").forEach(key -> identity.add(element.path(key.asText())));
            if (!identity.isEmpty() && !identities.add(identity)) {
                causes.add(new Cause("FieldValueDuplicate", path + "[" + i + "]", "Duplicate value: " + identity));
            }
        }
    }

    private void fault(String path, String value, String rule) {
        causes.add(Cause.invalid(path, value, path + " in body " + rule));
    }
}
