package io.latencyscheduler.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.NodeDataplane.MeasuredPath;
import io.latencyscheduler.contract.NodeDataplane.Method;
import io.latencyscheduler.contract.NodeDataplane.PathState;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The closed loop with the built programs on a real API server: agents measure real paths of this machine, and the
 * scheduler goes by what they measured. Its beliefs are set so far from anything that can be measured (a path of this
 * machine takes between 50 ns and the probes' timeout of 1 s) that every answer tells which of the two decided.
 */
@RequiresApiServer
@RequiresTier(2)
class MeasuredPathsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String MEASURED = "measured";
    private static final String BEGUN = "begun";
    private static final String SLOW = "10s";
    private static final String TOO_FAST = "50ns";
    private static final String REFUSED = "no path fast enough for latency ";

    @TempDir
    Path folder;

    private Path sockets;
    private ControlPlane controlPlane;
    private Cluster cluster;
    private Programs programs;

    private interface Question<T> {
        Optional<T> answer() throws IOException;
    }

    @BeforeEach
    void start() throws Exception {
        sockets = Files.createTempDirectory("ls-");
        controlPlane = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
        cluster = new Cluster(controlPlane.kubeconfig(), "paths", true);
        programs = new Programs(folder);
        for (String file : List.of("nodeinventories.yaml", "nodedataplanes.yaml")) {
            cluster.create(
                    Resource.CUSTOM_RESOURCE_DEFINITIONS,
                    Sample.yaml(Installation.here().existing("manifests/crds").resolve(file)));
        }
        cluster.create(
                Resource.NAMESPACES,
                Json.tree("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"paths\"}}"));
        for (String node : List.of(MEASURED, BEGUN)) {
            createNode(node);
        }
    }

    @AfterEach
    void stop() throws IOException {
        programs.close();
        cluster.close();
        controlPlane.close();
        try (var left = Files.walk(sockets)) {
            left.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
        }
    }

    /** A node at this machine's own address, with two owned ports. */
    private void createNode(String name) throws IOException {
        cluster.createNode(new Machine(name, "", null, Map.of("cpu", "32", "memory", "8Gi", "pods", "110")));
        ObjectNode node = cluster.find(Resource.NODES, name).orElseThrow();
        ((ObjectNode) node.get("status"))
                .putArray("addresses")
                .addObject()
                .put("type", "InternalIP")
                .put("address", "127.0.0.1");
        cluster.objects().replaceStatus(Resource.NODES, "", name, node);
        String ports = """
                {"name":"%1$s","pciAddress":"%1$s","model":"test","driver":"vfio-pci","numaNode":0,"linkRateBps":0,
                 "role":"owned","roleReason":"test","features":[],"txQueues":1}""";
        cluster.create(Resource.NODE_INVENTORIES, Json.tree("""
                {"apiVersion":"latency-scheduler.io/v1alpha1","kind":"NodeInventory","metadata":{"name":"%s"},
                 "spec":{"nodeUid":"%s","ovsDpdk":false,"hugepages":[],"isolatedCpus":"","ports":[%s,%s]}}""".formatted(
                        name,
                        node.at("/metadata/uid").asText(),
                        ports.formatted("0000:05:00.0"),
                        ports.formatted("0000:05:00.1"))));
    }

    private Programs.Running startAgent(String node, int rate, String... more) throws IOException {
        String wire = ",socket-abstract=no,socket=" + sockets.resolve(node + ".sock");
        List<String> arguments = new java.util.ArrayList<>(List.of(
                "--server.port=" + ControlPlane.freePort(),
                "--dataplane.run-directory=" + Files.createDirectories(sockets.resolve(node)),
                "--dataplane.backend=af-packet",
                // The ports of the inventory are made up: no pod will find its device.
                "--dataplane.evict-refused=false",
                "--dataplane.heartbeat=2s",
                "--dataplane.paths.rate=" + rate,
                "--dataplane.paths.dpdk=net_memif0,role=server" + wire + " net_memif1,role=client" + wire));
        arguments.addAll(Arrays.asList(more));
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("KUBECONFIG", controlPlane.kubeconfig().toString());
        environment.put("NODE_NAME", node);
        return programs.start(
                "agent-" + node,
                environment,
                Installation.here()
                        .java("dataplane-agent/target/dataplane-agent.jar", arguments.toArray(String[]::new)));
    }

    private Programs.Running startScheduler(String name, String freshFor) {
        return programs.start(
                name,
                Map.of("KUBECONFIG", controlPlane.kubeconfig().toString()),
                Installation.here()
                        .java(
                                "scheduler/target/latency-scheduler.jar",
                                "--server.port=" + ControlPlane.freePort(),
                                "--latency-scheduler.leader-election.enabled=false",
                                "--latency-scheduler.tiers.dpdk-from=1ns",
                                "--latency-scheduler.tiers.ovs-dpdk-from=50s",
                                "--latency-scheduler.tiers.kernel-from=100s",
                                "--latency-scheduler.tiers.measured-fresh-for=" + freshFor));
    }

    private <T> T await(String what, Programs.Running by, Question<T> question) throws Exception {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        Optional<T> answer = question.answer();
        while (answer.isEmpty()) {
            assertThat(by.process().isAlive()).as(what + ": " + by.tail()).isTrue();
            assertThat(System.nanoTime()).as(what + ": " + by.tail()).isLessThan(deadlineNs);
            Thread.sleep(100);
            answer = question.answer();
        }
        return answer.get();
    }

    /** Waits for a measurement that the node's agent has published. */
    private MeasuredPath awaitPath(String node, Programs.Running agent, String what, Predicate<MeasuredPath> wanted)
            throws Exception {
        return await(what, agent, () -> {
            Optional<ObjectNode> dataplane = cluster.find(Resource.NODE_DATAPLANES, node);
            if (dataplane.isPresent()) {
                for (JsonNode path : dataplane.get().at("/status/paths")) {
                    MeasuredPath measured = Json.read(path.toString(), MeasuredPath.class);
                    if (wanted.test(measured)) {
                        return Optional.of(measured);
                    }
                }
            }
            return Optional.empty();
        });
    }

    private void submit(String pod, String node, String latency) throws IOException {
        cluster.create(Resource.PODS, Json.tree("""
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"name":"%s","annotations":{"latency-scheduler.io/latency":"%s"}},
                 "spec":{"schedulerName":"latency-scheduler","nodeSelector":{"kubernetes.io/hostname":"%s"},
                         "containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"10m"}}}]}}""".formatted(pod, latency, node)));
    }

    /** The node and the tier, with the event's word for which of the two decided. */
    private String awaitPlaced(String pod, Programs.Running scheduler) throws Exception {
        await(
                pod + " placed",
                scheduler,
                () -> cluster.pod(pod).at("/spec/nodeName").isMissingNode() ? Optional.empty() : Optional.of(true));
        return await(
                "event of " + pod,
                scheduler,
                () -> cluster
                        .objects()
                        .list(
                                Resource.EVENTS,
                                cluster.namespace(),
                                Map.of("fieldSelector", "involvedObject.name=" + pod))
                        .stream()
                        .filter(event -> event.path("reason").asText().equals("Scheduled"))
                        .map(event -> event.path("message").asText())
                        .findFirst());
    }

    private void awaitRefused(String pod, String latency, Programs.Running scheduler) throws Exception {
        await(
                pod + " refused",
                scheduler,
                () -> Optional.of(Sample.reason(cluster.pod(pod)))
                        .filter(reason -> reason.contains(REFUSED + latency)));
        assertThat(cluster.pod(pod).at("/spec/nodeName").isMissingNode()).isTrue();
    }

    @Test
    void shouldPlaceByWhatIsMeasuredAndByBeliefWhereThatIsTooLittleOrTooOld() throws Exception {
        int peerPort = ControlPlane.freePort();
        Programs.Running begun = startAgent(BEGUN, 40);
        awaitPath(
                BEGUN,
                begun,
                "a measurement that has begun",
                path -> path.tier() == Tier.KERNEL && path.latency().samples() > 0);
        awaitPath(
                BEGUN,
                begun,
                "the same of the DPDK path",
                path -> path.tier() == Tier.DPDK && path.state() == PathState.TOO_FEW_SAMPLES);
        Programs.stop(begun);
        Programs.Running agent =
                startAgent(MEASURED, 1000, "--dataplane.paths.peers=auto", "--dataplane.paths.peer-port=" + peerPort);
        for (Tier tier : List.of(Tier.KERNEL, Tier.DPDK)) {
            MeasuredPath path = awaitPath(
                    MEASURED,
                    agent,
                    "a usable measurement of " + tier.wireName(),
                    measured -> measured.tier() == tier
                            && measured.method() == Method.LOOP
                            && measured.state() == PathState.USABLE);
            assertThat(path.latency().samples()).isGreaterThanOrEqualTo(MeasuredPath.MIN_SAMPLES);
            assertThat(path.latency().p999Ns()).isBetween(50L, 1_100_000_000L);
        }
        awaitPath(
                MEASURED,
                agent,
                "the round trips to the other node",
                path -> path.method() == Method.PAIR
                        && path.peer().equals(BEGUN)
                        && path.latency().samples() > path.lost());
        Programs.Running scheduler = startScheduler("scheduler", "300s");

        submit("by-measurement", MEASURED, SLOW);
        submit("against-belief", MEASURED, TOO_FAST);
        submit("too-few", BEGUN, "49s");
        submit("by-belief", BEGUN, TOO_FAST);

        assertThat(awaitPlaced("by-measurement", scheduler)).contains("latency 10s by tier kernel, measured p99.9 ");
        awaitRefused("against-belief", "50ns", scheduler);
        assertThat(awaitPlaced("by-belief", scheduler)).contains("by tier dpdk, configured from 1ns");
        assertThat(awaitPlaced("too-few", scheduler)).contains("by tier dpdk, configured from 1ns");

        agent.process().destroyForcibly().waitFor();
        Programs.stop(scheduler);
        Programs.Running forgetful = startScheduler("forgetful-scheduler", "1s");
        submit("too-old", MEASURED, TOO_FAST);
        assertThat(awaitPlaced("too-old", forgetful)).contains("by tier dpdk, configured from 1ns");
    }
}
