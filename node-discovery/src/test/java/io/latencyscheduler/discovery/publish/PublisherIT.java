package io.latencyscheduler.discovery.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@RequiresApiServer
class PublisherIT extends PublisherBehaviour {
    private static ControlPlane controlPlane;

    @BeforeAll
    static void startServer() throws Exception {
        controlPlane = ControlPlane.start(ControlPlaneOptions.fromEnvironment()
                .withUser("nobody", "token-of-nobody")
                .withUser("discovery", "token-of-discovery"));
        try (Clients clients = Clients.open(ClientSettings.of(controlPlane.kubeconfig(), "test"))) {
            ObjectClient client = new ObjectClient(clients.commands());
            applyCustomResources(client);
            awaitServed(client);
            assumeCustomResources(client);
        }
    }

    /** A custom resource is served a moment after its definition was stored: lists answer 404 until then. */
    private static void awaitServed(ObjectClient client) throws Exception {
        long deadlineNs = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            try {
                client.list(Resource.NODE_INVENTORIES, "", java.util.Map.of());
                return;
            } catch (IOException notYet) {
                assertThat(System.nanoTime()).as("served within 30 s").isLessThan(deadlineNs);
                Thread.sleep(100);
            }
        }
    }

    /** A server that dies of its first custom resource was built wrongly: docs/decisions/0010 tells why. */
    private static void assumeCustomResources(ObjectClient client) throws IOException {
        ObjectNode probe = Json.object().put("apiVersion", Resource.NODE_DATAPLANES.apiVersion()).put("kind", "NodeDataplane");
        probe.putObject("metadata").put("name", "probe");
        try {
            client.create(Resource.NODE_DATAPLANES, "", probe);
        } catch (ApiFailure refused) {
            throw refused;
        } catch (IOException died) {
            assumeThat(false)
                    .as("this API server dies of custom resources: build one with hack/envtest")
                    .isTrue();
        }
    }

    @AfterAll
    static void stopServer() {
        if (controlPlane != null) {
            controlPlane.close();
        }
    }

    @Override
    Path kubeconfig() {
        return controlPlane.kubeconfig();
    }

    @Test
    void shouldSayInOneSentenceThatItIsNotPermitted() throws IOException {
        try (Clients nobody = Clients.open(ClientSettings.of(controlPlane.kubeconfigOf("nobody"), "test"))) {
            Publication refused = publisher(new ObjectClient(nobody.commands())).publish(host("plain-vm"), null);
            assertThat(refused.failures())
                    .singleElement()
                    .asString()
                    .contains("not permitted, check the service account's role");
        }
    }

    @Test
    void shouldNeedNoMoreThanTheRoleInItsManifest() throws IOException {
        try (MappingIterator<JsonNode> documents = new YAMLMapper()
                .readerFor(JsonNode.class)
                .readValues(manifest("node-discovery.yaml").toFile())) {
            while (documents.hasNext()) {
                JsonNode document = documents.next();
                if (document.path("kind").asText().equals("ClusterRole")) {
                    client.create(role("clusterroles"), "", document);
                }
            }
        }
        ObjectNode binding =
                Json.object().put("apiVersion", "rbac.authorization.k8s.io/v1").put("kind", "ClusterRoleBinding");
        binding.putObject("metadata").put("name", "discovery-of-test");
        binding.putObject("roleRef")
                .put("apiGroup", "rbac.authorization.k8s.io")
                .put("kind", "ClusterRole")
                .put("name", "latency-scheduler:node-discovery");
        binding.putArray("subjects")
                .addObject()
                .put("apiGroup", "rbac.authorization.k8s.io")
                .put("kind", "User")
                .put("name", "discovery");
        client.create(role("clusterrolebindings"), "", binding);
        try (Clients discovery = Clients.open(ClientSettings.of(controlPlane.kubeconfigOf("discovery"), "test"))) {
            Publisher publisher = publisher(new ObjectClient(discovery.commands()));
            assertThat(publisher.publish(host("x710-vfio"), null).failures()).isEmpty();
            assertThat(publisher.publish(host("ovs-dpdk"), null).failures()).isEmpty();
            assertThat(publisher.cleanup().failures()).isEmpty();
        }
    }

    private static Resource role(String plural) {
        return new Resource("rbac.authorization.k8s.io", "v1", plural, false);
    }
}
