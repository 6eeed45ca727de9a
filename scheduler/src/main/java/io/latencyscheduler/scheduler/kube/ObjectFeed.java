package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.scheduler.cycle.Inbox;
import io.latencyscheduler.scheduler.kube.Decoders.DataplaneObject;
import io.latencyscheduler.scheduler.kube.Decoders.InventoryObject;
import io.latencyscheduler.scheduler.model.CsiNode;
import io.latencyscheduler.scheduler.model.Namespace;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.PodDisruptionBudget;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.StorageClass;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells a core of objects that were read as trees, in one go, as {@link ClusterWatches} does of those it watches. */
public final class ObjectFeed {
    private ObjectFeed() {}

    /** Everything that placement depends on, by kind: nodes before the pods that are on them. */
    public static Map<String, Resource> kinds(ApiVersions versions) {
        Map<String, Resource> kinds = new LinkedHashMap<>();
        kinds.put("Node", Resource.NODES);
        kinds.put("NodeInventory", Resource.NODE_INVENTORIES);
        kinds.put("NodeDataplane", Resource.NODE_DATAPLANES);
        kinds.put("Namespace", Resource.NAMESPACES);
        kinds.put("PersistentVolumeClaim", Resource.PERSISTENT_VOLUME_CLAIMS);
        kinds.put("PersistentVolume", Resource.PERSISTENT_VOLUMES);
        kinds.put("StorageClass", Resource.STORAGE_CLASSES);
        kinds.put("CSINode", Resource.CSI_NODES);
        kinds.put("PodDisruptionBudget", versions.podDisruptionBudgets());
        kinds.put("Pod", Resource.PODS);
        return kinds;
    }

    /**
     * Tells the core of one object.
     *
     * @return false when placement does not depend on objects of its kind
     * @throws IOException when it is not what its kind says
     */
    public static boolean tell(Inbox inbox, JsonNode object) throws IOException {
        String kind = object.path("kind").asText("");
        if (object.path("metadata").path("name").asText("").isEmpty()) {
            throw new IOException("kind '" + kind + "' must have a metadata.name");
        }
        switch (kind) {
            case "Node" -> inbox.node(Json.read(object, Node.class));
            case "NodeInventory" -> {
                InventoryObject inventory = Json.read(object, InventoryObject.class);
                inbox.inventory(inventory.metadata().name(), inventory.spec());
            }
            case "NodeDataplane" -> {
                DataplaneObject dataplane = Json.read(object, DataplaneObject.class);
                inbox.dataplane(dataplane.metadata().name(), dataplane.status());
            }
            case "Namespace" -> inbox.namespace(Json.read(object, Namespace.class));
            case "PersistentVolumeClaim" -> inbox.claim(Json.read(object, PersistentVolumeClaim.class));
            case "PersistentVolume" -> inbox.volume(Json.read(object, PersistentVolume.class));
            case "StorageClass" -> inbox.storageClass(Json.read(object, StorageClass.class));
            case "CSINode" -> inbox.csiNode(Json.read(object, CsiNode.class));
            case "PodDisruptionBudget" -> inbox.budget(Json.read(object, PodDisruptionBudget.class));
            case "Pod" -> inbox.pod(pod(object));
            default -> {
                return false;
            }
        }
        return true;
    }

    /** The pod that a tree is. */
    public static PodInfo pod(JsonNode object) throws IOException {
        return Decoders.pod(Json.bytes(object));
    }
}
