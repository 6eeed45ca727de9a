package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' strategic merge patch: as a merge patch, but lists whose elements have a merge key are merged element by
 * element. Directives: {@code $patch: delete|replace}, {@code $deleteFromPrimitiveList/…}, {@code $retainKeys};
 * {@code $setElementOrder/…} sorts what it names to the front.
 *
 * <p>Merge keys come from the {@code patchMergeKey} tags of the API types; what has no tag there (taints, tolerations)
 * is replaced as a whole.
 */
public final class StrategicMergePatch {
    private static final String DIRECTIVE = "$patch";
    private static final String ORDER = "$setElementOrder/";
    private static final String DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";
    private static final String RETAIN = "$retainKeys";

    private static final Map<String, String> MERGE_KEYS = Map.ofEntries(
            Map.entry("containers", "name"),
            Map.entry("initContainers", "name"),
            Map.entry("ephemeralContainers", "name"),
            Map.entry("env", "name"),
            Map.entry("volumes", "name"),
            Map.entry("imagePullSecrets", "name"),
            Map.entry("secrets", "name"),
            Map.entry("schedulingGates", "name"),
            Map.entry("resourceClaims", "name"),
            Map.entry("volumeMounts", "mountPath"),
            Map.entry("volumeDevices", "devicePath"),
            Map.entry("hostAliases", "ip"),
            Map.entry("podIPs", "ip"),
            Map.entry("topologySpreadConstraints", "topologyKey"),
            Map.entry("conditions", "type"),
            Map.entry("addresses", "type"),
            Map.entry("ownerReferences", "uid"),
            Map.entry("webhooks", "name"));
    private static final Set<String> PRIMITIVE_SETS = Set.of("finalizers");

    private StrategicMergePatch() {}

    /** Neither argument is changed. */
    public static ObjectNode apply(ObjectNode target, ObjectNode patch) {
        return mergeObjects(target, patch);
    }

    private static ObjectNode mergeObjects(JsonNode target, ObjectNode patch) {
        String directive = patch.path(DIRECTIVE).asText("");
        if (directive.equals("replace")) {
            ObjectNode replaced = patch.deepCopy();
            replaced.remove(DIRECTIVE);
            return replaced;
        }
        if (directive.equals("delete")) {
            return Json.object();
        }
        ObjectNode merged = target instanceof ObjectNode object ? object.deepCopy() : Json.object();
        if (patch.get(RETAIN) instanceof ArrayNode kept) {
            List<String> names = texts(kept);
            merged.properties().removeIf(entry -> !names.contains(entry.getKey()));
        }
        patch.properties().forEach(entry -> mergeMember(merged, entry.getKey(), entry.getValue(), patch));
        patch.properties().forEach(entry -> {
            if (entry.getKey().startsWith(ORDER) && entry.getValue() instanceof ArrayNode order) {
                sort(merged, entry.getKey().substring(ORDER.length()), order);
            }
        });
        return merged;
    }

    private static void mergeMember(ObjectNode merged, String name, JsonNode value, ObjectNode patch) {
        if (name.startsWith(DELETE_PRIMITIVES)) {
            String list = name.substring(DELETE_PRIMITIVES.length());
            if (merged.get(list) instanceof ArrayNode present && value instanceof ArrayNode gone) {
                List<String> names = texts(gone);
                removeIf(present, element -> names.contains(element.asText()));
            }
        } else if (name.startsWith("$")) {
            return;
        } else if (value.isNull()) {
            merged.remove(name);
        } else if (value instanceof ObjectNode object) {
            merged.set(name, mergeObjects(merged.path(name), object));
        } else if (value instanceof ArrayNode array) {
            merged.set(name, mergeLists(name, merged.path(name), array, patch));
        } else {
            merged.set(name, value.deepCopy());
        }
    }

    private static ArrayNode mergeLists(String name, JsonNode target, ArrayNode patch, ObjectNode parent) {
        if (PRIMITIVE_SETS.contains(name)) {
            ArrayNode union = target instanceof ArrayNode present ? present.deepCopy() : Json.array();
            List<String> names = new ArrayList<>(texts(union));
            patch.forEach(element -> {
                if (!names.contains(element.asText())) {
                    union.add(element);
                    names.add(element.asText());
                }
            });
            return union;
        }
        String key = mergeKey(name, patch, target);
        boolean replace = false;
        for (JsonNode element : patch) {
            replace |= element.path(DIRECTIVE).asText("").equals("replace") && element.size() == 1;
        }
        if (key == null || replace || !(target instanceof ArrayNode present)) {
            ArrayNode fresh = Json.array();
            patch.forEach(element -> {
                if (!element.has(DIRECTIVE)) {
                    fresh.add(element instanceof ObjectNode object ? mergeObjects(Json.object(), object) : element);
                }
            });
            return fresh;
        }
        ArrayNode merged = present.deepCopy();
        for (JsonNode element : patch) {
            mergeElement(name, merged, key, element, parent);
        }
        return merged;
    }

    private static void mergeElement(String list, ArrayNode merged, String key, JsonNode element, ObjectNode parent) {
        JsonNode identity = element.get(key);
        if (!(element instanceof ObjectNode object) || identity == null) {
            throw ApiFailure.badRequest("map: " + element + " does not contain declared merge key: " + key + " (list "
                    + list + " in " + parent + ")");
        }
        if (element.path(DIRECTIVE).asText("").equals("delete")) {
            removeIf(merged, present -> identity.equals(present.get(key)));
            return;
        }
        for (int i = 0; i < merged.size(); i++) {
            if (identity.equals(merged.get(i).get(key))) {
                merged.set(i, mergeObjects(merged.get(i), object));
                return;
            }
        }
        merged.add(mergeObjects(Json.object(), object));
    }

    static @Nullable String mergeKey(String list, ArrayNode patch, JsonNode target) {
        if (list.equals("ports")) {
            // Containers merge by containerPort, services by port.
            JsonNode sample = target.path(0).isObject() ? target.path(0) : patch.path(0);
            return sample.has("containerPort") ? "containerPort" : sample.has("port") ? "port" : null;
        }
        return MERGE_KEYS.get(list);
    }

    private static void sort(ObjectNode merged, String list, ArrayNode order) {
        if (!(merged.get(list) instanceof ArrayNode present)) {
            return;
        }
        String key = mergeKey(list, present, present);
        ArrayNode sorted = Json.array();
        List<JsonNode> rest = new ArrayList<>();
        present.forEach(rest::add);
        for (JsonNode wanted : order) {
            rest.removeIf(element -> {
                boolean same =
                        key == null ? element.equals(wanted) : element.path(key).equals(wanted.path(key));
                if (same) {
                    sorted.add(element);
                }
                return same;
            });
        }
        rest.forEach(sorted::add);
        merged.set(list, sorted);
    }

    private static void removeIf(ArrayNode array, java.util.function.Predicate<JsonNode> gone) {
        for (int i = array.size() - 1; i >= 0; i--) {
            if (gone.test(array.get(i))) {
                array.remove(i);
            }
        }
    }

    private static List<String> texts(ArrayNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }
}
