package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import java.util.List;

/** Mounts the folder that the agent keeps for the pod: its socket, and the files that tell what it has. */
final class PodFolder {
    /** Where a container finds it. */
    static final String MOUNT_PATH = "/run/latency-scheduler";

    private static final String VOLUME = "latency-scheduler";
    private static final String UID = "LATENCY_SCHEDULER_POD_UID";
    private static final String UID_FIELD = "metadata.uid";

    private final ObjectNode spec;
    private final List<String> faults;

    PodFolder(ObjectNode spec, List<String> faults) {
        this.spec = spec;
        this.faults = faults;
    }

    void mount(String runDirectory) {
        ObjectNode source = Json.object().put("path", runDirectory).put("type", "DirectoryOrCreate");
        if (!Containers.volume(spec, VOLUME, "hostPath", source)) {
            faults.add("volume '" + VOLUME + "' must be the agent's run directory " + runDirectory
                    + " on the host, or have another name");
        }
        for (ObjectNode container : Containers.running(spec)) {
            String name = Containers.name(container);
            JsonNode known = Containers.find(container.path("env"), "name", UID);
            if (known == null) {
                container
                        .withArrayProperty("env")
                        .addObject()
                        .put("name", UID)
                        .putObject("valueFrom")
                        .putObject("fieldRef")
                        .put("apiVersion", "v1")
                        .put("fieldPath", UID_FIELD);
            } else if (!known.at("/valueFrom/fieldRef/fieldPath").asText().equals(UID_FIELD)) {
                faults.add("container '" + name + "': variable " + UID + " must be the pod's " + UID_FIELD
                        + ", or be left out");
            }
            ObjectNode mount = Json.object()
                    .put("name", VOLUME)
                    .put("mountPath", MOUNT_PATH)
                    .put("subPathExpr", "$(" + UID + ")")
                    .put("readOnly", true);
            if (!Containers.mount(container, mount)) {
                faults.add("container '" + name + "': " + MOUNT_PATH
                        + " must be left free for the pod's folder of the agent");
            }
        }
    }
}
