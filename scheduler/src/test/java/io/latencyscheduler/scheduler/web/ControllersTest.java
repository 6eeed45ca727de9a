package io.latencyscheduler.scheduler.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.asyncDispatch;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.request;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.http.HttpMethod;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.ResultActions;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;

/** What scripts ask over HTTP, of a scheduler on the sandbox and of one whose API server is away. */
class ControllersTest {
    @TempDir
    static Path folder;

    private static Sandbox sandbox;
    private static SchedulerRuntime scheduler;
    private static SchedulerRuntime alone;
    private static MockMvc http;
    private static MockMvc httpAlone;

    @BeforeAll
    static void start() throws Exception {
        sandbox = Sandbox.start();
        Path kubeconfig = folder.resolve("kubeconfig");
        sandbox.writeKubeconfig(kubeconfig);
        sandbox.create("""
            {apiVersion: v1, kind: Node, metadata: {name: n1, labels: {dpdk: "2"}},
             status: {allocatable: {cpu: "4", memory: 8Gi, pods: "110"}, conditions: [{type: Ready, status: "True"}]}}
            """);
        sandbox.create(pod("web"));
        scheduler = start(kubeconfig);
        http = serve(scheduler);
        Path nowhere = folder.resolve("nowhere");
        io.latencyscheduler.sandbox.Kubeconfig.write(nowhere, java.net.URI.create("http://127.0.0.1:1"), "", null);
        alone = start(nowhere);
        httpAlone = serve(alone);
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> scheduler.decisions().find("default/web").isPresent());
    }

    private static SchedulerRuntime start(Path kubeconfig) throws Exception {
        SchedulerConfig config = SchedulerConfig.read(Map.of(
                        "latency-scheduler.client.kubeconfig",
                        kubeconfig.toString(),
                        "latency-scheduler.leader-election.enabled",
                        "false"))
                .value();
        return new SchedulerRuntime(
                        config,
                        Clients.open(SchedulerRuntime.clientSettings(config, "test")),
                        volumes -> DefaultPlugins.create(
                                config.tiers(), config.streams(), config.dpdkReadiness(), volumes),
                        new SchedulerMetrics())
                .start();
    }

    private static MockMvc serve(SchedulerRuntime runtime) {
        return MockMvcBuilders.standaloneSetup(
                        new ApiController(
                                runtime, SchedulerConfig.read(Map.of()).value()),
                        new HealthController(runtime))
                .addFilters(new PageHeaders())
                .build();
    }

    @AfterAll
    static void stop() {
        scheduler.close();
        alone.close();
        sandbox.close();
    }

    private static String pod(String name) {
        return """
            {apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: default, annotations: {latency-scheduler.io/interfaces: "1"}},
             spec: {schedulerName: latency-scheduler, containers: [{name: c, image: none}]}}
            """.formatted(name);
    }

    private static ResultActions ask(MockMvc server, MockHttpServletRequestBuilder request) throws Exception {
        ResultActions begun = server.perform(request);
        return begun.andReturn().getRequest().isAsyncStarted()
                ? server.perform(asyncDispatch(begun.andReturn()))
                : begun;
    }

    @Test
    void shouldTellTheLastDecisionOnAPod() throws Exception {
        ask(http, get("/api/v1/decisions/default/web"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.pod").value("default/web"))
                .andExpect(jsonPath("$.scheduled").value(true))
                .andExpect(jsonPath("$.node").value("n1"))
                .andExpect(jsonPath("$.attempt").value(1));
    }

    @Test
    void shouldAnswer404WhereNoDecisionIsRemembered() throws Exception {
        ask(http, get("/api/v1/decisions/default/nobody"))
                .andExpect(status().isNotFound())
                .andExpect(jsonPath("$.error").value("no decision on pod default/nobody is remembered"));
    }

    @Test
    void shouldTellWhatWouldBecomeOfAPodAndChangeNothing() throws Exception {
        ask(http, post("/api/v1/whatif").content(pod("dream")))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.scheduled").value(true))
                .andExpect(jsonPath("$.node").value("n1"));
        ask(http, post("/api/v1/whatif").content(pod("dream").replace("\"1\"", "\"3\"")))
                .andExpect(jsonPath("$.scheduled").value(false))
                .andExpect(jsonPath("$.message").value(containsString("0/1 nodes are available")));
        ask(http, get("/api/v1/decisions/default/dream")).andExpect(status().isNotFound());
    }

    @Test
    void shouldShowNothingOfWhatContainersAreTold() throws Exception {
        String secretive =
                pod("spy").replace("image: none", "image: none, args: [s3cret], env: [{name: TOKEN, value: s3cret}]");
        ask(http, post("/api/v1/whatif").content(secretive))
                .andExpect(status().isOk())
                .andExpect(content().string(not(containsString("s3cret"))));
    }

    @Test
    void shouldAnswerNoMethodThatCouldChangeSomething() throws Exception {
        for (String path : List.of("/api/v1/nodes", "/api/v1/decisions", "/api/v1/decisions/default/web")) {
            for (HttpMethod method : List.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE)) {
                http.perform(request(method, path)).andExpect(status().isMethodNotAllowed());
            }
        }
        http.perform(request(HttpMethod.PUT, "/api/v1/whatif")).andExpect(status().isMethodNotAllowed());
    }

    @Test
    void shouldKeepForeignCodeFramesAndReferrersOut() throws Exception {
        ask(http, get("/api/v1/decisions"))
                .andExpect(header().string("Content-Security-Policy", containsString("default-src 'none'")))
                .andExpect(header().string("Content-Security-Policy", containsString("frame-ancestors 'none'")))
                .andExpect(header().string("X-Content-Type-Options", "nosniff"))
                .andExpect(header().string("Referrer-Policy", "no-referrer"));
    }

    @Test
    void shouldRefuseABodyThatIsNoPodInOneSentence() throws Exception {
        ask(http, post("/api/v1/whatif").content("{kind: Node}"))
                .andExpect(status().isBadRequest())
                .andExpect(jsonPath("$.error").value("the body must be one object of kind Pod, in JSON or YAML"));
    }

    @Test
    void shouldTellWhoHoldsEachPort() throws Exception {
        ask(http, get("/api/v1/nodes"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$[0].name").value("n1"))
                .andExpect(jsonPath("$[0].ownedPorts.length()").value(2))
                .andExpect(jsonPath("$[0].ownedPorts[0].pod").value("default/web"))
                .andExpect(jsonPath("$[0].headroom").value(1));
    }

    @Test
    void shouldBeHealthyAndReadyWhileItFollowsTheCluster() throws Exception {
        ask(http, get("/healthz"))
                .andExpect(status().isOk())
                .andExpect(content().string("ok\n"));
        ask(http, get("/readyz")).andExpect(status().isOk()).andExpect(content().string("ok, leading\n"));
    }

    @Test
    void shouldBeHealthyButNotReadyAndSayWhyWhileItsApiServerIsAway() throws Exception {
        ask(httpAlone, get("/healthz")).andExpect(status().isOk());
        ask(httpAlone, get("/readyz"))
                .andExpect(status().isServiceUnavailable())
                .andExpect(content().string(containsString("the API server at http://127.0.0.1:1")));
        ask(httpAlone, get("/api/v1/nodes"))
                .andExpect(status().isServiceUnavailable())
                .andExpect(jsonPath("$.error").value(containsString("127.0.0.1:1")));
        assertThat(alone.placing()).isFalse();
    }
}
