package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What changes on a node. */
abstract class DiscoverySteps extends Steps {
    DiscoverySteps(Installed installed) {
        super(installed);
    }

    @Test
    @Order(1)
    void shouldPublishAPortThatIsPluggedInAndCountWhatRepeats() throws IOException {
        Set<String> expected = Set.of(
                Chart.RELEASE + "-discovery: patch nodeinventories.latency-scheduler.io",
                Chart.RELEASE + "-scheduler: patch events.events.k8s.io");
        int[] round = {0};
        installed.create(Resource.PODS, ownerless("picky").replace("spec: {", "spec: {nodeSelector: {round: none}, "));
        try (var plugged = installed.plugIn()) {
            until(
                    "both were used",
                    () -> {
                        // A node changes, which has the pods that it was refused to looked at anew.
                        ObjectNode label = Json.object();
                        label.putObject("metadata").putObject("labels").put("round", Integer.toString(round[0]++));
                        installed.objects.patch(Resource.NODES, "", Installed.GATED, Patch.merge(label));
                        return unused(expected).isEmpty();
                    },
                    () -> "missing: " + unused(expected));
        }
    }

    /** As somebody does who looks into a node: without a watch it asks for the node. */
    @Test
    @Order(2)
    void shouldPublishOnceByHandUnderTheDaemonsAccount() throws IOException {
        String name = Chart.RELEASE + "-discovery";
        JsonNode daemons = installed
                .objects
                .get(new Resource("apps", "v1", "daemonsets", true), Chart.NAMESPACE, name)
                .orElseThrow();
        ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
        pod.putObject("metadata").put("name", "once").put("namespace", Chart.NAMESPACE);
        ObjectNode spec = daemons.at("/spec/template/spec").deepCopy();
        pod.set("spec", spec.put("restartPolicy", "Never").put("nodeName", Installed.OWNED));
        ((ArrayNode) spec.at("/containers/0/args")).add("--once");
        installed.objects.create(Resource.PODS, Chart.NAMESPACE, pod);
        until(
                "it has ended",
                () -> installed
                        .objects
                        .get(Resource.PODS, Chart.NAMESPACE, "once")
                        .orElseThrow()
                        .at("/status/phase")
                        .asText()
                        .equals("Succeeded"),
                () -> installed.kubelet.logs(10));
        assertThat(unused(Set.of(name + ": get nodes"))).isEmpty();
        installed.objects.delete(Resource.PODS, Chart.NAMESPACE, "once", "");
    }
}
