package io.latencyscheduler.charts.node;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.GuardedProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One pod of the chart as a process; init containers run before it, one after the other. For one thread. */
final class PodRun implements AutoCloseable {
    private static final String ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(5);
    /** What keeps a JVM small and quick to start, as a container's memory limit and a machine of its own would. */
    private static final String JVM = "-XX:TieredStopAtLevel=1 -XX:MaxRAM=";

    private static final Map<String, String> PROGRAMS = Map.of(
            "scheduler", "scheduler/target/latency-scheduler.jar",
            "node-discovery", "node-discovery/target/node-discovery.jar",
            "dataplane-agent", "dataplane-agent/target/dataplane-agent.jar");

    private final ControlPlane cluster;
    private final ObjectClient objects;
    private final HttpClient http;
    private final Path repository;
    private final Host host;
    private final JsonNode pod;
    private final Path folder;
    private final Path log;
    private final int port = ControlPlane.freePort();
    private final List<JsonNode> containers = new ArrayList<>();
    private int next;
    private @Nullable GuardedProcess process;
    private @Nullable Long terminatedAtNs;

    PodRun(
            ControlPlane cluster,
            ObjectClient objects,
            HttpClient http,
            Path repository,
            Host host,
            JsonNode pod,
            Path folder,
            Path log)
            throws IOException {
        this.cluster = cluster;
        this.objects = objects;
        this.http = http;
        this.repository = repository;
        this.host = host;
        this.pod = pod;
        this.folder = folder;
        this.log = log;
        pod.at("/spec/initContainers").forEach(containers::add);
        if (pod.at("/spec/containers").size() != 1) {
            throw new IllegalStateException("one container was expected");
        }
        containers.add(pod.at("/spec/containers/0"));
        Files.createDirectories(folder);
        for (JsonNode volume : pod.at("/spec/volumes")) {
            make(volume);
        }
        makeToken();
        start();
    }

    /** Whether the pod's images are ours. */
    static boolean isOurs(JsonNode pod) {
        return PROGRAMS.containsKey(image(pod.at("/spec/containers/0")));
    }

    private static String image(JsonNode container) {
        String repositoryAndTag = container.path("image").asText();
        String last = repositoryAndTag.substring(repositoryAndTag.lastIndexOf('/') + 1);
        return last.contains(":") ? last.substring(0, last.indexOf(':')) : last;
    }

    JsonNode pod() {
        return pod;
    }

    Path log() {
        return log;
    }

    /** Where its HTTP server answers: pods share this machine's network, so each has a port of its own. */
    int port() {
        return port;
    }

    private Path volume(String name) {
        return folder.resolve("volumes").resolve(name);
    }

    private void make(JsonNode volume) throws IOException {
        Path target = volume(volume.path("name").asText());
        if (volume.has("configMap")) {
            Files.createDirectories(target);
            String namespace = pod.at("/metadata/namespace").asText();
            String name = volume.at("/configMap/name").asText();
            JsonNode data = objects.get(new Resource("", "v1", "configmaps", true), namespace, name)
                    .orElseThrow(() -> new IOException("no ConfigMap " + name))
                    .path("data");
            for (var entry : data.properties()) {
                Files.writeString(
                        target.resolve(entry.getKey()), entry.getValue().asText());
            }
        } else if (volume.has("emptyDir")) {
            Files.createDirectories(target);
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxrwxrwx"));
        } else if (volume.has("hostPath")) {
            String path = volume.at("/hostPath/path").asText();
            boolean makes = volume.at("/hostPath/type").asText().equals("DirectoryOrCreate");
            Files.createDirectories(target.getParent());
            Files.createSymbolicLink(target, host.path(path, makes).toRealPath());
        } else if (!volume.has("secret")) {
            throw new IllegalStateException("a volume of an unknown kind: " + volume);
        }
    }

    private void makeToken() throws IOException {
        Path account = Files.createDirectories(volume("account"));
        String namespace = pod.at("/metadata/namespace").asText();
        var request =
                Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
        request.putObject("spec")
                .put("expirationSeconds", 3600)
                .putObject("boundObjectRef")
                .put("kind", "Pod")
                .put("apiVersion", "v1")
                .put("name", pod.at("/metadata/name").asText())
                .put("uid", pod.at("/metadata/uid").asText());
        JsonNode answer = objects.create(
                new Resource(
                        "",
                        "v1",
                        "serviceaccounts/" + pod.at("/spec/serviceAccountName").asText() + "/token",
                        true),
                namespace,
                request);
        Files.writeString(account.resolve("token"), answer.at("/status/token").asText());
        Files.writeString(account.resolve("namespace"), namespace);
        Files.copy(cluster.certificateAuthority(), account.resolve("ca.crt"));
    }

    private void start() throws IOException {
        JsonNode container = containers.get(next);
        String image = image(container);
        Path jar = repository.resolve(PROGRAMS.get(image));
        ContainerCommand command = new ContainerCommand(container)
                .mount(volume("account"), ACCOUNT, true)
                .mount(jar, "/app/" + jar.getFileName(), true);
        if (image.equals("dataplane-agent")) {
            command.mount(repository.resolve("dataplane-agent/target/native"), "/app/native", true);
        }
        for (JsonNode mount : container.path("volumeMounts")) {
            Path from = volume(mount.path("name").asText());
            if (Files.exists(from)) {
                command.mount(
                        from.toRealPath(),
                        mount.path("mountPath").asText(),
                        mount.path("readOnly").asBoolean());
            }
        }
        List<String> words = new ArrayList<>();
        if (container.has("command")) {
            container.path("command").forEach(word -> words.add(word.asText()));
        } else {
            words.addAll(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-jar",
                    "/app/" + jar.getFileName()));
        }
        container.path("args").forEach(word -> words.add(withOwnPort(word.asText())));
        Path root = Files.createDirectories(folder.resolve("root-" + next));
        process = GuardedProcess.start(
                Path.of(words.get(0)).getFileName().toString(),
                command.build(root, environment(container), words),
                log);
    }

    private String withOwnPort(String word) {
        return word.startsWith("--server.port=") ? "--server.port=" + port : word;
    }

    private Map<String, String> environment(JsonNode container) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("LANG", "C.UTF-8");
        environment.put("KUBERNETES_SERVICE_HOST", cluster.url().getHost());
        environment.put(
                "KUBERNETES_SERVICE_PORT", Integer.toString(cluster.url().getPort()));
        environment.put(
                "JDK_JAVA_OPTIONS",
                JVM + bytes(container.at("/resources/limits/memory").asText("512Mi")));
        if (container.path("ports").findValuesAsText("name").contains("webhook")) {
            environment.put("LATENCYSCHEDULER_WEBHOOK_PORT", "0"); // any free one
        }
        for (JsonNode variable : container.path("env")) {
            String field = variable.at("/valueFrom/fieldRef/fieldPath").asText();
            environment.put(
                    variable.path("name").asText(),
                    field.isEmpty()
                            ? variable.path("value").asText()
                            : pod.at("/" + field.replace('.', '/')).asText());
        }
        return environment;
    }

    private static String bytes(String quantity) {
        return quantity.replace("Mi", "m").replace("Gi", "g");
    }

    /** Whether it still runs; starts the next container when an init container has succeeded. */
    boolean isAlive() throws IOException {
        if (process != null && process.isAlive()) {
            return true;
        }
        if (next + 1 < containers.size() && exitCode() == 0) {
            next++;
            start();
            return true;
        }
        return false;
    }

    /** Its exit code; 255 while it runs. */
    int exitCode() {
        return process == null || process.isAlive() ? 255 : process.exitCode();
    }

    /** Starts it again after its end. */
    void restart() throws IOException {
        close();
        next = 0;
        start();
    }

    /** Whether its readiness probe succeeds; a pod without one is ready while it runs. */
    boolean isReady() {
        if (next + 1 < containers.size() || process == null || !process.isAlive()) {
            return false;
        }
        JsonNode probe = containers.get(next).path("readinessProbe");
        return probe.isMissingNode() || get(probe.at("/httpGet/path").asText()) / 100 == 2;
    }

    private int get(String path) {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .timeout(PROBE_TIMEOUT)
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException silent) {
            return 0;
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    /** Asks it to end, at once; kills it when its grace is over. True when it has ended. */
    boolean terminate(long graceSeconds) {
        GuardedProcess running = process;
        if (running == null || !running.isAlive()) {
            return true;
        }
        if (terminatedAtNs == null) {
            terminatedAtNs = running.terminate() ? System.nanoTime() : null;
        } else if (System.nanoTime() - terminatedAtNs
                > Duration.ofSeconds(graceSeconds).toNanos()) {
            close();
            return true;
        }
        return false;
    }

    /** Kills it. */
    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
