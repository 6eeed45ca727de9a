package io.latencyscheduler.scheduler.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The webhook as a real API server calls it. */
@RequiresApiServer
class WebhookIT {
    private static final Resource SECRETS = new Resource("", "v1", "secrets", true);
    private static final Resource CONFIGURATIONS =
            new Resource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", false);
    private static final String OWN = "tsn-system";
    private static final String OPTED_IN = "opted-in";
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static ControlPlane server;
    private static Clients clients;
    private static ObjectClient objects;
    private static int pods;

    private Webhook webhook;
    private SchedulerConfig config;

    @BeforeAll
    static void startServer() throws Exception {
        server = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
        clients = Clients.open(ClientSettings.of(server.kubeconfig(), "test"));
        objects = new ObjectClient(clients.commands());
        objects.create(Resource.NAMESPACES, "", yaml("{metadata: {name: %s}}".formatted(OWN)));
        objects.create(
                Resource.NAMESPACES,
                "",
                yaml("{metadata: {name: %s, labels: {latency-scheduler.io/inject: enabled}}}".formatted(OPTED_IN)));
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            clients.close();
            server.close();
        }
    }

    @BeforeEach
    void startWebhook() throws Exception {
        objects.create(SECRETS, OWN, yaml("{metadata: {name: keys}, type: Opaque}"));
        // As in an installation, the configuration is there first: one without it is looked for again after 2 s.
        int port = freePort();
        configure("pods", port);
        config = SchedulerConfig.read(Map.of(
                        "latency-scheduler.webhook.enabled", "true",
                        "latency-scheduler.webhook.port", Integer.toString(port),
                        "latency-scheduler.webhook.names", "127.0.0.1",
                        "latency-scheduler.webhook.secret", "keys",
                        "latency-scheduler.webhook.configuration", "pods",
                        "latency-scheduler.webhook.library-directory", "/var/lib/latency-scheduler/lib",
                        "latency-scheduler.webhook.extended-resource", "true",
                        "latency-scheduler.webhook.network", "tsn-overlay"))
                .value();
        webhook = Webhook.start(config, OWN, objects);
        until("a pod is completed", () -> completed(create(OPTED_IN, pod("latency-scheduler.io/latency: 20ms"))));
    }

    @AfterEach
    void stopWebhook() throws IOException {
        webhook.close();
        for (JsonNode left : objects.list(CONFIGURATIONS, "", Map.of())) {
            objects.delete(CONFIGURATIONS, "", left.at("/metadata/name").asText(), "");
        }
        objects.delete(SECRETS, OWN, "keys", "");
    }

    private interface Attempt {
        boolean succeeded() throws Exception;
    }

    private static void until(String what, Attempt attempt) throws Exception {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (!attempt.succeeded()) {
            assertThat(System.nanoTime()).as("not in time: " + what).isLessThan(deadlineNs);
            Thread.sleep(100);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0)) {
            return any.getLocalPort();
        }
    }

    private static ObjectNode yaml(String text) {
        return (ObjectNode) Json.toTree(Yaml.read(text));
    }

    /** As the chart makes it, with an address instead of a Service. */
    private static void configure(String name, int port) throws IOException {
        objects.create(CONFIGURATIONS, "", yaml("""
                metadata: {name: %1$s}
                webhooks:
                  - name: namespaces.latency-scheduler.io
                    clientConfig: {url: "https://127.0.0.1:%2$d/mutate-pods"}
                    rules: &pods [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
                    namespaceSelector: {matchLabels: {latency-scheduler.io/inject: enabled}}
                    objectSelector: {matchExpressions: [{key: latency-scheduler.io/inject, operator: NotIn, values: [disabled]}]}
                    failurePolicy: Ignore
                    timeoutSeconds: 10
                    reinvocationPolicy: IfNeeded
                    sideEffects: None
                    admissionReviewVersions: [v1]
                  - name: pods.latency-scheduler.io
                    clientConfig: {url: "https://127.0.0.1:%2$d/mutate-pods"}
                    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
                    namespaceSelector: {matchExpressions: [{key: latency-scheduler.io/inject, operator: DoesNotExist}]}
                    objectSelector: {matchLabels: {latency-scheduler.io/inject: enabled}}
                    failurePolicy: Ignore
                    timeoutSeconds: 10
                    reinvocationPolicy: IfNeeded
                    sideEffects: None
                    admissionReviewVersions: [v1]
                """.replace("&pods ", "").formatted(name, port)));
    }

    private static ObjectNode pod(String annotations) {
        return yaml("""
                metadata: {name: app-%d, annotations: {%s}}
                spec:
                  containers: [{name: app, image: "app:1"}]
                """.formatted(++pods, annotations));
    }

    private static ObjectNode create(String namespace, ObjectNode pod) throws IOException {
        return objects.create(Resource.PODS, namespace, pod);
    }

    private static boolean completed(ObjectNode pod) {
        return pod.at("/spec/schedulerName").asText().equals("latency-scheduler");
    }

    @Test
    void shouldCompleteAPlainPodWithOneAnnotation() throws Exception {
        ObjectNode pod = create(OPTED_IN, pod("latency-scheduler.io/latency: 1ms"));

        JsonNode app = pod.at("/spec/containers/0");
        assertThat(pod.at("/status/qosClass").asText()).isEqualTo("Guaranteed");
        assertThat(app.at("/resources/limits").toString())
                .isEqualTo(
                        "{\"cpu\":\"2\",\"hugepages-2Mi\":\"256Mi\",\"latency-scheduler.io/dpdk\":\"1\",\"memory\":\"512Mi\"}");
        assertThat(app.at("/resources/requests")).isEqualTo(app.at("/resources/limits"));
        assertThat(app.at("/securityContext/capabilities/add").toString()).isEqualTo("[\"IPC_LOCK\"]");
        assertThat(app.path("volumeMounts").findValuesAsText("mountPath"))
                .contains("/run/latency-scheduler", "/dev/hugepages");
        assertThat(pod.at("/metadata/annotations")
                        .path("k8s.v1.cni.cncf.io/networks")
                        .asText())
                .isEqualTo("tsn-overlay");
        assertThat(completed(pod)).isTrue();
    }

    @Test
    void shouldChangeNothingInAPodThatItCompletedBefore() throws Exception {
        for (String annotation : List.of("latency-scheduler.io/latency: 1ms", "latency-scheduler.io/period: 1ms")) {
            ObjectNode once = create(OPTED_IN, pod(annotation));
            ObjectNode again = pod("");
            again.withObjectProperty("metadata").set("annotations", once.at("/metadata/annotations"));
            again.set("spec", once.path("spec"));

            ObjectNode twice = create(OPTED_IN, again);

            assertThat(twice.path("spec")).isEqualTo(once.path("spec"));
            assertThat(twice.at("/metadata/annotations")).isEqualTo(once.at("/metadata/annotations"));
        }
    }

    @Test
    void shouldRefuseAPodThatContradictsItselfWithASentence() {
        ObjectNode pod = pod("latency-scheduler.io/latency: 1ms");
        ((ObjectNode) pod.at("/spec/containers/0")).set("resources", yaml("limits: {cpu: 1500m, memory: 1Gi}"));

        assertThatThrownBy(() -> create(OPTED_IN, pod))
                .isInstanceOf(ApiFailure.class)
                .hasMessageContaining("container 'app': cpu '1500m' must be a whole number of CPUs");
    }

    @Test
    void shouldTouchOnlyWhoOptedIn() throws Exception {
        assertThat(completed(create("default", pod("latency-scheduler.io/latency: 1ms"))))
                .isFalse();

        ObjectNode labelled = pod("latency-scheduler.io/latency: 1ms");
        labelled.withObjectProperty("metadata").set("labels", yaml("latency-scheduler.io/inject: enabled"));
        assertThat(completed(create("default", labelled))).isTrue();

        ObjectNode exempt = pod("latency-scheduler.io/latency: 1ms");
        exempt.withObjectProperty("metadata").set("labels", yaml("latency-scheduler.io/inject: disabled"));
        assertThat(completed(create(OPTED_IN, exempt))).isFalse();
    }

    @Test
    void shouldStopNobodyWhileItIsDead() throws Exception {
        webhook.close();

        ObjectNode pod = create(OPTED_IN, pod("latency-scheduler.io/latency: 1ms"));

        assertThat(completed(pod)).isFalse();
        assertThat(create(OPTED_IN, pod("app: other")).at("/metadata/uid").asText())
                .isNotEmpty();
    }

    @Test
    void shouldServeTheSameCertificateFromEveryReplica() throws Exception {
        webhook.close();
        try (Webhook replica = Webhook.start(config, OWN, objects)) {
            until("a pod is completed", () -> completed(create(OPTED_IN, pod("latency-scheduler.io/latency: 20ms"))));
        }
    }

    @Test
    void shouldRenewItsCertificateAndTrustTheOneBeforeMeanwhile() throws Exception {
        Duration validity = Duration.ofDays(90);
        ServingCertificate before =
                ServingCertificate.issue(List.of("127.0.0.1"), Instant.now().minus(Duration.ofDays(61)), validity);
        ObjectNode secret = objects.get(SECRETS, OWN, "keys").orElseThrow();
        secret.withObjectProperty("data")
                .put("ca.crt", base64(before.authority()))
                .put("tls.crt", base64(before.certificate()))
                .put("tls.key", base64(before.key()));
        objects.replace(SECRETS, OWN, "keys", secret);
        List<ServingCertificate> served = new ArrayList<>();
        CertificateKeeper keeper = new CertificateKeeper(
                objects,
                new CertificateKeeper.Where(OWN, "keys", "pods", List.of("127.0.0.1"), validity),
                InstantSource.system(),
                served::add);

        keeper.pass();
        keeper.pass();

        ServingCertificate next = served.get(0);
        assertThat(served).containsExactly(next, next);
        assertThat(stored()).isEqualTo(next);
        assertThat(next.x509().getSerialNumber()).isNotEqualTo(before.x509().getSerialNumber());
        assertThat(ServingCertificate.certificates(next.authority()))
                .hasSize(2)
                .containsAll(ServingCertificate.certificates(before.authority()));
        assertThat(objects.get(CONFIGURATIONS, "", "pods")
                        .orElseThrow()
                        .path("webhooks")
                        .findValuesAsText("caBundle"))
                .containsOnly(base64(next.authority()))
                .hasSize(2);
        webhook.close();
        try (Webhook replica = Webhook.start(config, OWN, objects)) {
            until(
                    "the new one is trusted",
                    () -> completed(create(OPTED_IN, pod("latency-scheduler.io/latency: 20ms"))));
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ServingCertificate stored() throws IOException {
        JsonNode data = objects.get(SECRETS, OWN, "keys").orElseThrow().path("data");
        return new ServingCertificate(text(data, "ca.crt"), text(data, "tls.crt"), text(data, "tls.key"));
    }

    private static String text(JsonNode data, String name) {
        return new String(Base64.getDecoder().decode(data.path(name).asText()), StandardCharsets.UTF_8);
    }
}
