package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parts of a pod's spec that are lists with names. */
final class Containers {
    private Containers() {}

    /** Those that run while the pod runs: containers, and init containers that stay as sidecars. */
    static List<ObjectNode> running(ObjectNode spec) {
        List<ObjectNode> containers = list(spec, "containers");
        list(spec, "initContainers").stream()
                .filter(container -> container.path("restartPolicy").asText().equals("Always"))
                .forEach(containers::add);
        return containers;
    }

    /** All that count for the quality of service. */
    static List<ObjectNode> all(ObjectNode spec) {
        List<ObjectNode> containers = list(spec, "containers");
        containers.addAll(list(spec, "initContainers"));
        return containers;
    }

    private static List<ObjectNode> list(ObjectNode spec, String field) {
        List<ObjectNode> containers = new ArrayList<>();
        spec.path(field).forEach(container -> containers.add((ObjectNode) container));
        return containers;
    }

    static String name(ObjectNode container) {
        return container.path("name").asText();
    }

    /** The element of the list whose field has the value; null when there is none. */
    static @Nullable JsonNode find(JsonNode list, String field, String value) {
        for (JsonNode element : list) {
            if (element.path(field).asText().equals(value)) {
                return element;
            }
        }
        return null;
    }

    /**
     * Adds a volume unless it is there; false when its name is taken by another.
     *
     * @param source name and value of its source, such as {@code hostPath}
     */
    static boolean volume(ObjectNode spec, String name, String source, ObjectNode value) {
        JsonNode known = find(spec.path("volumes"), "name", name);
        if (known != null) {
            return known.path(source).path("path").equals(value.path("path"));
        }
        spec.withArrayProperty("volumes").addObject().put("name", name).set(source, value);
        return true;
    }

    /** Mounts a volume unless it is mounted there; false when something else is. */
    static boolean mount(ObjectNode container, ObjectNode mount) {
        JsonNode known = find(
                container.path("volumeMounts"),
                "mountPath",
                mount.path("mountPath").asText());
        if (known != null) {
            return known.path("name").equals(mount.path("name"));
        }
        container.withArrayProperty("volumeMounts").add(mount);
        return true;
    }
}
