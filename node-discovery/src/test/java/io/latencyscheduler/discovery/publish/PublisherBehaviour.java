package io.latencyscheduler.discovery.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.discovery.config.ConfigReader;
import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.derive.NodeLabel;
import io.latencyscheduler.discovery.fact.HostFacts;
import io.latencyscheduler.discovery.host.DeviceTables;
import io.latencyscheduler.discovery.host.HostFiles;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the publisher does to an API server; the same on the sandbox and on a real one. */
abstract class PublisherBehaviour {
    private static final Path REPOSITORY = Path.of(System.getProperty("repository.root", ".."));
    private static final Resource NODE_FEATURES = new Resource("nfd.k8s-sigs.io", "v1alpha1", "nodefeatures", true);
    private static final String NODE_FEATURE_NAMESPACE = "node-feature-discovery";
    /** As much of Node Feature Discovery's resource as its API documents: its parts and their types. */
    private static final String NODE_FEATURE_DEFINITION = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: nodefeatures.nfd.k8s-sigs.io}
            spec:
              group: nfd.k8s-sigs.io
              names: {kind: NodeFeature, listKind: NodeFeatureList, plural: nodefeatures, singular: nodefeature}
              scope: Namespaced
              versions:
                - name: v1alpha1
                  served: true
                  storage: true
                  schema:
                    openAPIV3Schema:
                      type: object
                      required: [spec]
                      properties:
                        spec:
                          type: object
                          properties:
                            labels: {type: object, additionalProperties: {type: string}}
                            features:
                              type: object
                              required: [attributes, flags, instances]
                              properties:
                                attributes: {type: object, x-kubernetes-preserve-unknown-fields: true}
                                flags: {type: object, x-kubernetes-preserve-unknown-fields: true}
                                instances: {type: object, x-kubernetes-preserve-unknown-fields: true}
            """;

    private static final AtomicInteger NODES = new AtomicInteger();

    /** A kubeconfig of an administrator of the server under test. */
    abstract Path kubeconfig();

    private final String nodeName = "node-" + NODES.incrementAndGet();
    private Clients clients;
    ObjectClient client;

    @BeforeEach
    void makeNode() throws IOException {
        clients = Clients.open(ClientSettings.of(kubeconfig(), "test"));
        client = new ObjectClient(clients.commands());
        createNode();
    }

    @AfterEach
    void close() {
        clients.close();
    }

    static Path manifest(String name) {
        return REPOSITORY.resolve("manifests").resolve(name);
    }

    private void createNode() throws IOException {
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        node.putObject("metadata").put("name", nodeName).putObject("labels").put("zone", "a");
        client.create(Resource.NODES, "", node);
    }

    Publisher publisher(String... properties) {
        return publisher(client, properties);
    }

    Publisher publisher(ObjectClient with, String... properties) {
        Map<String, String> map = new java.util.HashMap<>();
        for (String property : properties) {
            map.put(property.split("=", 2)[0], property.split("=", 2)[1]);
        }
        DiscoveryConfig config = ConfigReader.read(map).value();
        return new Publisher(with, nodeName, config, new Derivation(config, DeviceTables.shipped()));
    }

    static HostFacts host(String name) {
        return new HostReader(new HostFiles(
                        REPOSITORY.resolve("node-discovery/src/test/hosts").resolve(name)))
                .read();
    }

    JsonNode node() throws IOException {
        return client.get(Resource.NODES, "", nodeName).orElseThrow();
    }

    Map<String, String> labels() throws IOException {
        return ObservedNode.of(node()).labels();
    }

    JsonNode inventory() throws IOException {
        return client.get(Resource.NODE_INVENTORIES, "", nodeName).orElseThrow();
    }

    @Test
    void shouldPublishANewNodeAndThenSendNothingMore() throws IOException {
        Publisher publisher = publisher();
        Publication first = publisher.publish(host("x710-vfio"), null);
        assertThat(first.failures()).isEmpty();
        assertThat(first.changed()).containsExactly("inventory", "labels");
        assertThat(labels())
                .containsEntry("zone", "a")
                .containsEntry("dpdk", "4")
                .containsEntry(NodeLabel.DPDK_NICS.key(), "4");
        assertThat(Json.read(inventory().path("spec"), NodeInventory.class).ports())
                .hasSize(6);
        assertThat(inventory().at("/metadata/ownerReferences/0/uid")).isEqualTo(node().at("/metadata/uid"));

        Publication again = publisher.publish(host("x710-vfio"), ObservedNode.of(node()));
        assertThat(again.changed()).isEmpty();
        assertThat(again.requests()).isZero();
    }

    @Test
    void shouldChangeNothingAfterARestart() throws IOException {
        publisher().publish(host("x710-vfio"), null);
        String nodeVersion = node().at("/metadata/resourceVersion").asText();
        String inventoryVersion = inventory().at("/metadata/resourceVersion").asText();
        Publication restarted = publisher().publish(host("x710-vfio"), null);
        assertThat(restarted.changed()).isEmpty();
        assertThat(restarted.requests()).isEqualTo(2);
        assertThat(node().at("/metadata/resourceVersion").asText()).isEqualTo(nodeVersion);
        assertThat(inventory().at("/metadata/resourceVersion").asText()).isEqualTo(inventoryVersion);
    }

    @Test
    void shouldRaiseTheGenerationOnlyWhenFactsChange() throws IOException {
        Publisher publisher = publisher();
        publisher.publish(host("x710-vfio"), null);
        assertThat(inventory().at("/metadata/generation").asInt()).isEqualTo(1);
        publisher.forget();
        publisher.publish(host("x710-vfio"), null);
        assertThat(inventory().at("/metadata/generation").asInt()).isEqualTo(1);
        publisher.publish(host("ovs-dpdk"), null);
        assertThat(inventory().at("/metadata/generation").asInt()).isEqualTo(2);
        assertThat(labels()).containsEntry("ovs-dpdk", "true").containsEntry(NodeLabel.DPDK_NICS.key(), "1");
    }

    @Test
    void shouldNotFightTheSchedulerForTheFreeCount() throws IOException {
        Publisher publisher = publisher();
        publisher.publish(host("x710-vfio"), null);
        setLabel("dpdk", "1");
        publisher.publish(host("x710-vfio"), null);
        publisher.publish(host("ovs-dpdk"), null);
        assertThat(labels()).containsEntry("dpdk", "1");
    }

    @Test
    void shouldMendALabelThatSomebodyRemoved() throws IOException {
        Publisher publisher = publisher();
        publisher.publish(host("x710-vfio"), null);
        setLabel(NodeLabel.DPDK_NICS.key(), null);
        assertThat(publisher.publish(host("x710-vfio"), null).changed()).containsExactly("labels");
        assertThat(labels()).containsEntry(NodeLabel.DPDK_NICS.key(), "4");
    }

    @Test
    void shouldWriteTheInventoryAgainWhenSomebodyDeletedIt() throws IOException {
        Publisher publisher = publisher();
        publisher.publish(host("x710-vfio"), null);
        client.delete(Resource.NODE_INVENTORIES, "", nodeName, "");
        publisher.forget();
        assertThat(publisher.publish(host("x710-vfio"), null).changed()).containsExactly("inventory");
    }

    @Test
    void shouldKeepWhatAnUnreadableHostNoLongerShows() throws IOException {
        Publisher publisher = publisher();
        publisher.publish(host("x710-vfio"), null);
        HostFacts nothing = new HostReader(new HostFiles(manifest("crds"))).read();
        Publication blind = publisher.publish(nothing, null);
        assertThat(blind.ok()).isTrue();
        assertThat(blind.changed()).isEmpty();
        assertThat(labels()).containsEntry(NodeLabel.DPDK_NICS.key(), "4").containsEntry(NodeLabel.IOMMU.key(), "true");
        assertThat(Json.read(inventory().path("spec"), NodeInventory.class).ports())
                .hasSize(6);
    }

    @Test
    void shouldPublishForTheNewNodeWhenItWasCreatedAnew() throws IOException {
        Publisher publisher = publisher();
        publisher.publish(host("x710-vfio"), null);
        client.delete(Resource.NODES, "", nodeName, "");
        assertThat(publisher.publish(host("x710-vfio"), null).failures())
                .singleElement()
                .asString()
                .contains("no such node");
        createNode();
        assertThat(publisher.publish(host("x710-vfio"), null).ok()).isTrue();
        assertThat(inventory().at("/spec/nodeUid")).isEqualTo(node().at("/metadata/uid"));
        assertThat(labels()).containsEntry("dpdk", "4");
    }

    @Test
    void shouldRefuseToLabelANodeThatWasCreatedAnewInBetween() throws IOException {
        Publisher publisher = publisher();
        ObservedNode old = ObservedNode.of(node());
        client.delete(Resource.NODES, "", nodeName, "");
        createNode();
        Publication late = publisher.publish(host("plain-vm"), old);
        assertThat(late.ok()).isFalse();
        assertThat(labels()).containsOnlyKeys("zone");
    }

    @Test
    void shouldWriteNoBareLabelsWhenSwitchedOff() throws IOException {
        publisher("discovery.publish.bare-labels=false").publish(host("x710-vfio"), null);
        assertThat(labels()).doesNotContainKeys("dpdk", "ovs-dpdk").containsKey(NodeLabel.DPDK_NICS.key());
    }

    @Test
    void shouldRemoveAllThatItWroteAndNothingElse() throws IOException {
        Publisher publisher = publisher();
        publisher.publish(host("x710-vfio"), null);
        Publication removed = publisher.cleanup();
        assertThat(removed.failures()).isEmpty();
        assertThat(removed.changed()).containsExactly("labels", "inventory");
        assertThat(labels()).containsOnlyKeys("zone");
        assertThat(ObservedNode.of(node()).annotations()).doesNotContainKey(LabelPlan.OWNED);
        assertThat(client.get(Resource.NODE_INVENTORIES, "", nodeName)).isEmpty();
        assertThat(publisher.cleanup().changed()).isEmpty();
    }

    @Test
    void shouldRestoreOnCleanUpACountThatSomebodySetByHand() throws IOException {
        ObjectNode counted = Json.object();
        counted.putObject("metadata").putObject("annotations").put(Keys.DPDK_TOTAL, "4");
        client.patch(Resource.NODES, "", nodeName, Patch.merge(counted));
        setLabel("dpdk", "1");
        assertThat(publisher().cleanup().failures()).isEmpty();
        assertThat(labels()).containsEntry("dpdk", "4");
        assertThat(ObservedNode.of(node()).annotations()).doesNotContainKey(Keys.DPDK_TOTAL);
    }

    @Test
    void shouldLeaveLabelsToNodeFeatureDiscoveryInAnObjectOfItsKind() throws Exception {
        awaitServed(NODE_FEATURES);
        Publisher publisher = publisher("discovery.publish.node-feature.enabled=true");

        Publication first = publisher.publish(host("x710-vfio"), null);

        assertThat(first.failures()).isEmpty();
        assertThat(first.changed()).contains("node-feature");
        JsonNode feature = client.get(NODE_FEATURES, NODE_FEATURE_NAMESPACE, "latency-scheduler-" + nodeName)
                .orElseThrow();
        assertThat(feature.at("/metadata/labels/nfd.node.kubernetes.io~1node-name")
                        .asText())
                .isEqualTo(nodeName);
        assertThat(ObservedNode.strings(feature.at("/spec/labels"))).containsEntry(NodeLabel.DPDK_NICS.key(), "4");
        assertThat(labels()).doesNotContainKey(NodeLabel.DPDK_NICS.key());
        assertThat(publisher.publish(host("x710-vfio"), ObservedNode.of(node())).changed())
                .isEmpty();

        assertThat(publisher.cleanup().changed()).contains("node-feature");
        assertThat(client.get(NODE_FEATURES, NODE_FEATURE_NAMESPACE, "latency-scheduler-" + nodeName))
                .isEmpty();
    }

    /** A custom resource is served a moment after its definition was stored: lists answer 404 until then. */
    private void awaitServed(Resource resource) throws Exception {
        long deadlineNs = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (true) {
            try {
                client.list(resource, NODE_FEATURE_NAMESPACE, Map.of());
                return;
            } catch (IOException notYet) {
                assertThat(System.nanoTime()).as("served within two minutes").isLessThan(deadlineNs);
                Thread.sleep(100);
            }
        }
    }

    private void setLabel(String key, String value) throws IOException {
        ObjectNode patch = Json.object();
        ObjectNode labels = patch.putObject("metadata").putObject("labels");
        if (value == null) {
            labels.putNull(key);
        } else {
            labels.put(key, value);
        }
        client.patch(Resource.NODES, "", nodeName, Patch.merge(patch));
    }

    static void applyCustomResources(ObjectClient client) throws IOException {
        for (String name : new String[] {"crds/nodeinventories.yaml", "crds/nodedataplanes.yaml"}) {
            createUnlessThere(
                    client,
                    Resource.CUSTOM_RESOURCE_DEFINITIONS,
                    new YAMLMapper().readTree(manifest(name).toFile()));
        }
        createUnlessThere(
                client, Resource.CUSTOM_RESOURCE_DEFINITIONS, new YAMLMapper().readTree(NODE_FEATURE_DEFINITION));
        createUnlessThere(
                client,
                Resource.NAMESPACES,
                Json.tree("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\""
                        + NODE_FEATURE_NAMESPACE + "\"}}"));
    }

    private static void createUnlessThere(ObjectClient client, Resource resource, JsonNode object) throws IOException {
        try {
            client.create(resource, "", object);
        } catch (ApiFailure failure) {
            assertThat(failure.status()).isEqualTo(409);
        }
    }
}
