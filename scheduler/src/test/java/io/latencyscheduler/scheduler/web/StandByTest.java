package io.latencyscheduler.scheduler.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.http.ResponseEntity;

/** What somebody sees who reaches the instance that stands by. */
class StandByTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final List<SchedulerRuntime> started = new ArrayList<>();
    private Sandbox sandbox;
    private SchedulerConfig config;

    @BeforeEach
    void start() {
        sandbox = Sandbox.start();
        sandbox.writeKubeconfig(folder.resolve("kubeconfig"));
        sandbox.create("""
                {apiVersion: v1, kind: Node, metadata: {name: n1},
                 status: {allocatable: {cpu: "4", memory: 8Gi, pods: "110"}, conditions: [{type: Ready, status: "True"}]}}
                """);
        config = SchedulerConfig.read(Map.of(
                        "latency-scheduler.client.kubeconfig",
                        folder.resolve("kubeconfig").toString()))
                .value();
    }

    @AfterEach
    void stop() {
        started.forEach(SchedulerRuntime::close);
        sandbox.close();
    }

    private SchedulerRuntime scheduler() throws IOException {
        SchedulerRuntime runtime = new SchedulerRuntime(
                config,
                Clients.open(SchedulerRuntime.clientSettings(config, "test")),
                volumes -> DefaultPlugins.create(config.tiers(), config.streams(), config.dpdkReadiness(), volumes),
                new SchedulerMetrics());
        started.add(runtime);
        runtime.start();
        return runtime;
    }

    /** What the page is told, by the kind of message. */
    private Map<String, JsonNode> look(SchedulerRuntime at) throws Exception {
        Map<String, JsonNode> messages = new HashMap<>();
        new LiveFeed(at, config).next((event, message) -> messages.put(event, Json.toTree(message)));
        return messages;
    }

    @Test
    void shouldShowTheClusterAndSayWhoLeadsAndRemembers() throws Exception {
        SchedulerRuntime leader = scheduler();
        Awaitility.await("leads").atMost(PATIENCE).until(leader::placing);
        SchedulerRuntime standBy = scheduler();
        sandbox.create("""
                {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: default},
                 spec: {schedulerName: latency-scheduler, containers: [{name: c, image: none}]}}
                """);

        Awaitility.await("the stand-by hears of the placed pod")
                .atMost(PATIENCE)
                .untilAsserted(() -> {
                    assertThat(standBy.unreadiness()).isEmpty();
                    assertThat(look(standBy)
                                    .get("nodes")
                                    .at("/changed/0/ordinaryPods")
                                    .asInt())
                            .isEqualTo(1);
                });
        JsonNode status = look(standBy).get("status");
        assertThat(status.path("leading").asBoolean()).isFalse();
        assertThat(status.path("leader").asText()).isEqualTo(leader.leader()).isNotEmpty();
        assertThat(look(leader).get("status").path("leading").asBoolean()).isTrue();
        assertThat(look(leader).get("decisions").at("/0/pod").asText()).isEqualTo("default/web");
        assertThat(look(standBy)).doesNotContainKey("decisions");
        ResponseEntity<String> unknown = new ApiController(standBy, config).decision("default", "web");
        assertThat(unknown.getStatusCode().value()).isEqualTo(404);
        assertThat(unknown.getBody()).contains("this instance stands by, " + leader.leader() + " leads and remembers");
    }
}
