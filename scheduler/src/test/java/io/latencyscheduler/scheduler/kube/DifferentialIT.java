package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.Decision;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * kube-scheduler judges our decisions, one by one, in the same state: what we would bind it must accept on that node, what
 * we would leave pending it must not place, and where it places a pod we must have found room too.
 *
 * <p>{@code -Dlatency-scheduler.test.decisions=5000} for a long run, {@code -Dlatency-scheduler.test.seed} to repeat one.
 */
@RequiresApiServer
class DifferentialIT {
    private static final int DECISIONS = Integer.getInteger("latency-scheduler.test.decisions", 500);
    private static final int DECISIONS_PER_CLUSTER = 50;
    private static final long PATIENCE_NS = 60_000_000_000L;
    /** The test waits for kube-scheduler, not for its own turn to ask. */
    private static final int CLIENT_QPS = 5000;

    /** kube-scheduler hears of deletions by its own watch, at its own time. */
    private static final long DELETIONS_HEARD_MS = 500;

    private static ControlPlane server;
    private static Clients clients;
    private static ObjectClient objects;
    private static final List<String> NAMESPACES = List.of("one", "two");

    private final long seed = Long.getLong("latency-scheduler.test.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final RandomObjects make = new RandomObjects(random);
    private final Map<String, PodInfo> bound = new LinkedHashMap<>();
    private Harness ours = new Harness();
    private RandomVolumes volumes;
    private int placed;
    private int refused;
    private int placedWithVolumes;

    @BeforeAll
    static void startServer() throws IOException {
        server = ControlPlane.start(
                ControlPlaneOptions.fromEnvironment().withScheduler().withClientQps(1000));
        clients = Clients.open(
                new ClientSettings(server.kubeconfig(), "test", CLIENT_QPS, CLIENT_QPS, 8, Duration.ofSeconds(30)));
        objects = new ObjectClient(clients.commands());
        for (String namespace : NAMESPACES) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            object.put("apiVersion", "v1").put("kind", "Namespace");
            object.putObject("metadata").put("name", namespace);
            objects.create(Resource.NAMESPACES, "", object);
        }
    }

    @AfterAll
    static void stopServer() {
        if (clients != null) {
            clients.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Test
    void shouldDecideAsKubeSchedulerWould() throws Exception {
        System.out.println("seed " + seed);
        volumes = new RandomVolumes(random, objects, NAMESPACES);
        for (int i = 0; i < DECISIONS; i++) {
            if (i % DECISIONS_PER_CLUSTER == 0) {
                newCluster(i);
            }
            decide(i);
        }
        System.out.println(DECISIONS + " decisions: " + placed + " placed (" + placedWithVolumes + " with volumes), "
                + refused + " refused by both");
        assertThat(placed).isGreaterThan(DECISIONS / 10);
        assertThat(refused).isGreaterThan(DECISIONS / 20);
        assertThat(placedWithVolumes).isPositive();
    }

    private void newCluster(int round) throws Exception {
        for (PodInfo pod : bound.values()) {
            delete(pod);
        }
        bound.clear();
        for (JsonNode node : objects.list(Resource.NODES, "", Map.of())) {
            objects.delete(
                    Resource.NODES, "", node.path("metadata").path("name").asText(), "");
        }
        ours = new Harness();
        List<String> nodes = new ArrayList<>();
        for (int i = 0; i < 4 + random.nextInt(6); i++) {
            String name = "n" + round + "-" + i;
            nodes.add(name);
            ObjectNode wanted = make.node(name);
            ObjectNode created = objects.create(Resource.NODES, "", wanted);
            // Admission taints a new node as not ready; this one is.
            ((ObjectNode) created.get("spec")).set("taints", wanted.get("spec").get("taints"));
            ObjectNode untainted = objects.replace(Resource.NODES, "", name, created);
            untainted.set("status", make.nodeStatus());
            ObjectNode ready = objects.replaceStatus(Resource.NODES, "", name, untainted);
            ours.inbox().node(Json.read(ready, Node.class));
        }
        volumes.renew(round, nodes);
        volumes.tell(ours.inbox());
        Thread.sleep(DELETIONS_HEARD_MS);
    }

    private void decide(int i) throws Exception {
        boolean onOurNode = random.nextBoolean();
        String namespace = random.nextInt(4) == 0 ? "two" : "one";
        ObjectNode manifest = make.pod("p" + i, !onOurNode);
        volumes.mount(manifest, namespace);
        Decision decision = ours.scheduler.whatIf(read(named(manifest, namespace)));
        String chosen = decision.nodeName();
        if (onOurNode && chosen != null) {
            onlyOn(manifest, chosen);
        }
        objects.create(Resource.PODS, namespace, manifest);
        ObjectNode judged = await(namespace, "p" + i);
        String theirs = judged.path("spec").path("nodeName").asText("");
        List<String> feasible =
                decision.scored().stream().map(Decision.NodeScore::nodeName).toList();
        Supplier<String> explanation = () -> "seed " + seed + ", decision " + i + "\nours: " + chosen + " of "
                + feasible
                + ", " + decision.message() + "\ntheirs: " + theirs + " " + message(judged) + "\npod: " + manifest
                + "\nplaced: " + where() + "\nnodes: " + nodes();
        if (chosen == null) {
            assertThat(theirs)
                    .as(() -> "we leave it pending: " + explanation.get())
                    .isEmpty();
            refused++;
        } else if (onOurNode) {
            assertThat(theirs)
                    .as(() -> "we would bind it: " + explanation.get())
                    .isEqualTo(chosen);
            placed++;
        } else {
            assertThat(feasible).as(() -> "they bind it: " + explanation.get()).contains(theirs);
            placed++;
        }
        PodInfo pod = read(judged);
        if (theirs.isEmpty()) {
            delete(pod);
        } else {
            bound.put(pod.key(), pod);
            placedWithVolumes += manifest.path("spec").path("volumes").isEmpty() ? 0 : 1;
            volumes.tell(ours.inbox());
            ours.inbox().pod(pod);
        }
        if (bound.size() > 12 && random.nextInt(4) == 0) {
            makeRoom();
        }
    }

    private void makeRoom() throws Exception {
        for (String key : new ArrayList<>(bound.keySet())) {
            if (random.nextBoolean()) {
                PodInfo pod = bound.remove(key);
                delete(pod);
                ours.inbox().podDeleted(pod.uid());
            }
        }
        Thread.sleep(DELETIONS_HEARD_MS);
    }

    private static void delete(PodInfo pod) throws IOException {
        objects.delete(
                Resource.PODS,
                pod.pod().metadata().namespace(),
                pod.pod().metadata().name(),
                "");
    }

    private static String nodes() {
        try {
            return objects.list(Resource.NODES, "", Map.of()).toString();
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private String where() {
        return bound.values().stream()
                .map(pod -> pod.key() + " " + pod.pod().metadata().labels() + " on "
                        + pod.pod().spec().nodeName())
                .collect(Collectors.joining(", "));
    }

    /** Narrows every term of the required node affinity to one node. */
    private static void onlyOn(ObjectNode pod, String nodeName) {
        ObjectNode affinity = (ObjectNode) pod.get("spec").get("affinity");
        ObjectNode nodeAffinity = affinity.withObject("/nodeAffinity");
        ArrayNode terms = nodeAffinity
                .withObject("/requiredDuringSchedulingIgnoredDuringExecution")
                .withArray("nodeSelectorTerms");
        if (terms.isEmpty()) {
            terms.addObject();
        }
        for (JsonNode term : terms) {
            ((ObjectNode) term)
                    .putArray("matchFields")
                    .addObject()
                    .put("key", "metadata.name")
                    .put("operator", "In")
                    .putArray("values")
                    .add(nodeName);
        }
    }

    private static ObjectNode named(ObjectNode manifest, String namespace) {
        ObjectNode copy = manifest.deepCopy();
        ((ObjectNode) copy.get("metadata")).put("namespace", namespace).put("uid", "what-if");
        return copy;
    }

    private static PodInfo read(JsonNode pod) throws IOException {
        return Decoders.pod(Json.bytes(pod));
    }

    private static String message(JsonNode pod) {
        return pod.path("status").path("conditions").path(0).path("message").asText("");
    }

    /** Bound, or judged unschedulable. */
    private ObjectNode await(String namespace, String name) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (true) {
            ObjectNode pod = objects.get(Resource.PODS, namespace, name).orElseThrow();
            boolean isBound = !pod.path("spec").path("nodeName").asText("").isEmpty();
            if (isBound || !pod.path("status").path("conditions").isEmpty()) {
                return pod;
            }
            if (pod.path("spec").has("volumes")) {
                volumes.bindPromised();
            }
            assertThat(System.nanoTime()).as("kube-scheduler judges " + name).isLessThan(deadline);
            Thread.sleep(5);
        }
    }
}
