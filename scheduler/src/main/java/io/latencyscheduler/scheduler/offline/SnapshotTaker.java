package io.latencyscheduler.scheduler.offline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Transport;
import io.latencyscheduler.scheduler.kube.ObjectFeed;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Takes snapshots of a cluster. */
public final class SnapshotTaker {
    /** What a container's placement depends on: its environment and arguments may hold secrets, and are left out. */
    private static final Set<String> OF_CONTAINER = Set.of("name", "resources", "ports", "restartPolicy");

    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
    /** A cluster may lack these, or hide them from the user; decisions do without. */
    private static final Set<String> REQUIRED = Set.of("Node", "Pod");

    private SnapshotTaker() {}

    /**
     * Lists everything.
     *
     * @param left told, in a sentence each, what could not be read and is missing
     * @throws IOException when nodes or pods cannot be listed
     */
    public static Snapshot take(Transport api, Map<String, String> properties, Instant now, List<String> left)
            throws IOException {
        ObjectClient client = new ObjectClient(api);
        List<JsonNode> objects = new ArrayList<>();
        for (Map.Entry<String, Resource> kind :
                ObjectFeed.kinds(ApiVersions.discover(api)).entrySet()) {
            try {
                for (JsonNode object : client.list(kind.getValue(), "", Map.of())) {
                    objects.add(lean(kind.getKey(), object));
                }
            } catch (ApiFailure failure) {
                if (REQUIRED.contains(kind.getKey())) {
                    throw failure;
                }
                left.add(
                        failure.status() == 404
                                ? "the cluster has no " + kind.getValue().plural()
                                : kind.getValue().plural() + " are left out: " + failure.getMessage());
            }
        }
        return new Snapshot(now, properties, objects);
    }

    private static ObjectNode lean(String kind, JsonNode object) {
        ObjectNode lean = object.deepCopy();
        lean.put("kind", kind);
        if (lean.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
            if (metadata.path("annotations") instanceof ObjectNode annotations) {
                annotations.remove(LAST_APPLIED);
            }
        }
        if (kind.equals("Pod")) {
            for (String list : List.of("containers", "initContainers", "ephemeralContainers")) {
                for (JsonNode container : lean.path("spec").path(list)) {
                    ((ObjectNode) container).retain(OF_CONTAINER);
                }
            }
        }
        if (kind.equals("Node") && lean.path("status") instanceof ObjectNode status) {
            status.remove("images");
        }
        return lean;
    }
}
