package io.latencyscheduler.discovery.publish;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Publishes labels as a NodeFeature object of Node Feature Discovery, whose master then writes them on the node
 * (nfd.k8s-sigs.io/v1alpha1, Node Feature Discovery 0.14 and newer). For one thread.
 */
final class NodeFeatures {
    private static final Resource NODE_FEATURES = new Resource("nfd.k8s-sigs.io", "v1alpha1", "nodefeatures", true);

    private final ObjectClient client;
    private final String nodeName;
    private final String namespace;
    private @Nullable ObjectNode stored;
    private int requests;

    NodeFeatures(ObjectClient client, String nodeName, String namespace) {
        this.client = client;
        this.nodeName = nodeName;
        this.namespace = namespace;
    }

    void forget() {
        stored = null;
    }

    int takeRequests() {
        int taken = requests;
        requests = 0;
        return taken;
    }

    /** Whether something had to be written. A label that is unknown now keeps its earlier value. */
    boolean publish(Map<String, String> labels) throws IOException {
        if (stored == null) {
            requests++;
            stored = client.get(NODE_FEATURES, namespace, name()).orElse(null);
        }
        ObjectNode wanted = Json.object();
        // The label tells Node Feature Discovery which node the object speaks of.
        wanted.putObject("metadata").putObject("labels").put("nfd.node.kubernetes.io/node-name", nodeName);
        ObjectNode spec = wanted.putObject("spec");
        ObjectNode target = spec.putObject("labels");
        new TreeMap<>(labels).forEach(target::put);
        if (stored == null) {
            wanted.put("apiVersion", NODE_FEATURES.apiVersion()).put("kind", "NodeFeature");
            ((ObjectNode) wanted.path("metadata")).put("name", name());
            ObjectNode features = spec.putObject("features");
            features.putObject("flags");
            features.putObject("attributes");
            features.putObject("instances");
            requests++;
            stored = client.create(NODE_FEATURES, namespace, wanted);
            return true;
        }
        Map<String, String> current = ObservedNode.strings(stored.path("spec").path("labels"));
        if (current.entrySet().containsAll(labels.entrySet())) {
            return false;
        }
        requests++;
        stored = client.patch(NODE_FEATURES, namespace, name(), Patch.merge(wanted));
        return true;
    }

    boolean delete() throws IOException {
        requests++;
        return client.delete(NODE_FEATURES, namespace, name(), "");
    }

    private String name() {
        return "latency-scheduler-" + nodeName;
    }
}
