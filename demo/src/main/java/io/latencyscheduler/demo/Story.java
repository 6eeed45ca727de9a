package io.latencyscheduler.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The story, told top-down: a cluster, machines that say what they have, a scheduler, an agent, pods, frames.
 *
 * <p>{@link #close} ends and removes all it made, in reverse order; it may be called from a signal's thread.
 */
final class Story implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String GATED_PORT = "uplink0";

    private final Installation installation;
    private final Progress progress;
    private final Path logs;
    private final int frames;
    private final @Nullable Path givenKubeconfig;
    private final String id = Long.toString(ProcessHandle.current().pid() % 46_656, 36);
    private final List<AutoCloseable> undo = new ArrayList<>(); // guarded by this
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private int schedulerPort;
    private @Nullable Path kubeconfig;
    private @Nullable String frameObstacle;

    /**
     * @param logs folder for the programs' logs
     * @param frames how many the PLC sends; 0: the pods are placed and nothing is sent
     * @param givenKubeconfig the cluster to use; null: an in-memory one is started
     */
    Story(Installation installation, Progress progress, Path logs, int frames, @Nullable Path givenKubeconfig) {
        this.installation = installation;
        this.progress = progress;
        this.logs = logs;
        this.frames = frames;
        this.givenKubeconfig = givenKubeconfig;
    }

    Report tell() throws IOException {
        boolean sandbox = givenKubeconfig == null;
        kubeconfig = givenKubeconfig == null ? startSandbox() : givenKubeconfig;
        Map<String, String> environment = Map.of("KUBECONFIG", kubeconfig.toString());
        Cluster cluster = undoing(new Cluster(kubeconfig, "latency-demo-" + id, sandbox));
        progress.step("API server at " + cluster.address());

        List<Machine> machines = Machine.all(installation.existing("node-discovery/src/test/hosts"));
        describe(cluster, machines);
        PodNetwork network = openNetwork();
        Path runDirectory = openRunDirectory();
        Programs programs = undoing(new Programs(logs));
        Programs.Running scheduler = startScheduler(programs, environment);
        int agentPort = freePort();
        Programs.Running agent =
                network == null ? null : startAgent(installation, programs, environment, agentPort, runDirectory);
        discover(programs, cluster, machines, environment, network);
        await("the scheduler answers", scheduler, () -> Http.ok(schedulerPort, "/readyz"));
        if (agent != null) {
            await("the agent runs port " + GATED_PORT, agent, () -> agentRuns(cluster));
        }

        List<Sample> samples = Sample.all(installation.existing("manifests/samples"), network != null);
        Map<String, String> dpdkBefore = dpdkCounts(cluster, machines);
        for (Sample sample : samples) {
            cluster.create(Resource.PODS, sample.pod());
        }
        progress.step(samples.size() + " pods submitted");
        Map<String, JsonNode> pods = awaitDecisions(cluster, samples, scheduler);
        awaitProjection(cluster, machines, samples, scheduler, pods);
        progress.step("pods placed");

        Report.Frames carried = null;
        JsonNode plc = pods.get("plc");
        if (network != null && agent != null && plc != null && frames > 0) {
            Allocation allocation = Cluster.allocation(plc).orElse(null);
            if (allocation != null) {
                progress.step("the PLC sends " + frames + " frames through the gates");
                carried = new FrameRun(installation, programs, network, runDirectory, agentPort)
                        .run(plc.at("/metadata/uid").asText(), allocation, frames);
            }
        }
        return new ReportBuilder(samples, pods, machines, dpdkBefore, dpdkCounts(cluster, machines), carried, frames)
                .build(network == null ? frameObstacle : null, progress.seconds(), sandbox);
    }

    private Path startSandbox() throws IOException {
        progress.step("starting the sandbox API server");
        Path file = logs.resolve("kubeconfig");
        Files.deleteIfExists(file);
        Programs.Running started = undoing(new Programs(logs))
                .start(
                        "sandbox",
                        Map.of(),
                        installation.java(
                                "sandbox/target/sandbox.jar", "--port", "0", "--kubeconfig-out", file.toString()));
        await("the sandbox answers", started, () -> Files.exists(file));
        return file;
    }

    private void describe(Cluster cluster, List<Machine> machines) throws IOException {
        try (Stream<Path> files = Files.list(installation.existing("manifests/crds"))) {
            for (Path file : files.sorted().toList()) {
                cluster.create(Resource.CUSTOM_RESOURCE_DEFINITIONS, Sample.yaml(file));
            }
        }
        cluster.create(
                Resource.NAMESPACES,
                Json.tree("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\""
                        + cluster.namespace() + "\"}}"));
        for (Machine machine : machines) {
            cluster.createNode(machine);
        }
        progress.step(machines.size() + " nodes described");
    }

    private @Nullable PodNetwork openNetwork() {
        if (frames == 0) {
            frameObstacle = "no frames were asked for";
            return null;
        }
        try {
            return undoing(PodNetwork.create(id));
        } catch (StoryFailed notPermitted) {
            frameObstacle = "network namespaces cannot be made here: " + notPermitted.getMessage();
            progress.step("no frames will flow: " + frameObstacle);
            return null;
        }
    }

    private Programs.Running startScheduler(Programs programs, Map<String, String> environment) throws IOException {
        schedulerPort = freePort();
        List<String> command = installation.java(
                "scheduler/target/latency-scheduler.jar",
                "--server.port=" + schedulerPort,
                "--latency-scheduler.tiers.measured=off");
        return programs.start("latency-scheduler", environment, command);
    }

    private Path openRunDirectory() throws IOException {
        Path folder = Files.createTempDirectory("ls-");
        undoing((AutoCloseable) () -> Files.deleteIfExists(folder));
        return folder;
    }

    private static Programs.Running startAgent(
            Installation installation,
            Programs programs,
            Map<String, String> environment,
            int port,
            Path runDirectory) {
        Map<String, String> withNode = new LinkedHashMap<>(environment);
        withNode.put("NODE_NAME", Machine.THIS_MACHINE);
        return programs.start(
                "dataplane-agent",
                withNode,
                installation.java(
                        "dataplane-agent/target/dataplane-agent.jar",
                        "--server.port=" + port,
                        "--dataplane.run-directory=" + runDirectory,
                        // Nothing is placed by them here, and the frames are measured on the same few CPUs.
                        "--dataplane.paths.rate=0"));
    }

    private void discover(
            Programs programs,
            Cluster cluster,
            List<Machine> machines,
            Map<String, String> environment,
            @Nullable PodNetwork network)
            throws IOException {
        List<Programs.Running> runs = new ArrayList<>();
        for (Machine machine : machines) {
            List<String> arguments = new ArrayList<>(List.of("--once"));
            if (machine.hostRoot() != null) {
                arguments.addAll(List.of("--host-root", machine.hostRoot().toString()));
            } else if (network != null) {
                arguments.addAll(
                        List.of("--config", gatedPortConfiguration(network).toString()));
            }
            Map<String, String> withNode = new LinkedHashMap<>(environment);
            withNode.put("NODE_NAME", machine.node());
            runs.add(programs.start(
                    "node-discovery-" + machine.node(),
                    withNode,
                    installation.java("node-discovery/target/node-discovery.jar", arguments.toArray(String[]::new))));
        }
        for (Programs.Running run : runs) {
            try {
                if (run.process().waitFor() != 0) {
                    throw new StoryFailed(
                            run.name() + " ended with " + run.process().exitValue() + ":\n" + run.tail());
                }
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new StoryFailed("interrupted while " + run.name() + " ran");
            }
        }
        progress.step("node-discovery has read " + machines.size() + " machines");
        for (Machine machine : machines) {
            if (cluster.find(Resource.NODE_INVENTORIES, machine.node()).isEmpty()) {
                throw new StoryFailed("node-discovery published no NodeInventory for " + machine.node());
            }
        }
    }

    /** The veth that plays the gated NIC: its kernel driver states no rate, so the operator does. */
    private Path gatedPortConfiguration(PodNetwork network) throws IOException {
        return Files.writeString(logs.resolve("discovery.yaml"), """
                discovery:
                  ports:
                    - match:
                        netdev: %s
                      role: gated
                      name: %s
                      linkRate: 1Gbps
                """.formatted(network.gatedInterface(), GATED_PORT));
    }

    private static boolean agentRuns(Cluster cluster) throws IOException {
        return cluster.find(Resource.NODE_DATAPLANES, Machine.THIS_MACHINE)
                .map(found -> found.at("/status/ports"))
                .filter(ports -> {
                    for (JsonNode port : ports) {
                        if (port.path("name").asText().equals(GATED_PORT)
                                && port.path("linkUp").asBoolean()) {
                            return true;
                        }
                    }
                    return false;
                })
                .isPresent();
    }

    private static Map<String, String> dpdkCounts(Cluster cluster, List<Machine> machines) throws IOException {
        Map<String, String> counts = new LinkedHashMap<>();
        for (Machine machine : machines) {
            String count = cluster.label(machine.node(), Keys.DPDK_LABEL);
            if (count != null) {
                counts.put(machine.node(), count);
            }
        }
        return counts;
    }

    /** Waits until each pod is as its sample says, or patience ends: the report then tells what it is instead. */
    private static Map<String, JsonNode> awaitDecisions(
            Cluster cluster, List<Sample> samples, Programs.Running scheduler) throws IOException {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        Map<String, JsonNode> pods = new LinkedHashMap<>();
        for (Sample sample : samples) {
            JsonNode pod = cluster.pod(sample.name());
            while (!sample.decided(pod) && scheduler.process().isAlive() && System.nanoTime() - deadlineNs < 0) {
                pause();
                pod = cluster.pod(sample.name());
            }
            pods.put(sample.name(), pod);
        }
        return pods;
    }

    /** The label is a debounced projection: it follows the bindings within seconds. */
    private void awaitProjection(
            Cluster cluster,
            List<Machine> machines,
            List<Sample> samples,
            Programs.Running scheduler,
            Map<String, JsonNode> pods)
            throws IOException {
        for (Machine machine : machines) {
            long owned = cluster.find(Resource.NODE_INVENTORIES, machine.node())
                    .map(found -> {
                        long count = 0;
                        for (JsonNode port : found.at("/spec/ports")) {
                            if (port.path("role").asText().equals(NodeInventory.Role.OWNED.wireName())) {
                                count++;
                            }
                        }
                        return count;
                    })
                    .orElse(0L);
            long taken = 0;
            for (Sample sample : samples) {
                JsonNode pod = pods.get(sample.name());
                if (pod != null && pod.at("/spec/nodeName").asText().equals(machine.node())) {
                    taken += Cluster.allocation(pod)
                            .map(allocation -> allocation.interfaces().size())
                            .orElse(0);
                }
            }
            if (taken > 0) {
                String free = Long.toString(owned - taken);
                await(
                        "the label dpdk of " + machine.node() + " says " + free,
                        scheduler,
                        () -> free.equals(cluster.label(machine.node(), Keys.DPDK_LABEL)));
            }
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    /** Waits for a condition while the program that is to bring it about lives. */
    private void await(String what, Programs.Running by, Condition condition) throws IOException {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            if (!by.process().isAlive()) {
                throw new StoryFailed(
                        by.name() + " ended with " + by.process().exitValue() + " before " + what + ":\n" + by.tail());
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new StoryFailed("waited " + PATIENCE.toSeconds() + " s in vain until " + what + "; the end of "
                        + by.log() + ":\n" + by.tail());
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new StoryFailed("interrupted");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Leaves everything running until Ctrl-C, for a look around. */
    void stayUntilInterrupted(PrintStream out) {
        String kubeconfig = System.getenv()
                .getOrDefault("KUBECONFIG", logs.resolve("kubeconfig").toString());
        out.println();
        out.println("Everything still runs. Look around:");
        out.println("  export KUBECONFIG=" + kubeconfig);
        out.println("  kubectl get pods -A -o wide;  kubectl get nodes -L dpdk");
        out.println("  http://localhost:" + schedulerPort + "/");
        out.println("Ctrl-C stops everything.");
        try {
            interrupted.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized <T extends AutoCloseable> T undoing(T made) {
        undo.add(made);
        return made;
    }

    @Override
    public void close() {
        interrupted.countDown();
        List<AutoCloseable> toUndo;
        synchronized (this) {
            toUndo = new ArrayList<>(undo);
            undo.clear();
        }
        for (int i = toUndo.size() - 1; i >= 0; i--) {
            closeQuietly(toUndo.get(i));
        }
    }

    private static void closeQuietly(AutoCloseable made) {
        try {
            made.close();
        } catch (Exception failed) {
            System.err.println("demo: could not clean up: " + failed.getMessage());
        }
    }
}
