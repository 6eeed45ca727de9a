package io.latencyscheduler.discovery.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.derive.DeviceCatalogue;
import io.latencyscheduler.discovery.host.DeviceTables;
import io.latencyscheduler.discovery.host.HostFiles;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.discovery.publish.Publisher;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Measures what many daemons ask of one API server while nothing changes, by the server's own counters. Arguments: number of
 * nodes, seconds to measure, a recorded tree, the folder of the custom resources. It starts an API server of its own from
 * {@code KUBEBUILDER_ASSETS}; {@code make bench-discovery} calls it.
 */
final class AtRest {
    private AtRest() {}

    public static void main(String[] arguments) throws Exception {
        int nodes = Integer.parseInt(arguments[0]);
        int seconds = Integer.parseInt(arguments[1]);
        Path tree = Path.of(arguments[2]);
        try (ControlPlane controlPlane = ControlPlane.start(ControlPlaneOptions.fromEnvironment())) {
            measure(nodes, seconds, tree, Path.of(arguments[3]), controlPlane.kubeconfig());
        }
    }

    private static void measure(int nodes, int seconds, Path tree, Path definitions, Path kubeconfig) throws Exception {
        DeviceCatalogue catalogue = DeviceTables.shipped();
        List<AutoCloseable> running = new ArrayList<>();
        List<DiscoveryLoop> loops = new ArrayList<>();
        try (Clients clients =
                Clients.open(new ClientSettings(kubeconfig, "at-rest", 400, 400, 64, Duration.ofSeconds(60)))) {
            ObjectClient client = new ObjectClient(clients.commands());
            define(client, definitions);
            DiscoveryMetrics metrics = new DiscoveryMetrics();
            for (int i = 0; i < nodes; i++) {
                String name = "at-rest-" + i;
                create(client, name);
                Wakeup wakeup = new Wakeup();
                NodeWatch watch = new NodeWatch(clients, name, wakeup).start();
                DiscoveryConfig config = DiscoveryConfig.DEFAULTS;
                DiscoveryLoop loop = new DiscoveryLoop(
                        new HostReader(new HostFiles(tree)),
                        new Publisher(client, name, config, new Derivation(config, catalogue)),
                        watch::current,
                        new Pace(config.rescanInterval(), ThreadLocalRandom.current()),
                        wakeup,
                        metrics,
                        InstantSource.system());
                loop.start();
                running.add(watch);
                running.add(loop);
                loops.add(loop);
            }
            while (loops.stream().anyMatch(loop -> !loop.publishedOnce())) {
                System.err.println(
                        loops.stream().filter(DiscoveryLoop::publishedOnce).count() + " of " + nodes + " published");
                Thread.sleep(5_000);
            }
            // The first publication wakes each node's watch once more.
            Thread.sleep(15_000);
            TreeMap<String, Double> before = counters(clients);
            Thread.sleep(seconds * 1000L);
            TreeMap<String, Double> after = counters(clients);
            double all = 0;
            for (var counter : after.entrySet()) {
                double perSecond = (counter.getValue() - before.getOrDefault(counter.getKey(), 0.0)) / seconds;
                if (perSecond > 0) {
                    System.out.printf("%-40s %8.3f /s%n", counter.getKey(), perSecond);
                    all += perSecond;
                }
            }
            System.out.printf("%d nodes at rest, %d s: %.2f requests/s%n", nodes, seconds, all);
            for (int i = running.size() - 1; i >= 0; i--) {
                running.get(i).close();
            }
        }
    }

    /** A custom resource is served a moment after its definition was stored: lists answer 404 until then. */
    private static void define(ObjectClient client, Path definitions) throws Exception {
        client.create(
                Resource.CUSTOM_RESOURCE_DEFINITIONS,
                "",
                new YAMLMapper()
                        .readTree(definitions.resolve("nodeinventories.yaml").toFile()));
        while (true) {
            try {
                client.list(Resource.NODE_INVENTORIES, "", Map.of());
                return;
            } catch (ApiFailure notYet) {
                Thread.sleep(500);
            }
        }
    }

    private static void create(ObjectClient client, String name) throws IOException {
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        node.putObject("metadata").put("name", name);
        try {
            client.create(Resource.NODES, "", node);
        } catch (ApiFailure failure) {
            if (failure.status() != 409) {
                throw failure;
            }
        }
    }

    /** Requests about our two resources so far, by verb and resource. */
    private static TreeMap<String, Double> counters(Clients clients) throws IOException {
        TreeMap<String, Double> counters = new TreeMap<>();
        String page =
                new String(clients.commands().demand(ApiRequest.get("/metrics")).body(), StandardCharsets.UTF_8);
        page.lines()
                .filter(line -> line.startsWith("apiserver_request_total{"))
                .filter(line -> line.contains("resource=\"nodes\"") || line.contains("resource=\"nodeinventories\""))
                .forEach(line -> counters.merge(
                        label(line, "verb") + " " + label(line, "resource"),
                        Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
                        Double::sum));
        return counters;
    }

    private static String label(String line, String name) {
        int start = line.indexOf(name + "=\"") + name.length() + 2;
        return line.substring(start, line.indexOf('"', start));
    }
}
