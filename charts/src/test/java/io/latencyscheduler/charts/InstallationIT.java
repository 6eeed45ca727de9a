package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.demo.PodNetwork;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * The life of an installation, told in order: Helm installs the chart as it was before its last change, upgrades it, tests
 * it and uninstalls it; every program runs in its pod's file system, under its own account.
 */
@RequiresApiServer(also = {"kube-scheduler", "kube-controller-manager", "kubectl"})
@RequiresTier(2)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith(InstallationIT.Logs.class)
class InstallationIT {
    private static final Resource CLUSTER_ROLES =
            new Resource("rbac.authorization.k8s.io", "v1", "clusterroles", false);
    private static final Resource ROLES = new Resource("rbac.authorization.k8s.io", "v1", "roles", true);
    private static final List<String> PLACED = List.of("plc", "vran-du", "web");
    private static Installed installed;
    private static boolean failed;
    private static Prometheus prometheus;

    private final Map<String, JsonNode> roles = new ConcurrentHashMap<>();
    private final ScheduledExecutorService background = Executors.newSingleThreadScheduledExecutor();

    @BeforeAll
    void startCluster() throws IOException {
        installed = new Installed();
        prometheus = new Prometheus(installed.folder.resolve("prometheus"));
        background.scheduleWithFixedDelay(this::observe, 0, 300, TimeUnit.MILLISECONDS);
    }

    @AfterAll
    void stopCluster() {
        background.shutdownNow();
        if (prometheus != null) {
            prometheus.close();
        }
        if (installed != null) {
            installed.close();
        }
    }

    /** A step rests on those before it. */
    @BeforeEach
    void goOnOnlyWhenAllWentWell() {
        Assumptions.assumeFalse(failed, "an earlier step failed");
    }

    /** Tells what the programs said when a step fails. */
    static final class Logs implements TestWatcher {
        @Override
        public void testFailed(ExtensionContext context, Throwable cause) {
            failed = true;
            if (installed != null) {
                System.err.println(installed.kubelet.logs(40));
            }
        }
    }

    /** Tells Prometheus which programs run, and notes roles: those of hooks live only as long as their hook. */
    private void observe() {
        try {
            prometheus.scrape(programsToScrape());
            Map<String, String> ours = Map.of("labelSelector", "app.kubernetes.io/instance=" + Chart.RELEASE);
            for (JsonNode role : installed.objects.list(CLUSTER_ROLES, "", ours)) {
                roles.put("ClusterRole " + Chart.name(role), role);
            }
            for (JsonNode role : installed.objects.list(ROLES, "", ours)) {
                roles.put("Role " + Chart.name(role), role);
            }
        } catch (IOException notNow) {
            // The next round sees them.
        }
    }

    private static Map<String, List<String>> programsToScrape() {
        Map<String, List<String>> addresses = new TreeMap<>();
        for (String component : List.of("scheduler", "discovery", "agent")) {
            addresses.put(
                    component,
                    List.copyOf(installed.kubelet.addresses(component).values()));
        }
        return addresses;
    }

    @Test
    @Order(1)
    void shouldInstallTheChartOfBeforeAndTakePodsAtOnce() throws IOException {
        installed.install(PreviousChart.in(installed.folder));
        for (String sample :
                Stream.concat(PLACED.stream(), Stream.of("impossible")).toList()) {
            installed.create(
                    Resource.PODS, Files.readString(Chart.ROOT.resolve("manifests/samples/" + sample + ".yaml")));
        }
    }

    @Test
    @Order(2)
    void shouldBeUpgradedUnderLoadWithoutStrandingOrMovingAPod() throws Exception {
        Map<String, String> before = new HashMap<>();
        List<String> fed;
        try (PodFeed feed = new PodFeed(installed, "fed-", "")) {
            for (JsonNode pod : installed.objects.list(Resource.PODS, "default", Map.of())) {
                before.put(Chart.name(pod), pod.at("/spec/nodeName").asText());
            }
            // A setting that changes with the chart, so that every program restarts.
            installed.upgrade(
                    Chart.FOLDER,
                    Map.of(
                            "scheduler.config.projector.debounce", "100ms",
                            "discovery.config.rescan-interval", "2s",
                            "agent.config.heartbeat", "2s",
                            "scheduler.springConfig.logging.structured.format.console", "ecs",
                            "agent.cni.enabled", true,
                            "agent.cni.network.file", "20-tsn.conflist"));
            fed = new ArrayList<>(feed.end());
        }
        fed.addAll(PLACED);
        for (String name : fed) {
            Await.until(
                    "pod " + name + " is bound",
                    () -> !installed.nodeOf(name).isEmpty(),
                    () -> installed.pod(name).path("status").toString());
        }
        for (JsonNode pod : installed.objects.list(Resource.PODS, "default", Map.of())) {
            String node = before.getOrDefault(Chart.name(pod), "");
            assertThat(pod.at("/spec/nodeName").asText()).as(Chart.name(pod)).startsWith(node);
        }
        assertThat(installed.nodeOf("plc")).isEqualTo(Installed.GATED);
        assertThat(installed.nodeOf("vran-du")).isEqualTo(Installed.OWNED);
        assertThat(installed.nodeOf("impossible")).isEmpty();
        awaitLabel("2");
    }

    private void awaitLabel(String free) throws IOException {
        Await.until(
                "the label dpdk of " + Installed.OWNED + " is '" + free + "'",
                () -> label("dpdk").equals(free),
                () -> "it is '" + label("dpdk") + "'");
    }

    private String label(String key) throws IOException {
        return node(Installed.OWNED).at("/metadata/labels").path(key).asText();
    }

    private static ObjectNode node(String name) throws IOException {
        return installed.objects.get(Resource.NODES, "", name).orElseThrow();
    }

    @Test
    @Order(3)
    void shouldLogAsJsonWithThePodsUidAndTheAttempt() throws IOException {
        ObjectNode pod = installed.create(Resource.PODS, ownerless("logged"));
        String uid = pod.at("/metadata/uid").asText();
        Await.until("the log tells of the pod", () -> logged(uid) != null, () -> installed.kubelet.logs(5));
        JsonNode line = logged(uid);
        assertThat(line.path("attempt").asInt()).isEqualTo(1);
        assertThat(line.path("pod").asText()).isEqualTo("default/logged");
        assertThat(line.path("node").asText()).isEqualTo(installed.nodeOf("logged"));
        assertThat(line.path("@timestamp").asText()).isNotEmpty();
    }

    private static @Nullable JsonNode logged(String podUid) throws IOException {
        for (String line : installed.kubelet.logs(1000).split("\n")) {
            if (line.startsWith("{") && line.contains(podUid)) {
                return Json.tree(line);
            }
        }
        return null;
    }

    @Test
    @Order(3)
    void shouldPassHelmTest() {
        installed.helmTest();
    }

    @Test
    @Order(4)
    void shouldRefuseWhatTheNodeDoesNotHaveAndEvictWhatTookAPortLater() throws IOException {
        ObjectNode wrong = installed.create(Resource.PODS, plainPod("wrong", ""));
        installed.bind(
                wrong, Installed.GATED, "", allocation("plc").at("/streams/0").toString());
        Await.until("the agent has evicted it", () -> !installed.exists("wrong"), () -> "it is still there");

        String taken = allocation("vran-du").at("/interfaces/0").toString();
        ObjectNode second = installed.create(Resource.PODS, plainPod("second", ""));
        installed.bind(second, Installed.OWNED, taken, "");
        Await.until("the scheduler has evicted it", () -> !installed.exists("second"), () -> "it is still there");
        assertThat(installed.exists("vran-du")).isTrue();
    }

    private static JsonNode allocation(String pod) throws IOException {
        return Json.tree(installed
                .pod(pod)
                .at("/metadata/annotations/latency-scheduler.io~1allocation")
                .asText());
    }

    private static String plainPod(String name, String more) {
        return """
                {apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {schedulerName: nobody,
                  containers: [{name: c, image: pause}]%s}}
                """.formatted(name, more);
    }

    private static String ownerPod(String name, int interfaces, String more) {
        return """
                {apiVersion: v1, kind: Pod,
                  metadata: {name: %s, annotations: {latency-scheduler.io/latency: "800us", latency-scheduler.io/interfaces: "%d"}},
                  spec: {schedulerName: latency-scheduler, containers: [{name: c, image: pause}]%s}}
                """.formatted(name, interfaces, more);
    }

    @Test
    @Order(5)
    void shouldPreemptForAMoreImportantPod() throws IOException {
        installed.create(
                Resource.PRIORITY_CLASSES,
                "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: urgent}, value: 1000}");
        installed.create(
                Resource.PRIORITY_CLASSES,
                "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: idle}, value: -1000}");
        installed.create(Resource.PODS, ownerPod("rest", 2, ", priorityClassName: idle"));
        Await.until(
                "the last ports are taken",
                () -> !installed.nodeOf("rest").isEmpty(),
                () -> installed.pod("rest").path("status").toString());
        installed.create(Resource.PODS, ownerPod("urgent", 2, ", priorityClassName: urgent"));
        Await.until(
                "the urgent pod is placed",
                () -> installed.nodeOf("urgent").equals(Installed.OWNED),
                () -> installed.pod("urgent").path("status").toString());
    }

    @Test
    @Order(6)
    void shouldBindVolumesThatWaitForTheirFirstPod() throws IOException {
        for (String provisioner : List.of("kubernetes.io/no-provisioner", "example.com/disks")) {
            boolean existing = provisioner.startsWith("kubernetes.io");
            String name = existing ? "local" : "made";
            installed.create(Resource.STORAGE_CLASSES, """
                    {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: %s}, provisioner: %s,
                      volumeBindingMode: WaitForFirstConsumer}
                    """.formatted(name, provisioner));
            if (existing) {
                installed.create(Resource.PERSISTENT_VOLUMES, volume(name, ""));
            }
            installed.create(Resource.PERSISTENT_VOLUME_CLAIMS, """
                    {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: %1$s}, spec: {storageClassName: %1$s,
                      accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
                    """.formatted(name));
            installed.create(Resource.PODS, """
                    {apiVersion: v1, kind: Pod, metadata: {name: disk-%1$s}, spec: {schedulerName: latency-scheduler,
                      containers: [{name: c, image: pause}],
                      volumes: [{name: v, persistentVolumeClaim: {claimName: %1$s}}]}}
                    """.formatted(name));
            if (!existing) {
                provision(name);
            }
            Await.until(
                    "the pod with volume " + name + " is bound",
                    () -> !installed.nodeOf("disk-" + name).isEmpty(),
                    () -> installed.pod("disk-" + name).path("status").toString());
        }
    }

    /** As a provisioner does: the scheduler has chosen a node for the claim. */
    private static void provision(String claim) throws IOException {
        Resource claims = Resource.PERSISTENT_VOLUME_CLAIMS;
        Await.until(
                "a node is chosen for the claim",
                () -> installed
                        .objects
                        .get(claims, "default", claim)
                        .orElseThrow()
                        .at("/metadata/annotations")
                        .has("volume.kubernetes.io/selected-node"),
                () -> "none is");
        installed.create(
                Resource.PERSISTENT_VOLUMES, volume(claim, ", claimRef: {namespace: default, name: " + claim + "}"));
    }

    private static String volume(String name, String more) {
        return """
                {apiVersion: v1, kind: PersistentVolume, metadata: {name: %1$s}, spec: {storageClassName: %1$s,
                  accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, local: {path: /tmp},
                  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [
                    {key: kubernetes.io/hostname, operator: In, values: [%2$s]}]}]}}%3$s}}
                """.formatted(name, Installed.GATED, more);
    }

    /** Somebody else binds a pod in the moment in which the scheduler does: who was second looks what became of it. */
    @Test
    @Order(7)
    void shouldAcceptThatAnotherWasFaster() throws IOException {
        String right = Chart.RELEASE + "-scheduler: get pods";
        int[] tries = {0};
        Await.until(
                "a binding came second",
                () -> {
                    ObjectNode pod = installed.create(Resource.PODS, ownerless("raced-" + tries[0]++));
                    try {
                        Thread.sleep(tries[0] % 8);
                        installed.bind(pod, Installed.GATED, "", "");
                    } catch (ApiFailure bound) {
                        assertThat(bound.status()).isEqualTo(409);
                    } catch (InterruptedException ending) {
                        throw new IOException(ending);
                    }
                    return Rights.used(installed.auditLog).contains(right);
                },
                () -> "none of " + tries[0] + " did");
    }

    private static String ownerless(String name) {
        return plainPod(name, "").replace("nobody", "latency-scheduler");
    }

    @Test
    @Order(8)
    void shouldPublishAPortThatIsPluggedInAndCountWhatRepeats() throws IOException {
        Set<String> expected = Set.of(
                Chart.RELEASE + "-discovery: patch nodeinventories.latency-scheduler.io",
                Chart.RELEASE + "-scheduler: patch events.events.k8s.io");
        int[] round = {0};
        installed.create(Resource.PODS, ownerless("picky").replace("spec: {", "spec: {nodeSelector: {round: none}, "));
        String port = installed.pluggedInterface();
        run("ip", "link", "add", port, "type", "veth", "peer", "name", port + "p");
        try {
            Await.until(
                    "both were used",
                    () -> {
                        // A node changes, which has the pods that it was refused to looked at anew.
                        ObjectNode label = Json.object();
                        label.putObject("metadata").putObject("labels").put("round", Integer.toString(round[0]++));
                        installed.objects.patch(Resource.NODES, "", Installed.GATED, Patch.merge(label));
                        return missing(expected).isEmpty();
                    },
                    () -> "missing: " + missing(expected));
        } finally {
            run("ip", "link", "del", port);
        }
    }

    /** As somebody does who looks into a node: without a watch it asks for the node. */
    @Test
    @Order(8)
    void shouldPublishOnceByHandUnderTheDaemonsAccount() throws IOException {
        String name = Chart.RELEASE + "-discovery";
        JsonNode daemons = installed
                .objects
                .get(new Resource("apps", "v1", "daemonsets", true), Chart.NAMESPACE, name)
                .orElseThrow();
        ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
        pod.putObject("metadata").put("name", "once").put("namespace", Chart.NAMESPACE);
        ObjectNode spec = daemons.at("/spec/template/spec").deepCopy();
        pod.set("spec", spec.put("restartPolicy", "Never").put("nodeName", Installed.OWNED));
        ((ArrayNode) spec.at("/containers/0/args")).add("--once");
        installed.objects.create(Resource.PODS, Chart.NAMESPACE, pod);
        Await.until(
                "it has ended",
                () -> installed
                        .objects
                        .get(Resource.PODS, Chart.NAMESPACE, "once")
                        .orElseThrow()
                        .at("/status/phase")
                        .asText()
                        .equals("Succeeded"),
                () -> installed.kubelet.logs(10));
        assertThat(missing(Set.of(name + ": get nodes"))).isEmpty();
        installed.objects.delete(Resource.PODS, Chart.NAMESPACE, "once", "");
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        try {
            assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
    }

    private static Set<String> missing(Set<String> expected) throws IOException {
        Set<String> missing = new TreeSet<>(expected);
        missing.removeAll(Rights.used(installed.auditLog));
        return missing;
    }

    /** After all that came before there is something to see in each. */
    @Test
    @Order(9)
    void shouldShowDataInEveryPanelOfEveryDashboardAndEvaluateEveryAlert() throws Exception {
        Await.until("all programs are scraped", () -> prometheus.up() == 5, () -> prometheus.up() + " of 5 are");
        sendFrames();
        try (PodFeed feed = new PodFeed(installed, "seen-", "latency-scheduler.io/latency: 20ms")) {
            awaitPanels();
            assertThat(feed.end()).isNotEmpty();
        }
        Await.until(
                "every alert was evaluated",
                () -> prometheus.rules().values().stream().allMatch("ok"::equals),
                () -> prometheus.rules().toString());
        assertThat(prometheus.rules()).hasSizeGreaterThan(10);
    }

    private static void awaitPanels() throws IOException {
        for (Dashboard dashboard : Dashboard.all().toList()) {
            for (JsonNode panel : dashboard.panels()) {
                for (JsonNode target : panel.path("targets")) {
                    String expression = target.path("expr")
                            .asText()
                            .replace("$instance", ".*")
                            .replace("$__rate_interval", "10m");
                    Await.until(
                            dashboard + ", panel '" + panel.path("title").asText() + "' shows data",
                            () -> !prometheus.values(expression).isEmpty(),
                            () -> "nothing for " + expression);
                }
            }
        }
    }

    /** The PLC at work: an application that knows nothing of gates, its frames taken to the agent and sent in their windows. */
    private static void sendFrames() throws IOException {
        JsonNode stream = allocation("plc").at("/streams/0");
        Path socket;
        try (Stream<Path> folders = Files.list(installed.runDirectory)) {
            socket = folders.map(pod -> pod.resolve("tsn.sock"))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("the agent made no socket for the pod"));
        }
        Path programs = Chart.ROOT.resolve("dataplane-agent/target/native");
        List<String> command = new ArrayList<>(PodNetwork.inside(installed.network.talkerNamespace()));
        command.addAll(List.of(
                "env",
                "LD_PRELOAD=" + programs.resolve("libtsnsocket.so"),
                "TSN_SOCKET=" + socket,
                programs.resolve("tsn-perf").toString(),
                "talker",
                "-a",
                PodNetwork.LISTENER_ADDRESS,
                "-p",
                "9999",
                "-n",
                "5000",
                "-s",
                "1000",
                "-i",
                stream.path("periodNs").asLong() + "ns",
                "--offset",
                stream.path("offsetNs").asLong() + "ns",
                "-t",
                "-w",
                "500us"));
        run(command.toArray(String[]::new));
    }

    /** Before the roles go: programs that end afterwards may be refused. */
    @Test
    @Order(10)
    void shouldHaveLackedNoRight() throws IOException {
        assertThat(Rights.denied(installed.auditLog)).isEmpty();
    }

    @Test
    @Order(11)
    void shouldLeaveRunningPodsAndCleanNodesWhenItIsUninstalled() throws IOException {
        installed.uninstall();

        for (String node : List.of(Installed.GATED, Installed.OWNED)) {
            JsonNode metadata = node(node).path("metadata");
            List<String> ours = new ArrayList<>();
            for (String part : List.of("labels", "annotations")) {
                metadata.path(part).fieldNames().forEachRemaining(key -> {
                    if (key.startsWith("latency-scheduler.io/") || key.equals("dpdk") || key.equals("ovs-dpdk")) {
                        ours.add(key);
                    }
                });
            }
            assertThat(ours).as(node).isEmpty();
        }
        assertThat(installed.objects.list(Resource.NODE_INVENTORIES, "", Map.of()))
                .isEmpty();
        for (String name : PLACED) {
            assertThat(installed.pod(name).at("/status/phase").asText())
                    .as(name)
                    .isEqualTo("Running");
            assertThat(installed.nodeOf(name)).isNotEmpty();
        }
        Await.until("its programs are gone", () -> programs().isEmpty(), () -> programs() + " are there");
    }

    private static List<String> programs() throws IOException {
        return installed.objects.list(Resource.PODS, Chart.NAMESPACE, Map.of()).stream()
                .map(Chart::name)
                .toList();
    }

    @Test
    @Order(12)
    void shouldPlaceWhatWaitedWhenItIsInstalledAgainAndCountTheOldPods() throws IOException {
        installed.create(Resource.PODS, ownerPod("waited", 1, ""));
        installed.upgrade(Chart.FOLDER, Map.of());
        // All four ports are taken by pods of the first installation: two by the sample, two by the urgent pod.
        awaitLabel("0");
        installed.objects.delete(Resource.PODS, "default", "urgent", "");
        Await.until(
                "the pod that waited is placed",
                () -> !installed.nodeOf("waited").isEmpty(),
                () -> installed.pod("waited").path("status").toString());
        assertThat(owned()).doesNotHaveDuplicates().hasSize(3);
    }

    /** The owned ports of all pods. */
    private static List<String> owned() throws IOException {
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

    /** Every right was used through the role that grants it, so that taking one away breaks a step above. */
    @Test
    @Order(13)
    void shouldHaveUsedEveryRightItIsGranted() throws IOException {
        Set<String> granted = Rights.granted(List.copyOf(roles.values()));
        assertThat(granted).hasSizeGreaterThan(30);
        assertThat(missing(granted)).as("granted and never used").isEmpty();
    }
}
