package io.latencyscheduler.dataplane.kube;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes this node's NodeDataplane, and on its Node the label that says what carries the overlay. Not thread-safe. */
public final class StatusPublisher {
    private static final Logger LOG = LoggerFactory.getLogger(StatusPublisher.class);
    private static final int FORBIDDEN = 403;

    private final ObjectClient objects;
    private final String nodeName;
    private final Supplier<String> overlay;
    private boolean exists;
    private String labelled = "";

    /** {@code overlay}: what carries the overlay, empty while nothing does; the label then stays as it is. */
    public StatusPublisher(ObjectClient objects, String nodeName, Supplier<String> overlay) {
        this.objects = objects;
        this.nodeName = nodeName;
        this.overlay = overlay;
    }

    /** Writes the status; creates the object first where it is absent, owned by the Node so that it goes with it. */
    public void publish(NodeDataplane status) throws IOException {
        if (!exists) {
            create();
            exists = true;
            labelled = ""; // a node that was made anew has no label
        }
        ObjectNode body = Json.object();
        body.set("status", tree(status));
        try {
            objects.patchStatus(Resource.NODE_DATAPLANES, "", nodeName, Patch.merge(body));
        } catch (ApiFailure refused) {
            exists = refused.status() != 404;
            throw refused;
        }
        label(overlay.get());
    }

    private void label(String carrier) throws IOException {
        if (carrier.isEmpty() || carrier.equals(labelled)) {
            return;
        }
        ObjectNode body = Json.object();
        body.putObject("metadata").putObject("labels").put(Keys.OVERLAY_LABEL, carrier);
        try {
            objects.patch(Resource.NODES, "", nodeName, Patch.merge(body));
        } catch (ApiFailure refused) {
            if (refused.status() != FORBIDDEN) {
                throw refused;
            }
            // The overlay works without: nothing is tried again until the agent is started with the right.
            LOG.warn("the node gets no label {}={}: {}", Keys.OVERLAY_LABEL, carrier, refused.getMessage());
        }
        labelled = carrier;
    }

    /** A loop has no peer, and no empty one either: a kube-apiserver compiled with a newer Go than its own takes that for null. */
    private static JsonNode tree(NodeDataplane status) {
        JsonNode tree = Json.toTree(status);
        for (JsonNode path : tree.path("paths")) {
            if (path.path("peer").asText().isEmpty()) {
                ((ObjectNode) path).remove("peer");
            }
        }
        return tree;
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
