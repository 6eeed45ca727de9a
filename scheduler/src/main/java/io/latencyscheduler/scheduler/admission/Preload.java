package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import java.util.List;

/** Preloads libtsnsocket.so, which the agent put on the node, into every program of the pod. */
final class Preload {
    private static final String VARIABLE = "LD_PRELOAD";
    private static final String VOLUME = "latency-scheduler-library";
    private static final String FOLDER = "/opt/latency-scheduler/lib";
    /** What LD_PRELOAD names. */
    static final String LIBRARY = FOLDER + "/libtsnsocket.so";

    private final ObjectNode spec;
    private final List<String> faults;
    private final List<String> warnings;

    Preload(ObjectNode spec, List<String> faults, List<String> warnings) {
        this.spec = spec;
        this.faults = faults;
        this.warnings = warnings;
    }

    void mount(String libraryDirectory) {
        ObjectNode source = Json.object().put("path", libraryDirectory).put("type", "DirectoryOrCreate");
        if (!Containers.volume(spec, VOLUME, "hostPath", source)) {
            faults.add("volume '" + VOLUME + "' must be " + libraryDirectory + " on the host, or have another name");
        }
        for (ObjectNode container : Containers.running(spec)) {
            ObjectNode mount =
                    Json.object().put("name", VOLUME).put("mountPath", FOLDER).put("readOnly", true);
            if (!Containers.mount(container, mount)) {
                faults.add("container '" + Containers.name(container) + "': " + FOLDER
                        + " must be left free for libtsnsocket.so");
            }
            preload(container);
        }
    }

    private void preload(ObjectNode container) {
        JsonNode known = Containers.find(container.path("env"), "name", VARIABLE);
        if (known == null) {
            container.withArrayProperty("env").addObject().put("name", VARIABLE).put("value", LIBRARY);
        } else if (known.has("valueFrom")) {
            warnings.add("container '" + Containers.name(container) + "': " + VARIABLE
                    + " comes from elsewhere and is left as it is; its streams need " + LIBRARY + " in it");
        } else if (!known.path("value").asText().contains(LIBRARY)) {
            // Ours first: it must see the calls before another library does. ld.so(8) separates by colons or spaces.
            ((ObjectNode) known)
                    .put("value", (LIBRARY + ":" + known.path("value").asText()).replaceAll(":$", ""));
        }
    }
}
