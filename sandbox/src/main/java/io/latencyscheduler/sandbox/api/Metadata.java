package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure.Cause;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The rules of {@code metadata} that hold for every object. */
public final class Metadata {
    private static final Pattern SUBDOMAIN =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
    private static final Pattern PATH_SEGMENT = Pattern.compile("[^/%]+");
    private static final Pattern LABEL_VALUE = Pattern.compile("(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?");
    private static final Pattern QUALIFIED_NAME = Pattern.compile(
            "([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]");
    private static final int LABEL_VALUE_LIMIT = 63;
    private static final int ANNOTATIONS_LIMIT_BYTES = 256 * 1024;
    private static final String SUBDOMAIN_RULE =
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

    private Metadata() {}

    /** Kubernetes' form of a time: seconds, UTC. */
    public static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Whether deletion has begun. */
    public static boolean isTerminating(JsonNode object) {
        return object.at("/metadata/deletionTimestamp").isTextual();
    }

    public static boolean hasFinalizers(JsonNode object) {
        return !object.at("/metadata/finalizers").isEmpty();
    }

    /** What only the server may say is taken out, and the object becomes new. */
    public static void stampNew(ResourceType type, ObjectNode object, String namespace, String uid, Instant now) {
        ObjectNode metadata = Json.metadata(object);
        metadata.remove(List.of("selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"));
        if (type.namespaced()) {
            metadata.put("namespace", namespace);
        } else {
            metadata.remove("namespace");
        }
        metadata.put("uid", uid);
        metadata.put("creationTimestamp", time(now));
        if (type.has(ResourceType.Feature.GENERATION)) {
            metadata.put("generation", 1);
        }
        dropEmpty(metadata);
    }

    /** The server's own members are taken over from the object as it was. */
    public static void keepServerFields(ObjectNode old, ObjectNode updated) {
        ObjectNode metadata = Json.metadata(updated);
        for (String member : List.of(
                "uid",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generation",
                "selfLink",
                "namespace",
                "name",
                "generateName",
                "resourceVersion")) {
            JsonNode value = old.path("metadata").get(member);
            if (value == null) {
                metadata.remove(member);
            } else {
                metadata.set(member, value);
            }
        }
        if (!metadata.has("managedFields") && old.path("metadata").has("managedFields")) {
            metadata.set("managedFields", old.path("metadata").get("managedFields"));
        }
        dropEmpty(metadata);
    }

    private static void dropEmpty(ObjectNode metadata) {
        for (String member : List.of("labels", "annotations", "finalizers", "ownerReferences", "managedFields")) {
            if (metadata.has(member) && metadata.get(member).isEmpty()) {
                metadata.remove(member);
            }
        }
    }

    /** All faults of the metadata. */
    public static List<Cause> validate(ResourceType type, JsonNode object) {
        List<Cause> causes = new ArrayList<>();
        JsonNode metadata = object.path("metadata");
        String name = metadata.path("name").asText("");
        boolean anyName = type.group().equals("rbac.authorization.k8s.io");
        if (name.isEmpty()) {
            causes.add(Cause.required("metadata.name", "name or generateName is required"));
        } else if (!(anyName ? PATH_SEGMENT : SUBDOMAIN).matcher(name).matches() || name.length() > 253) {
            causes.add(Cause.invalid("metadata.name", quoted(name), SUBDOMAIN_RULE));
        }
        metadata.path("labels").properties().forEach(label -> {
            if (!QUALIFIED_NAME.matcher(label.getKey()).matches()) {
                causes.add(
                        Cause.invalid(
                                "metadata.labels",
                                quoted(label.getKey()),
                                "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
            }
            String value = label.getValue().asText();
            if (value.length() > LABEL_VALUE_LIMIT
                    || !LABEL_VALUE.matcher(value).matches()) {
                causes.add(
                        Cause.invalid(
                                "metadata.labels",
                                quoted(value),
                                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
            }
            notText("metadata.labels", label.getValue(), causes);
        });
        int bytes = 0;
        for (var annotation : metadata.path("annotations").properties()) {
            if (!QUALIFIED_NAME
                    .matcher(annotation.getKey().toLowerCase(Locale.ROOT))
                    .matches()) {
                causes.add(
                        Cause.invalid(
                                "metadata.annotations",
                                quoted(annotation.getKey()),
                                "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
            }
            bytes += annotation.getKey().length()
                    + annotation.getValue().asText().length();
            notText("metadata.annotations", annotation.getValue(), causes);
        }
        if (bytes > ANNOTATIONS_LIMIT_BYTES) {
            causes.add(new Cause(
                    "FieldValueTooLong",
                    "metadata.annotations",
                    "Too long: must have at most " + ANNOTATIONS_LIMIT_BYTES + " bytes"));
        }
        return causes;
    }

    private static void notText(String field, JsonNode value, List<Cause> causes) {
        if (!value.isTextual()) {
            causes.add(Cause.invalid(field, value.toString(), "must be a string"));
        }
    }

    static String quoted(String value) {
        return "\"" + value + "\"";
    }
}
