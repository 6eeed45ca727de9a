package io.latencyscheduler.sandbox.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Nodes with ports on a real API server, and the auditor that watches what is done with them. For one thread. */
final class TestCluster implements AutoCloseable {
    private static final String GROUP = "/apis/" + Keys.GROUP + "/" + Keys.VERSION + "/";
    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private static final long LINK_RATE_BPS = 1_000_000_000;

    private static final long BEAT_MS = 10_000;

    private final PlainClient api;
    private final Auditor auditor;
    private final ScheduledThreadPoolExecutor heart = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "heartbeats");
        thread.setDaemon(true);
        return thread;
    });
    private final Set<Auditor.Violation> told = new HashSet<>();
    private @Nullable PodFeed feed;

    /**
     * @param manifests folder with {@code crds}
     * @param feasible whether a bound pod could run on its node
     */
    TestCluster(ControlPlane plane, Path manifests, Predicate<JsonNode> feasible)
            throws IOException, InterruptedException {
        HttpClient http = plane.httpClient();
        this.api = new PlainClient(http, plane.url(), plane.token());
        this.auditor = new Auditor(feasible);
        for (String plural : List.of(Keys.NODE_INVENTORIES, Keys.NODE_DATAPLANES)) {
            api.create(DEFINITIONS, Files.readString(manifests.resolve("crds").resolve(plural + ".yaml")));
        }
        for (String plural : List.of(Keys.NODE_INVENTORIES, Keys.NODE_DATAPLANES)) {
            FailoverRounds.await("the definition of " + plural, () -> served(plural));
        }
    }

    private boolean served(String plural) {
        try {
            return api.get(DEFINITIONS + "/" + plural + "." + Keys.GROUP)
                    .at("/status/conditions")
                    .findValuesAsText("type")
                    .contains("Established");
        } catch (IOException notYet) {
            return false;
        }
    }

    PlainClient api() {
        return api;
    }

    Auditor auditor() {
        return auditor;
    }

    /** Tells the auditor who runs. */
    Tenants.Uses uses() {
        return new Tenants.Uses() {
            @Override
            public void begun(String podUid) {
                auditor.begun(podUid);
            }

            @Override
            public void ended(String podUid) {
                auditor.ended(podUid);
            }
        };
    }

    /** A ready node whose inventory has these ports. */
    void addNode(String name, List<String> owned, List<String> gated) throws IOException {
        api.create(
                "/api/v1/nodes",
                "{apiVersion: v1, kind: Node, metadata: {name: %s, labels: {kubernetes.io/hostname: %s}}}"
                        .formatted(name, name));
        api.patch("/api/v1/nodes/" + name + "/status", PlainClient.MERGE_PATCH, """
            {status: {capacity: {cpu: "8", memory: 16Gi, pods: "110"}, allocatable: {cpu: "8", memory: 16Gi, pods: "110"},
                      conditions: [{type: Ready, status: "True"}]}}
            """);
        // The node controller would remove the taint of a new node once it is ready.
        api.patch("/api/v1/nodes/" + name, PlainClient.MERGE_PATCH, "{spec: {taints: null}}");
        JsonNode node = api.get("/api/v1/nodes/" + name);
        ObjectNode inventory =
                Json.object().put("apiVersion", Keys.GROUP + "/" + Keys.VERSION).put("kind", "NodeInventory");
        inventory.putObject("metadata").put("name", name);
        ObjectNode spec = inventory.putObject("spec").put("nodeUid", Json.text(node, "/metadata/uid"));
        spec.put("ovsDpdk", false).put("isolatedCpus", "").putArray("hugepages");
        ArrayNode ports = spec.putArray("ports");
        owned.forEach(port -> ports.add(port(port, "owned")));
        gated.forEach(port -> ports.add(port(port, "gated")));
        api.create(GROUP + Keys.NODE_INVENTORIES, inventory.toString());
        auditor.inventory(api.get(GROUP + Keys.NODE_INVENTORIES + "/" + name));
    }

    /** From now on a live agent reports one gated port of 1 Gb/s with nothing in it, as often as real ones do. */
    void beat(String node, String port) throws IOException {
        heartbeat(node, port);
        heart.scheduleWithFixedDelay(
                () -> {
                    try {
                        heartbeat(node, port);
                    } catch (IOException serverAway) {
                        // The next one will arrive.
                    }
                },
                BEAT_MS,
                BEAT_MS,
                TimeUnit.MILLISECONDS);
    }

    private void heartbeat(String node, String port) throws IOException {
        String path = GROUP + Keys.NODE_DATAPLANES;
        api.create(
                path,
                "{apiVersion: %s/%s, kind: NodeDataplane, metadata: {name: %s}}"
                        .formatted(Keys.GROUP, Keys.VERSION, node));
        api.patch(path + "/" + node + "/status", PlainClient.MERGE_PATCH, """
            {status: {heartbeatTime: "%s", agentVersion: test,
                      clock: {state: locked, source: ptp, taiOffsetSeconds: 37, errorNs: 100},
                      ports: [{name: %s, backend: af_packet, linkRateBps: %d, linkUp: true, guardNs: 1000,
                               overheadBytes: 0, maxSduBytes: 1522, reserved: []}],
                      paths: [], allocations: [], conditions: []}}
            """.formatted(
                        java.time.Instant.now(), port, LINK_RATE_BPS));
    }

    /** The free ports that the node's label shows; empty without one. */
    String shownFree(String node) throws IOException {
        return Json.text(api.get("/api/v1/nodes/" + node), "/metadata/labels/" + Keys.DPDK_LABEL);
    }

    private static ObjectNode port(String name, String role) {
        ObjectNode port = Json.object()
                .put("name", name)
                .put("model", "test port")
                .put("numaNode", 0)
                .put("linkRateBps", LINK_RATE_BPS)
                .put("linkUp", true)
                .put("role", role)
                .put("roleReason", "of this test")
                .put("txQueues", 4);
        port.putArray("features");
        return port;
    }

    /** Tells the auditor and these tenants of every change from now on. */
    void follow(Tenants tenants) {
        feed = new PodFeed(api, new PodFeed.Listener() {
            @Override
            public void changed(JsonNode pod) {
                auditor.changed(pod);
                tenants.changed(pod);
            }

            @Override
            public void deleted(JsonNode pod) {
                auditor.deleted(pod);
                tenants.deleted(pod);
            }

            @Override
            public void relisted(List<JsonNode> pods) {
                auditor.relisted(pods);
                tenants.relisted(pods);
            }
        });
    }

    /** What the auditor found since the last call, once it has been told of everything. */
    List<Auditor.Violation> newViolations() throws InterruptedException {
        PodFeed following = feed;
        if (following != null) {
            following.catchUp();
        }
        return auditor.found().stream().filter(told::add).toList();
    }

    @Override
    public void close() {
        heart.shutdownNow();
        PodFeed following = feed;
        if (following != null) {
            following.close();
        }
    }
}
