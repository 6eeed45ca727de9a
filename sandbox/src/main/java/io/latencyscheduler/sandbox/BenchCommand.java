package io.latencyscheduler.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.cluster.NodeShape;
import io.latencyscheduler.sandbox.cluster.SimulatedNodes;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.registry.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code java -jar sandbox.jar bench}: what this machine's sandbox can do, client and server in one process. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures creation, lists and binds over HTTP with open watches, and prints them.")
final class BenchCommand implements Callable<Integer> {
    @Option(names = "--nodes", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}")
    private int nodes = 10_000;

    @Option(names = "--pods", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}")
    private int pods = 100_000;

    @Option(names = "--binds", paramLabel = "N", description = "Pods bound over HTTP. Default: ${DEFAULT-VALUE}")
    private int binds = 20_000;

    @Option(
            names = "--watches",
            paramLabel = "N",
            description = "Watches of one node's pods each. Default: ${DEFAULT-VALUE}")
    private int watches = 1_000;

    @Option(names = "--in-flight", paramLabel = "N", description = "Concurrent binds. Default: ${DEFAULT-VALUE}")
    private int inFlight = 64;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (binds > pods || binds < 0 || nodes < 1 || watches < 0 || inFlight < 1) {
            throw new IllegalArgumentException("--nodes and --in-flight must be at least 1, --binds " + binds
                    + " at most --pods " + pods + ", nothing negative");
        }
        try (Sandbox sandbox = Sandbox.start()) {
            Registry registry = sandbox.registry();
            long start = System.nanoTime();
            NodeShape shape = NodeShape.defaults().withHeartbeat(Duration.ofHours(1));
            SimulatedNodes.start(registry, shape, nodes).close();
            report("%,d nodes with leases created", nodes, nodes, start);
            start = System.nanoTime();
            for (int i = 0; i < pods; i++) {
                registry.create(BuiltinTypes.PODS, "default", pod("pod-" + i), WriteOptions.PLAIN);
            }
            report("%,d pods created", pods, pods, start);
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            System.out.printf("%,d MB of heap in use%n", (runtime.totalMemory() - runtime.freeMemory()) >> 20);
            HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            list(client, sandbox.url());
            AtomicLong events = new AtomicLong();
            openWatches(client, sandbox.url(), events);
            bind(client, sandbox.url());
            System.out.printf("%,d bytes of watch events received meanwhile%n", events.get());
        }
        return 0;
    }

    private static void report(String title, int shown, long count, long startNs) {
        double seconds = (System.nanoTime() - startNs) / 1e9;
        System.out.printf(title + " in %.2f s (%,.0f/s)%n", shown, seconds, count / seconds);
    }

    private static ObjectNode pod(String name) {
        ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
        pod.putObject("metadata").put("name", name).putObject("labels").put("app", "bench");
        ObjectNode container = pod.putObject("spec").putArray("containers").addObject();
        container.put("name", "main").put("image", "registry.example/app:1");
        container
                .putObject("resources")
                .putObject("requests")
                .put("cpu", "100m")
                .put("memory", "64Mi");
        return pod;
    }

    private void list(HttpClient client, URI server) throws IOException, InterruptedException {
        long start = System.nanoTime();
        HttpRequest request =
                HttpRequest.newBuilder(server.resolve("/api/v1/pods?limit=500")).build();
        client.send(request, HttpResponse.BodyHandlers.discarding());
        System.out.printf("first 500 pods listed in %.1f ms%n", (System.nanoTime() - start) / 1e6);
        start = System.nanoTime();
        byte[] all = client.send(
                        HttpRequest.newBuilder(server.resolve("/api/v1/pods")).build(),
                        HttpResponse.BodyHandlers.ofByteArray())
                .body();
        report("all pods listed, %,d MB,", all.length >> 20, pods, start);
    }

    private void openWatches(HttpClient client, URI server, AtomicLong bytes) throws IOException, InterruptedException {
        long start = System.nanoTime();
        String path = "/api/v1/pods?watch=true&resourceVersion=" + currentVersion(client, server);
        List<String> paths = new ArrayList<>(List.of(path));
        for (int i = 0; i < watches; i++) {
            paths.add(path + "&fieldSelector=spec.nodeName=node-" + i);
        }
        AtomicInteger open = new AtomicInteger();
        for (String each : paths) {
            client.sendAsync(
                            HttpRequest.newBuilder(server.resolve(each)).build(),
                            HttpResponse.BodyHandlers.ofByteArrayConsumer(
                                    chunk -> chunk.ifPresent(data -> bytes.addAndGet(data.length))))
                    .whenComplete((response, failure) -> open.decrementAndGet());
            open.incrementAndGet();
        }
        report("%,d watches opened", paths.size(), paths.size(), start);
    }

    private static String currentVersion(HttpClient client, URI server) throws IOException, InterruptedException {
        try (InputStream body = client.send(
                        HttpRequest.newBuilder(server.resolve("/api/v1/pods?limit=1"))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream())
                .body()) {
            return Json.text(Json.parse(body.readAllBytes()), "/metadata/resourceVersion");
        }
    }

    private void bind(HttpClient client, URI server) throws InterruptedException {
        Semaphore slots = new Semaphore(inFlight);
        AtomicInteger failed = new AtomicInteger();
        long start = System.nanoTime();
        for (int i = 0; i < binds; i++) {
            String name = "pod-" + i;
            String body = "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"" + name
                    + "\",\"annotations\":{\"latency-scheduler.io/allocation\":\"{}\"}},\"target\":{\"kind\":\"Node\",\"name\":\"node-"
                    + i % nodes + "\"}}";
            HttpRequest request = HttpRequest.newBuilder(
                            server.resolve("/api/v1/namespaces/default/pods/" + name + "/binding"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            slots.acquire();
            client.sendAsync(request, HttpResponse.BodyHandlers.discarding()).whenComplete((response, failure) -> {
                slots.release();
                if (failure != null || response.statusCode() != 201) {
                    failed.incrementAndGet();
                }
            });
        }
        slots.acquire(inFlight);
        report("%,d pods bound over HTTP", binds, binds, start);
        if (failed.get() > 0) {
            throw new IllegalStateException(failed.get() + " binds failed");
        }
    }
}
