package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.sandbox.cluster.NodeShape;
import io.latencyscheduler.sandbox.cluster.SimulatedNodes;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedNodesTest extends Api {
    private Sandbox sandbox;
    private SimulatedNodes nodes;

    @BeforeEach
    void startNodes() {
        NodeShape shape = NodeShape.defaults().withLabels(Map.of("dpdk", "4")).withHeartbeat(Duration.ofMillis(20));
        nodes = SimulatedNodes.start(sandbox.registry(), shape, 3);
    }

    @AfterEach
    void stop() {
        nodes.close();
        sandbox.close();
    }

    @Override
    RawApi server() {
        sandbox = Sandbox.start();
        return new RawApi(HttpClient.newHttpClient(), sandbox.url(), Sandbox.ADMIN_TOKEN);
    }

    private static JsonNode until(RawApi.Watch watch, String pointer, String value) {
        while (true) {
            JsonNode event = watch.next();
            if (event.path("type").asText().equals("END")
                    || event.at(pointer).asText().equals(value)) {
                return event;
            }
        }
    }

    @Test
    void shouldMakeReadyNodesThatRenewTheirLeases() {
        JsonNode node = api.get("/api/v1/nodes/node-1").body();
        assertThat(node.at("/metadata/labels/dpdk").asText()).isEqualTo("4");
        assertThat(node.at("/metadata/labels/topology.kubernetes.io~1zone").asText())
                .isEqualTo("zone-1");
        assertThat(node.at("/status/allocatable/cpu").asText()).isEqualTo("32");
        assertThat(node.at("/status/conditions/3/status").asText()).isEqualTo("True");
        try (RawApi.Watch leases = api.watch(
                "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?watch=true&fieldSelector=metadata.name=node-1")) {
            String first = leases.next().at("/object/spec/renewTime").asText();
            JsonNode renewed = until(leases, "/type", "MODIFIED");
            assertThat(renewed.at("/object/spec/renewTime").asText()).isGreaterThan(first);
        }
    }

    @Test
    void shouldRunABoundPodUntilItSucceeds() {
        try (RawApi.Watch watch = api.watch(pods + "?watch=true")) {
            api.post(
                    pods,
                    pod("job")
                            .replace(
                                    "'labels'",
                                    "'annotations':{'sandbox.latency-scheduler.io/run-for':'PT0.05S'},'labels'"));
            assertThat(watch.nextNamed()).isEqualTo("ADDED job");
            bind("job", "node-0");
            JsonNode running = until(watch, "/object/status/phase", "Running");
            assertThat(running.at("/object/status/podIP").asText()).startsWith("10.");
            assertThat(running.at("/object/status/containerStatuses/0/ready").asBoolean())
                    .isTrue();
            until(watch, "/object/status/phase", "Succeeded");
        }
    }

    @Test
    void shouldLetGoOfADeletedPod() {
        try (RawApi.Watch watch = api.watch(pods + "?watch=true")) {
            makePod("web");
            bind("web", "node-0");
            until(watch, "/object/status/phase", "Running");
            assertThat(api.delete(pods + "/web").text("/metadata/deletionGracePeriodSeconds"))
                    .isEqualTo("30");
            until(watch, "/type", "DELETED");
        }
        assertThat(api.get(pods + "/web").code()).isEqualTo(404);
    }

    @Test
    void shouldLeaveThePodsOfASilentNodeAsTheyAre() {
        nodes.silence("node-0");
        try (RawApi.Watch watch = api.watch(pods + "?watch=true")) {
            makePod("stuck");
            bind("stuck", "node-0");
            makePod("web");
            bind("web", "node-1");
            JsonNode running = until(watch, "/object/status/phase", "Running");
            assertThat(running.at("/object/metadata/name").asText()).isEqualTo("web");
            assertThat(api.get(pods + "/stuck").text("/status/phase")).isEqualTo("Pending");
            nodes.revive("node-0");
            running = until(watch, "/object/status/phase", "Running");
            assertThat(running.at("/object/metadata/name").asText()).isEqualTo("stuck");
        }
    }
}
