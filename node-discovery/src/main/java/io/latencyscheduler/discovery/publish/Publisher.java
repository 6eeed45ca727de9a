package io.latencyscheduler.discovery.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.derive.Derived;
import io.latencyscheduler.discovery.derive.NodeFeatureDiscovery;
import io.latencyscheduler.discovery.fact.HostFacts;
import io.latencyscheduler.discovery.output.JsonOutput;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings one node's labels and inventory to what was found. Only differences are written; while nothing changes and
 * somebody else watches the node, nothing is even read. For one thread.
 */
public final class Publisher {
    private final ObjectClient client;
    private final String nodeName;
    private final DiscoveryConfig config;
    private final Derivation derivation;
    private final NodeFeatures nodeFeatures;

    /** The inventory object as the server has it, with metadata; null when it has to be read first. */
    private @Nullable ObjectNode stored;

    private int requests;

    public Publisher(ObjectClient client, String nodeName, DiscoveryConfig config, Derivation derivation) {
        this.client = client;
        this.nodeName = nodeName;
        this.config = config;
        this.derivation = derivation;
        this.nodeFeatures = new NodeFeatures(client, nodeName, config.nodeFeatureNamespace());
    }

    /** What was last stored is no longer taken for granted: the next publication reads it again. */
    public void forget() {
        stored = null;
        nodeFeatures.forget();
    }

    /**
     * Publishes.
     *
     * @param watched the node as a watch has it; null: it is read now
     */
    public Publication publish(HostFacts facts, @Nullable ObservedNode watched) {
        requests = 0;
        List<String> changed = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        Derived derived = null;
        try {
            ObservedNode node = watched != null ? watched : readNode();
            NodeInventory earlier = earlierInventory(node);
            derived = derivation.derive(facts, node.uid(), earlier);
            if (derived.inventoryKnown()) {
                attempt("the NodeInventory of", changed, failures, inventoryWriter(node, derived));
            } else {
                failures.add("the ports of " + nodeName + " could not be read, and nothing is known of them yet");
            }
            Map<String, String> direct = new HashMap<>(NodeFeatureDiscovery.implied(node.labels()));
            direct.putAll(derived.labels());
            if (config.nodeFeature()) {
                Map<String, String> ours = new HashMap<>(direct);
                ours.keySet().removeIf(key -> !key.startsWith(Keys.PREFIX));
                direct.keySet().removeAll(ours.keySet());
                attempt(
                        "the NodeFeature of",
                        changed,
                        failures,
                        () -> nodeFeatures.publish(ours) ? "node-feature" : null);
                requests += nodeFeatures.takeRequests();
            }
            attempt("the labels of", changed, failures, () -> labels(node, direct));
        } catch (IOException e) {
            forget();
            failures.add(inWords("node", e));
        }
        return new Publication(derived, requests, changed, failures);
    }

    /** Removes what discovery wrote: its labels, the inventory, the NodeFeature. Says what it removed. */
    public Publication cleanup() {
        requests = 0;
        List<String> changed = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        attempt("the labels of", changed, failures, () -> {
            ObservedNode node = readNode();
            return write(node, LabelPlan.cleanup(node), Keys.DPDK_TOTAL);
        });
        attempt("the NodeInventory of", changed, failures, () -> {
            requests++;
            return client.delete(Resource.NODE_INVENTORIES, "", nodeName, "") ? "inventory" : null;
        });
        if (config.nodeFeature()) {
            attempt("the NodeFeature of", changed, failures, () -> nodeFeatures.delete() ? "node-feature" : null);
            requests += nodeFeatures.takeRequests();
        }
        forget();
        return new Publication(null, requests, changed, failures);
    }

    private interface Step {
        /** What was changed; null when nothing had to be. */
        @Nullable
        String run() throws IOException;
    }

    private void attempt(String what, List<String> changed, List<String> failures, Step step) {
        try {
            String done = step.run();
            if (done != null) {
                changed.add(done);
            }
        } catch (IOException e) {
            forget();
            failures.add(inWords(what, e));
        }
    }

    private ObservedNode readNode() throws IOException {
        requests++;
        return ObservedNode.of(client.get(Resource.NODES, "", nodeName)
                .orElseThrow(() -> new ApiFailure("GET node " + nodeName, 404, "NotFound", "there is no such node")));
    }

    private @Nullable NodeInventory earlierInventory(ObservedNode node) throws IOException {
        if (stored == null) {
            requests++;
            stored = client.get(Resource.NODE_INVENTORIES, "", nodeName).orElse(null);
        }
        if (stored == null || !stored.path("spec").path("nodeUid").asText().equals(node.uid())) {
            return null;
        }
        try {
            return Json.read(stored.path("spec"), NodeInventory.class);
        } catch (IOException | RuntimeException e) {
            // Written by another version: this one's facts replace it.
            return null;
        }
    }

    private Step inventoryWriter(ObservedNode node, Derived derived) {
        ObjectNode wanted = Json.object();
        ObjectNode metadata = wanted.putObject("metadata");
        ObjectNode labels = metadata.putObject("labels");
        derived.labels().forEach((key, value) -> {
            if (key.startsWith(Keys.PREFIX)) {
                labels.put(key, value);
            }
        });
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "v1")
                .put("kind", "Node")
                .put("name", nodeName)
                .put("uid", node.uid());
        wanted.set("spec", JsonOutput.inventory(derived.inventory()));
        return () -> {
            if (stored == null) {
                wanted.put("apiVersion", Resource.NODE_INVENTORIES.apiVersion()).put("kind", NodeInventory.KIND);
                metadata.put("name", nodeName);
                requests++;
                stored = client.create(Resource.NODE_INVENTORIES, "", wanted);
                return "inventory";
            }
            if (stands(stored, wanted)) {
                return null;
            }
            requests++;
            stored = client.patch(Resource.NODE_INVENTORIES, "", nodeName, Patch.merge(wanted));
            return "inventory";
        };
    }

    private static boolean stands(JsonNode stored, JsonNode wanted) {
        JsonNode storedLabels = stored.path("metadata").path("labels");
        for (Map.Entry<String, JsonNode> label :
                wanted.path("metadata").path("labels").properties()) {
            if (!label.getValue().equals(storedLabels.path(label.getKey()))) {
                return false;
            }
        }
        return wanted.path("spec").equals(stored.path("spec"))
                && wanted.path("metadata")
                        .path("ownerReferences")
                        .equals(stored.path("metadata").path("ownerReferences"));
    }

    private @Nullable String labels(ObservedNode node, Map<String, String> wanted) throws IOException {
        return write(node, LabelPlan.of(node, wanted, config.bareLabels()));
    }

    private @Nullable String write(ObservedNode node, LabelPlan plan, String... annotationsToRemove)
            throws IOException {
        if (plan.isEmpty()) {
            return null;
        }
        ObjectNode patch = Json.object();
        // A node re-created in between has another UID: the server then refuses the patch.
        ObjectNode metadata = patch.putObject("metadata").put("uid", node.uid());
        ObjectNode labels = metadata.putObject("labels");
        plan.set().forEach(labels::put);
        plan.remove().forEach(labels::putNull);
        ObjectNode annotations = metadata.putObject("annotations");
        if (plan.owned().isEmpty()) {
            annotations.putNull(LabelPlan.OWNED);
        } else {
            annotations.put(LabelPlan.OWNED, String.join(",", plan.owned()));
        }
        for (String annotation : annotationsToRemove) {
            annotations.putNull(annotation);
        }
        requests++;
        client.patch(Resource.NODES, "", nodeName, Patch.merge(patch));
        return "labels";
    }

    private String inWords(String what, IOException failure) {
        String object = what + " " + nodeName;
        if (failure instanceof ApiFailure refusal) {
            if (refusal.status() == 403) {
                return object + ": not permitted, check the service account's role: " + refusal.getMessage();
            }
            if (refusal.status() == 404 && what.contains("NodeInventory")) {
                return object + ": the cluster does not have the custom resource nodeinventories." + Keys.GROUP
                        + ", apply manifests/crds";
            }
        }
        return object + ": " + Optional.ofNullable(failure.getMessage()).orElse(failure.toString());
    }
}
