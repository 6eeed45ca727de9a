package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure.Cause;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Server-side apply: what an applier sends is merged in and becomes its own; what it sent before and no longer sends is
 * removed unless another applier owns it; what another applier owns with another value is a conflict.
 *
 * <p>Only appliers own fields here. kube-apiserver also records who updates, and so finds more conflicts.
 */
public final class ServerSideApply {
    private static final Set<String> UNOWNED_METADATA = Set.of(
            "name",
            "namespace",
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "generation",
            "managedFields",
            "selfLink",
            "generateName");

    private final ListKeys keys;

    private ServerSideApply(ResourceType type) {
        this.keys = ListKeys.of(type);
    }

    /**
     * @param current the object as it is; empty when it is to be created; not changed
     * @param applied what the applier sent; not changed
     * @param subresource empty, or {@code status}
     * @throws ApiFailure 409 naming every field that another applier owns, unless forced
     */
    public static ObjectNode apply(
            ResourceType type,
            ObjectNode current,
            ObjectNode applied,
            String manager,
            String subresource,
            boolean force,
            Instant now) {
        ServerSideApply run = new ServerSideApply(type);
        ObjectNode wanted = applied.deepCopy();
        if (subresource.isEmpty() && type.has(ResourceType.Feature.STATUS)) {
            wanted.remove("status");
        } else if (!subresource.isEmpty()) {
            wanted.retain("apiVersion", "kind", "metadata", subresource);
        }
        ObjectNode fields = run.ownedBy(wanted);
        ArrayNode entries =
                current.at("/metadata/managedFields") instanceof ArrayNode present ? present.deepCopy() : Json.array();
        ObjectNode before = Json.object();
        List<ObjectNode> others = new ArrayList<>();
        for (int i = entries.size() - 1; i >= 0; i--) {
            JsonNode entry = entries.get(i);
            if (isOf(entry, manager, subresource)) {
                before = (ObjectNode) entry.path("fieldsV1").deepCopy();
                entries.remove(i);
            } else if (entry.path("fieldsV1") instanceof ObjectNode owned) {
                others.add(owned);
            }
        }
        List<Cause> conflicts = new ArrayList<>();
        for (JsonNode entry : entries) {
            if (entry.path("fieldsV1") instanceof ObjectNode owned) {
                run.contest(
                        owned,
                        fields,
                        current,
                        wanted,
                        "",
                        entry.path("manager").asText(),
                        conflicts,
                        force);
            }
        }
        if (!conflicts.isEmpty() && !force) {
            throw conflict(conflicts);
        }
        ObjectNode merged = (ObjectNode) run.merge(current, wanted, "");
        run.removeGone(merged, before, fields, others, "");
        entries.addObject()
                .put("manager", manager)
                .put("operation", "Apply")
                .put("apiVersion", type.apiVersion())
                .put("time", Metadata.time(now))
                .put("fieldsType", "FieldsV1")
                .set("fieldsV1", fields);
        if (!subresource.isEmpty()) {
            ((ObjectNode) entries.get(entries.size() - 1)).put("subresource", subresource);
        }
        Json.metadata(merged).set("managedFields", entries);
        return merged;
    }

    private static boolean isOf(JsonNode entry, String manager, String subresource) {
        return entry.path("manager").asText().equals(manager)
                && entry.path("operation").asText().equals("Apply")
                && entry.path("subresource").asText("").equals(subresource);
    }

    private static ApiFailure conflict(List<Cause> conflicts) {
        List<String> sentences = conflicts.stream()
                .map(cause -> cause.message() + ": " + cause.field())
                .toList();
        return ApiFailure.applyConflict(
                "Apply failed with " + conflicts.size() + " conflict" + (conflicts.size() == 1 ? "" : "s") + ": "
                        + String.join(", ", sentences),
                conflicts);
    }

    private ObjectNode ownedBy(ObjectNode applied) {
        ObjectNode owned = applied.deepCopy();
        owned.remove(List.of("apiVersion", "kind"));
        if (owned.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove(UNOWNED_METADATA);
            if (metadata.isEmpty()) {
                owned.remove("metadata");
            }
        }
        return fieldsOf(owned, "");
    }

    /** The set of fields of a value in Kubernetes' {@code FieldsV1} form; a leaf is an empty set. */
    private ObjectNode fieldsOf(JsonNode value, String path) {
        ObjectNode fields = Json.object();
        if (value instanceof ObjectNode object) {
            object.properties()
                    .forEach(member -> fields.set(
                            "f:" + member.getKey(), fieldsOf(member.getValue(), path + "." + member.getKey())));
        } else if (value instanceof ArrayNode array) {
            List<String> mapKeys = keys.of(path, array);
            for (JsonNode element : array) {
                if (mapKeys.isEmpty()) {
                    return Json.object();
                }
                ObjectNode item = fieldsOf(element, path);
                item.putObject(".");
                fields.set("k:" + identity(element, mapKeys), item);
            }
        }
        return fields;
    }

    private static ObjectNode identity(JsonNode element, List<String> mapKeys) {
        ObjectNode identity = Json.object();
        mapKeys.forEach(key -> {
            if (element.has(key)) {
                identity.set(key, element.get(key));
            }
        });
        return identity;
    }

    private JsonNode merge(JsonNode current, JsonNode wanted, String path) {
        if (current instanceof ObjectNode object && wanted instanceof ObjectNode changes) {
            ObjectNode merged = object.deepCopy();
            changes.properties()
                    .forEach(member -> merged.set(
                            member.getKey(),
                            merge(merged.path(member.getKey()), member.getValue(), path + "." + member.getKey())));
            return merged;
        }
        if (current instanceof ArrayNode array && wanted instanceof ArrayNode changes) {
            List<String> mapKeys = keys.of(path, changes);
            if (mapKeys.isEmpty()) {
                return changes.deepCopy();
            }
            ArrayNode merged = array.deepCopy();
            for (JsonNode element : changes) {
                int at = indexOf(merged, identity(element, mapKeys));
                if (at < 0) {
                    merged.add(element.deepCopy());
                } else {
                    merged.set(at, merge(merged.get(at), element, path));
                }
            }
            return merged;
        }
        return wanted.deepCopy();
    }

    private static int indexOf(ArrayNode array, JsonNode identity) {
        for (int i = 0; i < array.size(); i++) {
            boolean same = true;
            for (var key : identity.properties()) {
                same &= key.getValue().equals(array.get(i).path(key.getKey()));
            }
            if (same) {
                return i;
            }
        }
        return -1;
    }

    /** Finds what another manager owns and this one wants otherwise; takes it from the other when forced. */
    private void contest(
            ObjectNode owned,
            ObjectNode wantedFields,
            JsonNode current,
            JsonNode wanted,
            String path,
            String manager,
            List<Cause> conflicts,
            boolean force) {
        List<String> names = new ArrayList<>();
        owned.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            if (!(wantedFields.get(name) instanceof ObjectNode wantedChild) || name.equals(".")) {
                continue;
            }
            JsonNode currentChild = childOf(current, name);
            JsonNode wantedValue = childOf(wanted, name);
            String childPath = path + (name.startsWith("f:") ? "." + name.substring(2) : "[" + name.substring(2) + "]");
            ObjectNode ownedChild = (ObjectNode) owned.get(name);
            if (!ownedChild.isEmpty() && !wantedChild.isEmpty()) {
                contest(ownedChild, wantedChild, currentChild, wantedValue, childPath, manager, conflicts, force);
            } else if (!currentChild.equals(wantedValue)) {
                conflicts.add(new Cause("FieldManagerConflict", childPath, "conflict with \"" + manager + "\""));
                if (force) {
                    owned.remove(name);
                }
            }
        }
    }

    private static JsonNode childOf(JsonNode value, String field) {
        if (field.startsWith("f:")) {
            return value.path(field.substring(2));
        }
        if (value instanceof ArrayNode array) {
            return array.path(Math.max(-1, indexOf(array, Json.parse(utf8(field.substring(2))))));
        }
        return value.path("");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private void removeGone(JsonNode value, ObjectNode before, ObjectNode now, List<ObjectNode> others, String path) {
        before.properties().forEach(field -> {
            String name = field.getKey();
            JsonNode child = childOf(value, name);
            if (name.equals(".") || child.isMissingNode()) {
                return;
            }
            ObjectNode nowChild = now.get(name) instanceof ObjectNode present ? present : null;
            List<ObjectNode> otherChildren = new ArrayList<>();
            for (ObjectNode other : others) {
                if (other.get(name) instanceof ObjectNode present) {
                    otherChildren.add(present);
                }
            }
            ObjectNode beforeChild = (ObjectNode) field.getValue();
            boolean whole = beforeChild.isEmpty() || name.startsWith("k:");
            boolean unowned = nowChild == null && otherChildren.isEmpty();
            if (unowned && whole) {
                removeChild(value, name);
                return;
            }
            removeGone(child, beforeChild, nowChild == null ? Json.object() : nowChild, otherChildren, path);
            if (unowned && child.isEmpty()) {
                removeChild(value, name);
            }
        });
    }

    private static void removeChild(JsonNode value, String field) {
        if (value instanceof ObjectNode object) {
            object.remove(field.substring(2));
        } else if (value instanceof ArrayNode array) {
            array.remove(indexOf(array, Json.parse(utf8(field.substring(2)))));
        }
    }
}
