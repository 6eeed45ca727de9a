package io.latencyscheduler.charts.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The kubelets of a few nodes: they beat, they run the chart's pods as processes, with probes, grace and restarts, and they
 * say of any other pod that it runs. One thread does all of it; public methods are safe for all threads.
 */
public final class ProcessKubelet implements AutoCloseable {
    private static final String NODE_LEASES = "kube-node-lease";
    private static final long BEAT_SECONDS = 5;
    private static final long LOOK_MILLIS = 500;

    private final ControlPlane cluster;
    private final Clients clients;
    private final ObjectClient objects;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Path repository;
    private final Path folder;
    private final Map<String, Host> hosts = new ConcurrentHashMap<>();
    private final Map<String, PodRun> runs = new ConcurrentHashMap<>();
    private final Map<String, ObjectNode> shown = new LinkedHashMap<>();
    private final List<Path> logs = new ArrayList<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread worker = new Thread(task, "kubelet");
        worker.setDaemon(true);
        return worker;
    });

    /**
     * @param repository with the built programs
     * @param folder for logs and volumes; its path must be short enough for sockets
     */
    public ProcessKubelet(ControlPlane cluster, Path repository, Path folder) throws IOException {
        this.cluster = cluster;
        this.repository = repository;
        this.folder = folder;
        this.clients = Clients.open(ClientSettings.of(cluster.kubeconfig(), "kubelet"));
        this.objects = new ObjectClient(clients.commands());
    }

    /** Registers the nodes, ready, and starts. */
    public void start(Collection<Host> nodes) throws IOException {
        for (Host host : nodes) {
            register(host);
            hosts.put(host.name(), host);
        }
        thread.scheduleWithFixedDelay(() -> guarded(this::beat), 0, BEAT_SECONDS, TimeUnit.SECONDS);
        thread.scheduleWithFixedDelay(() -> guarded(this::look), 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Where programs of a component answer over HTTP, by the name of their pod. */
    public Map<String, String> addresses(String component) {
        Map<String, String> addresses = new LinkedHashMap<>();
        for (PodRun run : runs.values()) {
            if (run.pod()
                    .at("/metadata/labels/app.kubernetes.io~1component")
                    .asText()
                    .equals(component)) {
                addresses.put(run.pod().at("/metadata/name").asText(), "127.0.0.1:" + run.port());
            }
        }
        return addresses;
    }

    /** The end of every program's log, for the message of a test that failed. */
    public synchronized String logs(int lines) {
        StringBuilder all = new StringBuilder();
        for (Path log : logs) {
            all.append("--- ").append(log.getFileName()).append('\n');
            try {
                List<String> said = Files.readAllLines(log);
                said.subList(Math.max(0, said.size() - lines), said.size())
                        .forEach(line -> all.append(line).append('\n'));
            } catch (IOException unreadable) {
                all.append(unreadable.getMessage()).append('\n');
            }
        }
        return all.toString();
    }

    private interface Task {
        void run() throws IOException;
    }

    /** What fails is tried again with the next look, as a kubelet does. */
    private void guarded(Task task) {
        try {
            task.run();
        } catch (IOException | RuntimeException failed) {
            if (!thread.isShutdown()) {
                System.err.println("kubelet: " + failed);
            }
        }
    }

    private void register(Host host) throws IOException {
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        node.putObject("metadata")
                .put("name", host.name())
                .putObject("labels")
                .put("kubernetes.io/hostname", host.name())
                .put("kubernetes.io/os", "linux");
        objects.create(Resource.NODES, "", node);
        ObjectNode patch = Json.object();
        ObjectNode status = patch.putObject("status");
        for (String kind : List.of("capacity", "allocatable")) {
            ObjectNode quantities = status.putObject(kind);
            host.capacity().forEach(quantities::put);
        }
        status.putArray("addresses").addObject().put("type", "InternalIP").put("address", "127.0.0.1");
        status.putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", "True")
                .put("reason", "KubeletReady")
                .put("lastHeartbeatTime", now())
                .put("lastTransitionTime", now());
        objects.patchStatus(Resource.NODES, "", host.name(), Patch.strategic(patch));
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private void beat() throws IOException {
        for (String name : hosts.keySet()) {
            ObjectNode lease =
                    Json.object().put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
            lease.putObject("metadata").put("name", name).put("namespace", NODE_LEASES);
            lease.putObject("spec")
                    .put("holderIdentity", name)
                    .put("leaseDurationSeconds", 40)
                    .put(
                            "renewTime",
                            Instant.now().truncatedTo(ChronoUnit.MICROS).toString());
            var stored = objects.get(Resource.LEASES, NODE_LEASES, name);
            if (stored.isEmpty()) {
                objects.create(Resource.LEASES, NODE_LEASES, lease);
            } else {
                objects.patch(Resource.LEASES, NODE_LEASES, name, Patch.merge(lease));
            }
        }
    }

    private void look() throws IOException {
        Set<String> present = new HashSet<>();
        for (JsonNode pod : objects.list(Resource.PODS, "", Map.of())) {
            Host host = hosts.get(pod.at("/spec/nodeName").asText());
            if (host != null) {
                present.add(pod.at("/metadata/uid").asText());
                guarded(() -> reconcile(host, pod));
            }
        }
        runs.forEach((uid, run) -> {
            if (!present.contains(uid)) {
                run.close();
                runs.remove(uid);
            }
        });
        shown.keySet().retainAll(present);
    }

    private void reconcile(Host host, JsonNode pod) throws IOException {
        String uid = pod.at("/metadata/uid").asText();
        PodRun run = runs.get(uid);
        if (pod.at("/metadata").has("deletionTimestamp")) {
            long grace = pod.at("/metadata/deletionGracePeriodSeconds").asLong();
            if (run == null || run.terminate(grace)) {
                runs.remove(uid);
                delete(pod);
            }
            return;
        }
        String phase = pod.at("/status/phase").asText();
        if (phase.equals("Succeeded") || phase.equals("Failed")) {
            return;
        }
        if (!PodRun.isOurs(pod)) {
            show(pod, "Running", true);
            return;
        }
        if (run == null) {
            String name = pod.at("/metadata/name").asText();
            Path log = folder.resolve(name + ".txt");
            note(log);
            runs.put(uid, new PodRun(cluster, objects, http, repository, host, pod, folder.resolve(uid), log));
            show(pod, "Running", false);
        } else if (run.isAlive()) {
            show(pod, "Running", run.isReady());
        } else if (pod.at("/spec/restartPolicy").asText().equals("Always") || run.exitCode() != 0 && mayRestart(pod)) {
            run.restart();
            show(pod, "Running", false);
        } else {
            show(pod, run.exitCode() == 0 ? "Succeeded" : "Failed", false);
        }
    }

    private synchronized void note(Path log) {
        logs.add(log);
    }

    private static boolean mayRestart(JsonNode pod) {
        return pod.at("/spec/restartPolicy").asText().equals("OnFailure");
    }

    private void delete(JsonNode pod) throws IOException {
        ObjectNode options = Json.object()
                .put("kind", "DeleteOptions")
                .put("apiVersion", "v1")
                .put("gracePeriodSeconds", 0);
        options.putObject("preconditions").put("uid", pod.at("/metadata/uid").asText());
        clients.commands()
                .send(ApiRequest.delete(
                        Resource.PODS.path(
                                pod.at("/metadata/namespace").asText(),
                                pod.at("/metadata/name").asText()),
                        options));
    }

    private void show(JsonNode pod, String phase, boolean ready) throws IOException {
        ObjectNode status =
                Json.object().put("phase", phase).put("podIP", "127.0.0.1").put("hostIP", "127.0.0.1");
        for (String type : List.of("Initialized", "ContainersReady", "Ready")) {
            status.withArray("conditions")
                    .addObject()
                    .put("type", type)
                    .put("status", ready || type.equals("Initialized") ? "True" : "False")
                    .put(
                            "lastTransitionTime",
                            pod.at("/metadata/creationTimestamp").asText());
        }
        ObjectNode container = status.putArray("containerStatuses").addObject();
        container
                .put("name", pod.at("/spec/containers/0/name").asText())
                .put("image", pod.at("/spec/containers/0/image").asText())
                .put("imageID", "")
                .put("restartCount", 0)
                .put("ready", ready);
        if (phase.equals("Running")) {
            container.putObject("state").putObject("running");
        } else {
            container.putObject("state").putObject("terminated").put("exitCode", phase.equals("Succeeded") ? 0 : 1);
        }
        String uid = pod.at("/metadata/uid").asText();
        if (!status.equals(shown.put(uid, status))) {
            ObjectNode patch = Json.object();
            patch.putObject("metadata").put("uid", uid);
            patch.set("status", status);
            objects.patchStatus(
                    Resource.PODS,
                    pod.at("/metadata/namespace").asText(),
                    pod.at("/metadata/name").asText(),
                    Patch.strategic(patch));
        }
    }

    /** Kills what runs; the objects stay. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(30, TimeUnit.SECONDS);
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
        runs.values().forEach(PodRun::close);
        clients.close();
    }
}
