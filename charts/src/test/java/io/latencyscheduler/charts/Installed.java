package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.charts.node.Host;
import io.latencyscheduler.charts.node.ProcessKubelet;
import io.latencyscheduler.demo.PodNetwork;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A cluster to install the chart into: a real control plane with an audit log, and two nodes whose kubelet runs the chart's
 * pods as processes.
 *
 * <p>The node {@value #GATED} is this machine, with a gated port between two network namespaces; {@value #OWNED} is a recorded
 * host with four DPDK ports.
 */
final class Installed implements AutoCloseable {
    static final String GATED = "gated-host";
    static final String OWNED = "x710-host";
    private static final String AUDIT_POLICY = """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
              - level: Metadata
                userGroups: ["system:serviceaccounts:%s"]
              - level: None
            """.formatted(Chart.NAMESPACE);

    /** What takes back what was done. */
    interface Undo extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    private final List<Undo> undo = new ArrayList<>();
    final Path folder;
    final AuditLog audit;
    final PodNetwork network;
    final ControlPlane cluster;
    final ObjectClient objects;
    final ProcessKubelet kubelet;
    final Prometheus prometheus;
    final RoleBook roles;
    final Release release;
    /** Folder of the pods' sockets on this machine. */
    final Path runDirectory;

    private final ScheduledExecutorService observer = Executors.newSingleThreadScheduledExecutor();
    private volatile boolean failed;

    /** A new one. */
    static Installed start() {
        try {
            return new Installed();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private Installed() throws IOException {
        try {
            folder = Files.createTempDirectory("ls-");
            undo.add(() -> delete(folder));
            // Programs that are not root pass through it.
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Path log = folder.resolve("audit");
            audit = new AuditLog(log);
            Path policy = Files.writeString(folder.resolve("audit-policy.yaml"), AUDIT_POLICY);
            network = PodNetwork.create(Long.toString(ProcessHandle.current().pid() % 46_656, 36));
            undo.add(network::close);
            undo.add(this::removeOverlay);
            cluster = ControlPlane.start(ControlPlaneOptions.fromEnvironment()
                    .withScheduler()
                    .withControllerManager()
                    .withApiServerFlag("--audit-policy-file=" + policy)
                    .withApiServerFlag("--audit-log-path=" + log));
            undo.add(cluster::close);
            // Nobody is refused for a machine that is busy with all these programs' start.
            Clients clients =
                    Clients.open(new ClientSettings(cluster.kubeconfig(), "test", 50, 100, 64, Await.limit()));
            undo.add(clients::close);
            objects = new ObjectClient(clients.commands());
            kubelet = new ProcessKubelet(cluster, Chart.ROOT, folder);
            undo.add(kubelet::close);
            runDirectory = Files.createDirectories(folder.resolve("run"));
            release = new Release(
                    cluster.kubeconfig(), Release.values(folder, network.gatedInterface(), pluggedInterface()));
            prometheus = new Prometheus(folder.resolve("prometheus"));
            undo.add(prometheus::close);
            roles = new RoleBook(objects);
            kubelet.start(List.of(thisMachine(), recorded()));
            undo.add(observer::shutdownNow);
            observer.scheduleWithFixedDelay(this::observe, 0, 300, TimeUnit.MILLISECONDS);
        } catch (IOException | RuntimeException failed) {
            close();
            throw failed;
        }
    }

    private Host thisMachine() throws IOException {
        Map<String, Path> folders = new TreeMap<>();
        folders.put("/run/latency-scheduler", runDirectory);
        folders.put("/run/openvswitch", folder.resolve("gated-openvswitch"));
        folders.put("/opt/cni/bin", folder.resolve("cni-bin"));
        folders.put("/etc/cni/net.d", folder.resolve("cni-net.d"));
        folders.put(
                "/var/lib/kubelet/cpu_manager_state",
                Files.writeString(folder.resolve("cpu_manager_state"), "{\"policyName\":\"none\",\"checksum\":1}"));
        return new Host(GATED, folders, folder.resolve("gated"), Map.of("cpu", "16", "memory", "64Gi", "pods", "5000"));
    }

    private Host recorded() throws IOException {
        Path host = Chart.ROOT.resolve("node-discovery/src/test/hosts/x710-vfio");
        return new Host(
                OWNED,
                Map.of(
                        "/sys", host.resolve("sys"),
                        "/proc", host.resolve("proc"),
                        "/run/openvswitch", folder.resolve("owned-openvswitch"),
                        "/var/lib/kubelet/cpu_manager_state", host.resolve("var/lib/kubelet/cpu_manager_state")),
                folder.resolve("owned"),
                Map.of("cpu", "16", "memory", "64Gi", "pods", "5000"));
    }

    /** Tells Prometheus which programs run, and notes roles. */
    private void observe() {
        try {
            roles.look();
            Map<String, List<String>> addresses = new TreeMap<>();
            for (String component : List.of("scheduler", "discovery", "agent")) {
                addresses.put(
                        component, List.copyOf(kubelet.addresses(component).values()));
            }
            prometheus.scrape(addresses);
        } catch (IOException | RuntimeException notNow) {
            // The next round sees them.
        }
    }

    /** Remembers that a step failed. */
    void fail() {
        failed = true;
    }

    boolean failed() {
        return failed;
    }

    private String pluggedInterface() {
        return network.gatedInterface().replace("tsn-", "plug-");
    }

    /** The bridge of an agent's overlay in the kernel. */
    String overlayBridge() {
        return network.gatedInterface().replace("tsn-", "ovl-");
    }

    /** Plugs a port into the node {@value #GATED}; closing pulls it out. */
    Undo plugIn() throws IOException {
        String port = pluggedInterface();
        run("ip", "link", "add", port, "type", "veth", "peer", "name", port + "p");
        return () -> run("ip", "link", "del", port);
    }

    /** Runs a command, which succeeds. */
    static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(String.join(" ", command) + " failed: " + said);
            }
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
    }

    /** An agent leaves its overlay for the next one. */
    private void removeOverlay() throws IOException {
        for (String link : List.of("tsn-vxlan", overlayBridge())) {
            if (Files.exists(Path.of("/sys/class/net", link))) {
                run("ip", "link", "del", link);
            }
        }
    }

    /** Creates an object of a YAML or JSON text. */
    ObjectNode create(Resource resource, String text) throws IOException {
        return objects.create(resource, resource.namespaced() ? "default" : "", Chart.tree(text));
    }

    ObjectNode pod(String name) throws IOException {
        return objects.get(Resource.PODS, "default", name)
                .orElseThrow(() -> new AssertionError("pod " + name + " is gone"));
    }

    boolean exists(String pod) throws IOException {
        return objects.get(Resource.PODS, "default", pod).isPresent();
    }

    String nodeOf(String pod) throws IOException {
        return pod(pod).at("/spec/nodeName").asText();
    }

    /**
     * Binds a pod as another scheduler would that gives out what is not its own.
     *
     * @param interfaces names in double quotes, separated by commas
     * @param streams JSON objects, separated by commas
     */
    void bind(JsonNode pod, String node, String interfaces, String streams) throws IOException {
        String uid = pod.at("/metadata/uid").asText();
        ObjectNode binding = Json.object().put("apiVersion", "v1").put("kind", "Binding");
        binding.putObject("metadata")
                .put("name", Chart.name(pod))
                .put("namespace", "default")
                .putObject("annotations")
                .put(
                        "latency-scheduler.io/allocation",
                        "{\"version\":1,\"podUid\":\"" + uid + "\",\"tier\":\"dpdk\",\"interfaces\":[" + interfaces
                                + "],\"streams\":[" + streams + "]}");
        binding.putObject("target").put("apiVersion", "v1").put("kind", "Node").put("name", node);
        objects.create(new Resource("", "v1", "pods/" + Chart.name(pod) + "/binding", true), "default", binding);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    @Override
    public void close() {
        for (int i = undo.size() - 1; i >= 0; i--) {
            try {
                undo.get(i).close();
            } catch (IOException left) {
                System.err.println("left behind: " + left.getMessage());
            }
        }
        undo.clear();
    }
}
