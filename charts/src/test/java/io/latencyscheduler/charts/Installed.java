package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.Helm;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

    private interface Undo {
        void run() throws IOException;
    }

    private final List<Undo> undo = new ArrayList<>();
    final Path folder;
    final Path auditLog;
    final PodNetwork network;
    final ControlPlane cluster;
    final ObjectClient objects;
    final ProcessKubelet kubelet;
    /** Folder of the pods' sockets on this machine. */
    final Path runDirectory;

    Installed() throws IOException {
        try {
            folder = Files.createTempDirectory("ls-");
            undo.add(() -> delete(folder));
            // Programs that are not root pass through it.
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            auditLog = folder.resolve("audit");
            Path policy = Files.writeString(folder.resolve("audit-policy.yaml"), AUDIT_POLICY);
            network = PodNetwork.create(Long.toString(ProcessHandle.current().pid() % 46_656, 36));
            undo.add(network::close);
            cluster = ControlPlane.start(ControlPlaneOptions.fromEnvironment()
                    .withScheduler()
                    .withControllerManager()
                    .withApiServerFlag("--audit-policy-file=" + policy)
                    .withApiServerFlag("--audit-log-path=" + auditLog));
            undo.add(cluster::close);
            Clients clients = Clients.open(ClientSettings.of(cluster.kubeconfig(), "test"));
            undo.add(clients::close);
            objects = new ObjectClient(clients.commands());
            kubelet = new ProcessKubelet(cluster, Chart.ROOT, folder);
            undo.add(kubelet::close);
            runDirectory = Files.createDirectories(folder.resolve("run"));
            kubelet.start(List.of(thisMachine(), recorded()));
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

    /** What the chart needs to know of these two nodes; short times, so that nothing is waited for. */
    Path values() throws IOException {
        return Files.writeString(
                folder.resolve("values.yaml"), """
                scheduler:
                  config: {audit: {interval: 1s}}
                discovery:
                  config:
                    ports:
                      - {match: {netdev: %s}, role: gated, name: uplink0, link-rate: 1Gbps}
                      - {match: {netdev: %s}, role: gated, name: plugged, link-rate: 1Gbps}
                agent:
                  affinity:
                    nodeAffinity:
                      requiredDuringSchedulingIgnoredDuringExecution:
                        nodeSelectorTerms:
                          - matchExpressions: [{key: latency-scheduler.io/gated-ports, operator: Gt, values: ["0"]}]
                  config: {backend: af-packet, paths: {rate: 0}}
                """.formatted(network.gatedInterface(), pluggedInterface()));
    }

    /** A port that somebody may plug into the node {@value #GATED}. */
    String pluggedInterface() {
        return network.gatedInterface().replace("tsn-", "plug-");
    }

    void install(Path chart) throws IOException {
        new Helm(chart)
                .install()
                .withName(Chart.RELEASE)
                .withNamespace(Chart.NAMESPACE)
                .createNamespace()
                .withKubeConfig(cluster.kubeconfig())
                .withValuesFile(values())
                .call();
    }

    /** Returns when everything is ready. */
    void upgrade(Path chart, Map<String, Object> settings) throws IOException {
        var upgrade = new Helm(chart)
                .upgrade()
                .install()
                .withName(Chart.RELEASE)
                .withNamespace(Chart.NAMESPACE)
                .withKubeConfig(cluster.kubeconfig())
                .withValuesFile(values())
                .waitReady()
                .withTimeout(600);
        settings.forEach(upgrade::set);
        upgrade.call();
    }

    void helmTest() {
        Helm.test(Chart.RELEASE)
                .withNamespace(Chart.NAMESPACE)
                .withKubeConfig(cluster.kubeconfig())
                .withTimeout(600)
                .call();
    }

    void uninstall() {
        Helm.uninstall(Chart.RELEASE)
                .withNamespace(Chart.NAMESPACE)
                .withKubeConfig(cluster.kubeconfig())
                .call();
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
                undo.get(i).run();
            } catch (IOException left) {
                System.err.println("left behind: " + left.getMessage());
            }
        }
        undo.clear();
    }
}
