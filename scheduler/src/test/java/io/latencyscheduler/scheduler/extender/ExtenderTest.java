package io.latencyscheduler.scheduler.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.kube.ObjectFeed;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What kube-scheduler may send, answered by a leader and by its stand-by. */
class ExtenderTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final List<SchedulerRuntime> started = new ArrayList<>();
    private Sandbox sandbox;
    private SchedulerRuntime leader;
    private Extender extender;

    @BeforeEach
    void start() throws IOException {
        sandbox = Sandbox.start();
        sandbox.writeKubeconfig(folder.resolve("kubeconfig"));
        node("fast", "dpdk: '2'");
        node("plain", "");
        leader = scheduler();
        Awaitility.await("leads").atMost(PATIENCE).until(leader::placing);
        extender = new Extender(leader);
    }

    @AfterEach
    void stop() {
        started.forEach(SchedulerRuntime::close);
        sandbox.close();
    }

    private SchedulerRuntime scheduler() throws IOException {
        SchedulerConfig config = SchedulerConfig.read(Map.of(
                        "latency-scheduler.client.kubeconfig",
                        folder.resolve("kubeconfig").toString()))
                .value();
        SchedulerRuntime runtime = new SchedulerRuntime(
                config,
                Clients.open(SchedulerRuntime.clientSettings(config, "test")),
                volumes -> DefaultPlugins.create(config.tiers(), config.streams(), config.dpdkReadiness(), volumes),
                new SchedulerMetrics());
        started.add(runtime);
        runtime.start();
        Awaitility.await("follows the cluster")
                .atMost(PATIENCE)
                .until(() -> runtime.unreadiness().isEmpty());
        return runtime;
    }

    private void node(String name, String labels) {
        sandbox.create("""
                {apiVersion: v1, kind: Node, metadata: {name: %s, labels: {%s}},
                 status: {allocatable: {cpu: "4", memory: 8Gi, pods: "110"}, conditions: [{type: Ready, status: "True"}]}}
                """.formatted(name, labels));
    }

    private ObjectNode pod(String name, String annotations, String spec) {
        sandbox.create("""
                {apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: default, annotations: {%s}},
                 spec: {containers: [{name: c, image: none, resources: {requests: {cpu: 100m}}}] %s}}
                """.formatted(name, annotations, spec));
        return stored(name);
    }

    private ObjectNode stored(String name) {
        return (ObjectNode) sandbox.get("v1", "Pod", "default", name);
    }

    private static JsonNode args(String yaml) {
        return Json.toTree(Yaml.read(yaml));
    }

    private static ObjectNode asked(ObjectNode pod, String... nodes) {
        ObjectNode args = Json.object();
        args.set("Pod", pod);
        ArrayNode names = args.putArray("NodeNames");
        for (String node : nodes) {
            names.add(node);
        }
        return args;
    }

    private static ObjectNode binding(String pod, String node) {
        return Json.object()
                .put("PodName", pod)
                .put("PodNamespace", "default")
                .put("PodUID", "")
                .put("Node", node);
    }

    private static JsonNode answer(CompletableFuture<JsonNode> answer) throws Exception {
        return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    @Test
    void shouldFilterByNameAndTellWhyNot() throws Exception {
        ObjectNode du = pod("du", "latency-scheduler.io/latency: 1ms", "");

        JsonNode result = answer(extender.filter(asked(du, "fast", "plain", "unheard-of")));

        assertThat(texts(result.path("NodeNames"))).containsExactly("fast");
        assertThat(result.path("FailedNodes").properties()).hasSize(2);
        assertThat(result.path("FailedNodes").path("plain").asText()).isNotEmpty();
        assertThat(result.path("Error").asText()).isEmpty();
        assertThat(result.has("Nodes")).isFalse();
    }

    @Test
    void shouldReturnTheNodeObjectsThatItWasGiven() throws Exception {
        ObjectNode args = Json.object();
        args.set("pod", pod("du", "latency-scheduler.io/latency: 1ms", ""));
        ArrayNode items = args.putObject("nodes").putArray("items");
        items.add(sandbox.get("v1", "Node", "", "plain")).add(sandbox.get("v1", "Node", "", "fast"));

        JsonNode result = answer(extender.filter(args));

        assertThat(result.path("Nodes").path("items")).hasSize(1);
        assertThat(result.path("Nodes").path("items").get(0)).isEqualTo(items.get(1));
        assertThat(result.has("NodeNames")).isFalse();
    }

    @Test
    void shouldGiveAnInvalidPodNoNodeAndTheSentence() throws Exception {
        ObjectNode typo = pod("typo", "latency-scheduler.io/latency: fast", "");

        JsonNode result = answer(extender.filter(asked(typo, "fast", "plain")));

        assertThat(texts(result.path("NodeNames"))).isEmpty();
        assertThat(result.path("FailedAndUnresolvableNodes").path("fast").asText())
                .contains("latency")
                .contains("'fast'");
    }

    @Test
    void shouldRankTheNodeThatItWouldTakeItselfHighest() throws Exception {
        ObjectNode web = pod("web", "", "");

        JsonNode list = answer(extender.prioritize(asked(web, "fast", "plain")));

        String own = leader.ask(core -> core.judge(pods(web), List.of("fast", "plain")))
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .scored()
                .get(0)
                .nodeName();
        assertThat(list).hasSize(2);
        for (JsonNode host : list) {
            assertThat(host.path("Score").asLong()).isBetween(0L, 10L);
            if (host.path("Host").asText().equals(own)) {
                assertThat(host.path("Score").asLong()).isEqualTo(10);
            }
        }
    }

    private static PodInfo pods(ObjectNode pod) {
        try {
            return ObjectFeed.pod(pod);
        } catch (IOException unread) {
            throw new UncheckedIOException(unread);
        }
    }

    @Test
    void shouldBindWithTheAllocationInOneWrite() throws Exception {
        pod("du", "latency-scheduler.io/latency: 1ms, latency-scheduler.io/interfaces: '2'", "");

        JsonNode result = answer(extender.bind(binding("du", "fast")));

        assertThat(result.path("Error").asText()).isEmpty();
        JsonNode bound = stored("du");
        assertThat(bound.at("/spec/nodeName").asText()).isEqualTo("fast");
        JsonNode allocation = Json.tree(
                bound.path("metadata").path("annotations").path(Keys.ALLOCATION).asText());
        assertThat(allocation.path("podUid").asText())
                .isEqualTo(bound.at("/metadata/uid").asText());
        assertThat(allocation.path("interfaces")).hasSize(2);
        assertThat(leader.decisions().find("default/du")).isPresent();
    }

    @Test
    void shouldGiveTheLastPortToOneOfManyThatAreBoundAtOnce() throws Exception {
        List<CompletableFuture<JsonNode>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            pod("du-" + i, "latency-scheduler.io/latency: 1ms", "");
        }
        for (int i = 0; i < 8; i++) {
            answers.add(extender.bind(binding("du-" + i, "fast")));
        }

        int bound = 0;
        for (CompletableFuture<JsonNode> answer : answers) {
            String error = answer(answer).path("Error").asText();
            bound += error.isEmpty() ? 1 : 0;
            assertThat(error)
                    .satisfiesAnyOf(
                            text -> assertThat(text).isEmpty(),
                            text -> assertThat(text).startsWith("InterfaceCapacity: "));
        }

        assertThat(bound).isEqualTo(2);
        List<String> ports = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String allocation = stored("du-" + i)
                    .path("metadata")
                    .path("annotations")
                    .path(Keys.ALLOCATION)
                    .asText("{}");
            ports.addAll(texts(Json.tree(allocation).path("interfaces")));
        }
        assertThat(ports).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void shouldLeaveBindingToTheLeaderAndSaySo() throws Exception {
        pod("web", "", "");
        SchedulerRuntime standBy = scheduler();

        JsonNode refused = answer(new Extender(standBy).bind(binding("web", "plain")));

        assertThat(refused.path("Error").asText())
                .startsWith("this instance does not lead and binds nothing; leader: ")
                .contains(leader.leader());
        assertThat(stored("web").at("/spec/nodeName").asText("")).isEmpty();
        assertThat(answer(extender.bind(binding("web", "plain"))).path("Error").asText())
                .isEmpty();
    }

    @Test
    void shouldRefuseToBindWhatItCannotVouchFor() throws Exception {
        pod("own", "", ", schedulerName: latency-scheduler, nodeSelector: {no: where}");
        pod("du", "latency-scheduler.io/latency: 1ms", "");

        assertThat(error(binding("own", "plain"))).contains("latency-scheduler, which places it itself");
        assertThat(error(binding("du", "plain"))).startsWith("LatencyTier: ");
        assertThat(error(binding("du", "gone"))).isEqualTo("node 'gone' is not known");
        assertThat(error(binding("nobody", "plain"))).isEqualTo("pod default/nobody does not exist");
        assertThat(error(binding("du", "fast").put("PodUID", "another"))).contains("by now, not another");
        assertThat(error(binding("du", "fast"))).isEmpty();
    }

    private String error(ObjectNode binding) throws Exception {
        return answer(extender.bind(binding)).path("Error").asText();
    }

    @Test
    void shouldAddTheVictimsWhosePortsTheOtherSchedulerDoesNotSee() throws Exception {
        pod("low", "latency-scheduler.io/latency: 1ms, latency-scheduler.io/interfaces: '2'", "");
        assertThat(error(binding("low", "fast"))).isEmpty();
        ObjectNode urgent = pod("urgent", "latency-scheduler.io/latency: 1ms", "");
        urgent.withObject("/spec").put("priority", 100);
        ObjectNode args = Json.object();
        args.set("Pod", urgent);
        ObjectNode proposed = args.putObject("NodeNameToMetaVictims");
        proposed.putObject("fast").putArray("Pods");
        proposed.putObject("plain").putArray("Pods");

        JsonNode victims = answer(extender.preempt(args)).path("NodeNameToMetaVictims");

        assertThat(victims.properties()).hasSize(1);
        assertThat(victims.at("/fast/Pods/0/UID").asText())
                .isEqualTo(stored("low").at("/metadata/uid").asText());
    }

    @Test
    void shouldTellBadInputInOneSentence() {
        assertThatThrownBy(() -> extender.filter(args("{Pod: {metadata: {name: p}}}")))
                .hasMessage("ExtenderArgs: one of NodeNames, a list of names, and Nodes, a NodeList, must be there");
        assertThatThrownBy(() -> extender.filter(args("{NodeNames: [fast]}")))
                .hasMessage("Pod '' must be an object of kind Pod");
        assertThatThrownBy(() -> extender.bind(args("{PodName: p, PodNamespace: default}")))
                .hasMessage("Node '' must be a text that is not empty");
        assertThatThrownBy(() -> extender.filter(args("{Pod: {spec: {containers: 7}}, NodeNames: [fast]}")))
                .hasMessageStartingWith("Pod cannot be read: ");
    }
}
