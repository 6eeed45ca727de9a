package io.latencyscheduler.discovery.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Meta;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Reflector;
import io.latencyscheduler.kube.ReflectorMetrics;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program as a process against a real API server. */
@RequiresApiServer
class DiscoveryProcessIT {
    private static final Path REPOSITORY =
            Path.of(System.getProperty("repository.root", "..")).toAbsolutePath();
    private static final Path HOST = REPOSITORY.resolve("node-discovery/src/test/hosts/x710-vfio");
    private static final String NODE = "worker-1";

    @TempDir
    Path folder;

    private ControlPlane controlPlane;
    private Clients clients;
    private ObjectClient client;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void startServer() throws Exception {
        controlPlane = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
        clients = Clients.open(ClientSettings.of(controlPlane.kubeconfig(), "test"));
        client = new ObjectClient(clients.commands());
        PublisherBehaviour.applyCustomResources(client);
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        node.putObject("metadata").put("name", NODE).putObject("labels").put("zone", "a");
        client.create(Resource.NODES, "", node);
        await(() -> client.list(Resource.NODE_INVENTORIES, "", Map.of()).isEmpty());
    }

    @AfterEach
    void stop() throws Exception {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
        clients.close();
        controlPlane.close();
    }

    private Process discovery(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-jar",
                REPOSITORY.resolve("node-discovery/target/node-discovery.jar").toString(),
                "--server.port=0"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()));
        builder.environment()
                .putAll(Map.of(
                        "NODE_NAME",
                        NODE,
                        "KUBECONFIG",
                        controlPlane.kubeconfig().toString()));
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private Map<String, String> labels() throws IOException {
        return new TreeMap<>(
                ObservedNode.of(client.get(Resource.NODES, "", NODE).orElseThrow())
                        .labels());
    }

    private static Map<String, String> expectedLabels() throws IOException {
        Map<String, String> expected = new TreeMap<>();
        expected.put("zone", "a");
        expected.put(Keys.DPDK_LABEL, "4");
        JsonNode recorded = Json.tree(Files.readAllBytes(HOST.resolve("labels.json")));
        recorded.properties()
                .forEach(label -> expected.put(label.getKey(), label.getValue().asText()));
        return expected;
    }

    @Test
    void shouldLabelTheNodeAndTakeAllBackOnCleanup() throws Exception {
        assertThat(discovery("--once", "--host-root", HOST.toString()).waitFor())
                .isZero();
        assertThat(labels()).isEqualTo(expectedLabels());
        assertThat(client.get(Resource.NODE_INVENTORIES, "", NODE)).isPresent();

        assertThat(discovery("--cleanup").waitFor()).isZero();

        assertThat(labels()).isEqualTo(Map.of("zone", "a"));
        assertThat(client.get(Resource.NODE_INVENTORIES, "", NODE)).isEmpty();
    }

    /** {@code DISCOVERY_KILLS} says how often; {@code make discovery-kills} kills a hundred times. */
    @Test
    void shouldNotFlapALabelWhenItIsKilledAgainAndAgain() throws Exception {
        int kills = Integer.parseInt(System.getenv().getOrDefault("DISCOVERY_KILLS", "3"));
        long seed = Long.getLong("test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        assertThat(discovery("--once", "--host-root", HOST.toString()).waitFor())
                .isZero();
        Map<String, String> before = labels();
        long generation = inventoryGeneration();

        Set<Map<String, String>> seen = new LinkedHashSet<>();
        try (Reflector<Watched> watch = watch(seen)) {
            watch.start();
            await(watch::hasSynced);
            for (int kill = 0; kill < kills; kill++) {
                Process daemon = discovery("--discovery.rescan-interval=1s", "--host-root=" + HOST);
                // From a start that is not over to a daemon that has published several times.
                daemon.waitFor(500 + random.nextInt(5_000), TimeUnit.MILLISECONDS);
                daemon.destroyForcibly().waitFor();
                System.out.println("killed " + (kill + 1) + " of " + kills);
            }
            assertThat(discovery("--once", "--host-root", HOST.toString()).waitFor())
                    .isZero();
            ObjectNode last = Json.object();
            last.putObject("metadata").putObject("annotations").put("last", "write");
            client.patch(Resource.NODES, "", NODE, Patch.merge(last));
            await(() -> lastSeen != null && lastSeen.annotations().containsKey("last"));
        }
        synchronized (seen) {
            assertThat(seen).containsExactly(before);
        }
        assertThat(inventoryGeneration()).isEqualTo(generation);
    }

    private volatile ObservedNode lastSeen;

    private long inventoryGeneration() throws IOException {
        return client.get(Resource.NODE_INVENTORIES, "", NODE)
                .orElseThrow()
                .at("/metadata/generation")
                .asLong();
    }

    private record Watched(Meta meta, ObservedNode node) {}

    /** Notes every different set of labels that the node is seen with. */
    private Reflector<Watched> watch(Set<Map<String, String>> seen) {
        return new Reflector<>(
                clients,
                Resource.NODES,
                Reflector.Options.DEFAULT.selecting(Map.of("fieldSelector", "metadata.name=" + NODE)),
                DiscoveryProcessIT::decode,
                Watched::meta,
                new Reflector.Handler<>() {
                    @Override
                    public void onAdd(Watched watched) {
                        note(watched);
                    }

                    @Override
                    public void onUpdate(Watched before, Watched watched) {
                        note(watched);
                    }

                    @Override
                    public void onDelete(Watched last) {}

                    private void note(Watched watched) {
                        synchronized (seen) {
                            seen.add(new TreeMap<>(watched.node().labels()));
                        }
                        lastSeen = watched.node();
                    }
                },
                ReflectorMetrics.NONE);
    }

    private static Watched decode(JsonParser parser) throws IOException {
        JsonNode node = parser.readValueAsTree();
        JsonNode metadata = node.path("metadata");
        return new Watched(
                new Meta(
                        metadata.path("name").asText(),
                        metadata.path("uid").asText(),
                        metadata.path("resourceVersion").asText()),
                ObservedNode.of(node));
    }

    /** An hour between two scans: only the kernel's event can tell of the port. */
    @Test
    @RequiresTier(2)
    void shouldSeeAPortThatIsPluggedInAndOneThatIsPulledOut() throws Exception {
        String port = "lsplug" + ProcessHandle.current().pid() % 1_000_000;
        discovery(
                "--discovery.rescan-interval=3600s",
                "--discovery.ports[0].match.netdev=" + port,
                "--discovery.ports[0].role=gated",
                "--discovery.ports[0].link-rate=1Gbps");
        String key = Keys.PREFIX + "gated-ports";
        await(() -> labels().containsKey(key));
        int gated = Integer.parseInt(labels().get(key));

        run("ip", "link", "add", port, "type", "veth", "peer", "name", port + "p");
        try {
            await(() -> labels().get(key).equals(String.valueOf(gated + 1)));
        } finally {
            run("ip", "link", "del", port);
        }

        await(() -> labels().get(key).equals(String.valueOf(gated)));
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    /** Waits for what must come; the time is only to end a test that failed. A resource is served a while after its definition. */
    private void await(Condition condition) throws Exception {
        long deadlineNs = System.nanoTime() + 120_000_000_000L;
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (IOException notYet) {
                assertThat(System.nanoTime()).as(notYet.getMessage()).isLessThan(deadlineNs);
            }
            assertThat(System.nanoTime()).as("still waiting").isLessThan(deadlineNs);
            Thread.sleep(100);
        }
    }
}
