package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** An installation after the first, with every part that needs rights of its own. */
abstract class OptionalPartSteps extends Steps {
    private static final Resource NODE_FEATURES = new Resource("nfd.k8s-sigs.io", "v1alpha1", "nodefeatures", true);
    private static final Resource WEBHOOKS =
            new Resource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", false);
    /** As Node Feature Discovery has it, with the fields left open. */
    private static final String NODE_FEATURE = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: nodefeatures.nfd.k8s-sigs.io, annotations: {api-approved.kubernetes.io: unapproved}}
            spec:
              group: nfd.k8s-sigs.io
              scope: Namespaced
              names: {kind: NodeFeature, listKind: NodeFeatureList, plural: nodefeatures, singular: nodefeature}
              versions:
                - name: v1alpha1
                  served: true
                  storage: true
                  schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            """;

    OptionalPartSteps(Installed installed) {
        super(installed);
    }

    @Test
    @Order(1)
    void shouldPlaceWhatWaitedWhenItIsInstalledAgainAndCountTheOldPods() throws IOException {
        installed.create(Resource.PODS, ownerPod("waited", 1, ""));
        installed.create(new Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", false), NODE_FEATURE);
        upgrade(
                Chart.FOLDER,
                Map.of(
                        "webhook.enabled",
                        true,
                        "scheduler.networkPolicy.enabled",
                        true,
                        "monitoring.dashboards.enabled",
                        true,
                        "discovery.config.publish.node-feature.enabled",
                        true,
                        "discovery.config.publish.node-feature.namespace",
                        Chart.NAMESPACE,
                        "discovery.config.rescan-interval",
                        "2s",
                        "agent.config.paths.peers",
                        "auto",
                        "agent.config.overlay.mode",
                        "kernel",
                        "agent.config.overlay.bridge",
                        installed.overlayBridge()));
        // All four ports are taken by pods of the first installation: two by the sample, two by the urgent pod.
        awaitFreePorts("0");
        installed.objects.delete(Resource.PODS, "default", "urgent", "");
        awaitBound("waited");
        assertThat(owned()).doesNotHaveDuplicates().hasSize(3);
    }

    /** The owned ports of all pods. */
    private List<String> owned() throws IOException {
        List<String> owned = new ArrayList<>();
        for (JsonNode pod : installed.objects.list(Resource.PODS, "default", Map.of())) {
            String allocation = pod.at("/metadata/annotations/latency-scheduler.io~1allocation")
                    .asText();
            if (!allocation.isEmpty() && !pod.at("/metadata").has("deletionTimestamp")) {
                Json.tree(allocation).path("interfaces").forEach(port -> owned.add(port.asText()));
            }
        }
        return owned;
    }

    @Test
    @Order(2)
    void shouldGiveTheWebhookACertificateAndTellTheApiServerItsAuthority() throws IOException {
        String name = Chart.RELEASE + "-webhook";
        until(
                "both webhooks have their authority",
                () -> authorities(name).stream()
                                .filter(bundle -> !bundle.isEmpty())
                                .count()
                        == 2,
                () -> installed.kubelet.logs(10));
    }

    private List<String> authorities(String configuration) throws IOException {
        return installed.objects.get(WEBHOOKS, "", configuration).orElseThrow().findValuesAsText("caBundle");
    }

    @Test
    @Order(3)
    void shouldPublishThroughNodeFeatureDiscoveryAndCarryTheOverlayWhereItSaysSo() throws IOException {
        until("both nodes have a NodeFeature", () -> features().size() == 2, () -> features() + " is there");
        labelAsNodeFeatureDiscoveryDoes();
        until(
                "the agent says what carries the overlay",
                () -> node(Installed.GATED)
                        .at("/metadata/labels")
                        .path("latency-scheduler.io/overlay")
                        .asText()
                        .equals("kernel"),
                () -> installed.kubelet.logs(10));
        try (var plugged = installed.plugIn()) {
            awaitUsed(Chart.RELEASE + "-discovery: patch nodefeatures.nfd.k8s-sigs.io");
        }
    }

    private List<JsonNode> features() throws IOException {
        return installed.objects.list(NODE_FEATURES, "", Map.of());
    }

    private static String nodeOf(JsonNode feature) {
        return feature.at("/metadata/labels")
                .path("nfd.node.kubernetes.io/node-name")
                .asText();
    }

    private void labelAsNodeFeatureDiscoveryDoes() throws IOException {
        for (JsonNode feature : features()) {
            ObjectNode patch = Json.object();
            patch.putObject("metadata").set("labels", feature.at("/spec/labels"));
            installed.objects.patch(Resource.NODES, "", nodeOf(feature), Patch.merge(patch));
        }
    }

    @Test
    @Order(4)
    void shouldLeaveNoNodeFeatureBehind() throws IOException {
        List<String> others = new ArrayList<>();
        for (JsonNode feature : features()) {
            feature.at("/spec/labels").fieldNames().forEachRemaining(key -> others.add(nodeOf(feature) + ": " + key));
        }
        assertThat(others).isNotEmpty();

        installed.release.uninstall();

        assertThat(features()).isEmpty();
        // Node Feature Discovery's master takes back what it wrote when its reason is gone.
        List<String> left = traces();
        left.removeAll(others);
        assertThat(left).isEmpty();
        awaitNoProgram();
    }
}
