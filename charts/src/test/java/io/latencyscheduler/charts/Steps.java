package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.TestMethodOrder;

/** Steps of the life of an installation, and what they have in common. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class Steps {
    /** Samples that find their place. */
    static final List<String> PLACED = List.of("plc", "vran-du", "web");

    final Installed installed;

    Steps(Installed installed) {
        this.installed = installed;
    }

    /** As {@link Await#until}, and fails at once when a program lacked a right: what it waits for may never come. */
    void until(String what, Await.Condition condition, Await.Message otherwise) throws IOException {
        Await.until(
                what,
                () -> {
                    installed.audit.checkNothingDenied();
                    return condition.holds();
                },
                otherwise);
    }

    /** Upgrades, or installs where there is nothing, and waits until all programs run and are ready. */
    void upgrade(Path chart, Map<String, Object> settings) throws IOException {
        installed.release.upgrade(chart, settings);
        until("all programs are ready", () -> notReady().isEmpty(), () -> notReady() + " are not");
    }

    private List<String> notReady() throws IOException {
        List<String> notReady = new ArrayList<>();
        for (String kind : List.of("deployments", "daemonsets")) {
            for (JsonNode object :
                    installed.objects.list(new Resource("apps", "v1", kind, true), Chart.NAMESPACE, Map.of())) {
                JsonNode status = object.path("status");
                boolean deployment = kind.equals("deployments");
                int wanted = deployment
                        ? object.at("/spec/replicas").asInt()
                        : status.path("desiredNumberScheduled").asInt();
                if (status.path("observedGeneration").asInt()
                                < object.at("/metadata/generation").asInt()
                        || status.path(deployment ? "replicas" : "currentNumberScheduled")
                                        .asInt()
                                != wanted
                        || status.path(deployment ? "updatedReplicas" : "updatedNumberScheduled")
                                        .asInt()
                                != wanted
                        || status.path(deployment ? "availableReplicas" : "numberAvailable")
                                        .asInt()
                                != wanted) {
                    notReady.add(Chart.name(object));
                }
            }
        }
        return notReady;
    }

    /** A pod that nobody places. */
    static String plainPod(String name, String more) {
        return """
                {apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {schedulerName: nobody,
                  containers: [{name: c, image: pause}]%s}}
                """.formatted(name, more);
    }

    /** A pod for our scheduler that asks for nothing. */
    static String ownerless(String name) {
        return plainPod(name, "").replace("nobody", "latency-scheduler");
    }

    /** A pod for our scheduler that owns ports. */
    static String ownerPod(String name, int interfaces, String more) {
        return """
                {apiVersion: v1, kind: Pod,
                  metadata: {name: %s, annotations: {latency-scheduler.io/latency: "800us", latency-scheduler.io/interfaces: "%d"}},
                  spec: {schedulerName: latency-scheduler, containers: [{name: c, image: pause}]%s}}
                """.formatted(name, interfaces, more);
    }

    JsonNode allocation(String pod) throws IOException {
        return Json.tree(installed
                .pod(pod)
                .at("/metadata/annotations/latency-scheduler.io~1allocation")
                .asText());
    }

    ObjectNode node(String name) throws IOException {
        return installed.objects.get(Resource.NODES, "", name).orElseThrow();
    }

    void awaitBound(String pod) throws IOException {
        until(
                "pod " + pod + " is bound",
                () -> !installed.nodeOf(pod).isEmpty(),
                () -> installed.pod(pod).path("status").toString());
    }

    /** The label {@code dpdk} of the node whose ports are owned. */
    void awaitFreePorts(String free) throws IOException {
        until(
                "the label dpdk of " + Installed.OWNED + " is '" + free + "'",
                () -> freePorts().equals(free),
                () -> "it is '" + freePorts() + "'");
    }

    private String freePorts() throws IOException {
        return node(Installed.OWNED).at("/metadata/labels").path("dpdk").asText();
    }

    /** Those of the expected rights that nobody has used yet. */
    Set<String> unused(Set<String> expected) throws IOException {
        Set<String> unused = new TreeSet<>(expected);
        unused.removeAll(installed.audit.used());
        return unused;
    }

    void awaitUsed(String... rights) throws IOException {
        Set<String> expected = Set.of(rights);
        until("all were used", () -> unused(expected).isEmpty(), () -> "missing: " + unused(expected));
    }

    /** What discovery wrote and is still there: keys of the nodes, inventories. */
    List<String> traces() throws IOException {
        List<String> traces = new ArrayList<>();
        for (String node : List.of(Installed.GATED, Installed.OWNED)) {
            for (String part : List.of("labels", "annotations")) {
                node(node).at("/metadata/" + part).fieldNames().forEachRemaining(key -> {
                    if (key.startsWith("latency-scheduler.io/") || key.equals("dpdk") || key.equals("ovs-dpdk")) {
                        traces.add(node + ": " + key);
                    }
                });
            }
        }
        installed
                .objects
                .list(Resource.NODE_INVENTORIES, "", Map.of())
                .forEach(inventory -> traces.add(Chart.title(inventory)));
        return traces;
    }

    /** Programs that end after their roles may be refused what they still ask for. */
    void awaitNoProgram() throws IOException {
        Await.until("its programs are gone", () -> programs().isEmpty(), () -> programs() + " are there");
        installed.audit.forgetDenied();
    }

    private List<String> programs() throws IOException {
        return installed.objects.list(Resource.PODS, Chart.NAMESPACE, Map.of()).stream()
                .map(Chart::name)
                .toList();
    }
}
