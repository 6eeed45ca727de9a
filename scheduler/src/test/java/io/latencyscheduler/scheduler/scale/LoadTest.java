package io.latencyscheduler.scheduler.scale;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.chaos.Auditor;
import io.latencyscheduler.sandbox.cluster.NodeShape;
import io.latencyscheduler.sandbox.cluster.SimulatedNodes;
import io.latencyscheduler.sandbox.registry.WriteOptions;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole scheduler drains pods from a sandbox in the same process, and the auditor looks at what it wrote. Small here;
 * {@code make load} gives it 10,000 nodes and 100,000 pods for the figures that it prints.
 */
class LoadTest {
    private static final int NODES = Integer.getInteger("latency-scheduler.test.load-nodes", 100);
    private static final int PODS = Integer.getInteger("latency-scheduler.test.load-pods", 1_000);
    private static final long LOOK_MS = 50;
    private static final Duration PATIENCE = Duration.ofMinutes(20);

    private static long heapMib() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) >> 20;
    }

    @Test
    void shouldPlaceEveryPodAndGiveNoPortTwice(@TempDir Path folder) throws Exception {
        try (Sandbox sandbox = Sandbox.start()) {
            Path kubeconfig = folder.resolve("kubeconfig");
            sandbox.writeKubeconfig(kubeconfig);
            SchedulerConfig config = config(kubeconfig);
            try (Clients clients = Clients.open(SchedulerRuntime.clientSettings(config, "load"))) {
                ObjectClient objects = new ObjectClient(clients.commands());
                fill(sandbox, objects);
                long sandboxAlone = heapMib();

                long startNs = System.nanoTime();
                try (SchedulerRuntime scheduler = new SchedulerRuntime(
                                config,
                                Clients.open(SchedulerRuntime.clientSettings(config, "load")),
                                volumes -> DefaultPlugins.create(
                                        config.tiers(), config.streams(), config.dpdkReadiness(), volumes),
                                new SchedulerMetrics())
                        .start()) {
                    awaitDrained(scheduler, startNs);
                    double seconds = (System.nanoTime() - startNs) / 1e9;
                    System.out.printf(
                            "%,d nodes, %,d pods: all bound after %.1f s from the start (%,.0f/s); heap after GC %,d MiB,"
                                    + " of it the sandbox before %,d MiB%n",
                            NODES, PODS, seconds, PODS / seconds, heapMib(), sandboxAlone);
                }
                audit(objects);
            }
        }
    }

    private static SchedulerConfig config(Path kubeconfig) {
        Map<String, String> properties = new HashMap<>();
        properties.put("latency-scheduler.client.kubeconfig", kubeconfig.toString());
        properties.put("latency-scheduler.client.qps", "100000");
        properties.put("latency-scheduler.client.burst", "100000");
        return SchedulerConfig.read(properties).value();
    }

    /** Every node has two ports; one pod in ten asks for one. */
    private static void fill(Sandbox sandbox, ObjectClient objects) throws Exception {
        for (String file : new String[] {"nodeinventories.yaml", "nodedataplanes.yaml"}) {
            sandbox.create(Files.readString(Path.of(System.getProperty("repository.root"), "manifests", "crds", file)));
        }
        SimulatedNodes.start(sandbox.registry(), NodeShape.defaults().withHeartbeat(Duration.ofHours(1)), NODES)
                .close();
        for (var node : objects.list(Resource.NODES, "", Map.of())) {
            String name = node.at("/metadata/name").asText();
            ObjectNode inventory = Json.object()
                    .put("apiVersion", Resource.NODE_INVENTORIES.apiVersion())
                    .put("kind", "NodeInventory");
            inventory.putObject("metadata").put("name", name);
            inventory.set("spec", Json.toTree(Nodes.inventory(name, false, "0000:05:00.0", "0000:05:00.1")));
            ((ObjectNode) inventory.get("spec"))
                    .put("nodeUid", node.at("/metadata/uid").asText());
            objects.create(Resource.NODE_INVENTORIES, "", inventory);
        }
        for (int i = 0; i < PODS; i++) {
            sandbox.registry().create(BuiltinTypes.PODS, "default", pod(i), WriteOptions.PLAIN);
        }
    }

    private static ObjectNode pod(int number) {
        ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
        ObjectNode metadata = pod.putObject("metadata").put("name", "pod-" + number);
        if (number % 10 == 0) {
            metadata.putObject("annotations").put(Keys.PREFIX + "interfaces", "1");
        }
        pod.putObject("spec")
                .put("schedulerName", Keys.SCHEDULER_NAME)
                .putArray("containers")
                .addObject()
                .put("name", "c")
                .put("image", "none")
                .putObject("resources")
                .putObject("requests")
                .put("cpu", "100m");
        return pod;
    }

    private static void awaitDrained(SchedulerRuntime scheduler, long startNs) throws Exception {
        while (System.nanoTime() - startNs < PATIENCE.toNanos()) {
            Thread.sleep(LOOK_MS);
            if (!scheduler.placing()) {
                continue;
            }
            boolean drained = scheduler
                    .ask(core -> core.inFlight() == 0
                            && core.cluster().nodes().size() == NODES
                            && core.queue().waiting().isEmpty()
                            && core.queue().size(SchedulingQueue.Place.ACTIVE) == 0)
                    .get(1, TimeUnit.MINUTES);
            if (drained) {
                return;
            }
        }
        throw new AssertionError("pods still wait");
    }

    private static void audit(ObjectClient objects) throws Exception {
        Auditor auditor = new Auditor(pod -> true);
        objects.list(Resource.NODE_INVENTORIES, "", Map.of()).forEach(auditor::inventory);
        objects.list(Resource.PODS, "", Map.of()).forEach(auditor::changed);
        assertThat(auditor.found()).isEmpty();
        assertThat(auditor.bound()).isEqualTo(PODS);
    }
}
