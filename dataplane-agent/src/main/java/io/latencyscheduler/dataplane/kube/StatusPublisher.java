package io.latencyscheduler.dataplane.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.Optional;

/** Writes this node's NodeDataplane. Not thread-safe. */
public final class StatusPublisher {
    private final ObjectClient objects;
    private final String nodeName;
    private boolean exists;

    public StatusPublisher(ObjectClient objects, String nodeName) {
        this.objects = objects;
        this.nodeName = nodeName;
    }

    /** Writes the status; creates the object first where it is absent, owned by the Node so that it goes with it. */
    public void publish(NodeDataplane status) throws IOException {
        if (!exists) {
            create();
            exists = true;
        }
        ObjectNode body = Json.object();
        body.set("status", Json.toTree(status));
        try {
            objects.patchStatus(Resource.NODE_DATAPLANES, "", nodeName, Patch.merge(body));
        } catch (ApiFailure refused) {
            exists = refused.status() != 404;
            throw refused;
        }
    }

    private void create() throws IOException {
        ObjectNode object =
                Json.object().put("apiVersion", Keys.GROUP + "/" + Keys.VERSION).put("kind", NodeDataplane.KIND);
        ObjectNode metadata = object.putObject("metadata").put("name", nodeName);
        Optional<ObjectNode> node = objects.get(Resource.NODES, "", nodeName);
        if (node.isPresent()) {
            metadata.putArray("ownerReferences")
                    .addObject()
                    .put("apiVersion", "v1")
                    .put("kind", "Node")
                    .put("name", nodeName)
                    .put("uid", node.get().at("/metadata/uid").asText());
        }
        object.putObject("spec");
        try {
            objects.create(Resource.NODE_DATAPLANES, "", object);
        } catch (ApiFailure refused) {
            if (!refused.reason().equals("AlreadyExists")) {
                throw refused;
            }
        }
    }
}
