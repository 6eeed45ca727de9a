package io.latencyscheduler.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.latencyscheduler.contract.Tier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sample pod with what it asks and what must come of it.
 *
 * @param name file and pod name
 * @param asks in words
 * @param node where it must land; null: anywhere
 * @param tier the tier it must get; null: none
 * @param interfaces how many ports it must own
 * @param streams how many windows it must have
 * @param feasible whether it must be placed
 */
record Sample(
        String name,
        String asks,
        JsonNode pod,
        @Nullable String node,
        @Nullable Tier tier,
        int interfaces,
        int streams,
        boolean feasible) {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    /** All samples; without a gated port on this machine the PLC has no node that can keep its promise. */
    static List<Sample> all(Path folder, boolean gatedPort) throws IOException {
        List<Sample> samples = new ArrayList<>();
        samples.add(of(folder, "vran-du", "800 µs, 2 ports", "x710-server", Tier.DPDK, 2, 0, true));
        samples.add(of(folder, "upf", "5 ms", "ovs-dpdk-host", Tier.OVS_DPDK, 0, 0, true));
        if (gatedPort) {
            samples.add(of(folder, "plc", "period 1 ms, deadline 250 µs", Machine.THIS_MACHINE, null, 0, 1, true));
        }
        samples.add(of(folder, "web", "nothing", null, null, 0, 0, true));
        samples.add(of(folder, "impossible", "100 µs", null, null, 0, 0, false));
        return samples;
    }

    private static Sample of(
            Path folder,
            String name,
            String asks,
            @Nullable String node,
            @Nullable Tier tier,
            int interfaces,
            int streams,
            boolean feasible)
            throws IOException {
        return new Sample(name, asks, yaml(folder.resolve(name + ".yaml")), node, tier, interfaces, streams, feasible);
    }

    /** One YAML document as a tree. */
    static JsonNode yaml(Path file) throws IOException {
        return YAML.readTree(file.toFile());
    }

    /** Whether the pod is as it must be: bound when it is feasible, else told why not. */
    boolean decided(JsonNode pod) {
        return feasible ? pod.at("/spec/nodeName").isTextual() : !reason(pod).isEmpty();
    }

    /** The scheduler's message on a pod that is Pending; empty when there is none. */
    static String reason(JsonNode pod) {
        for (JsonNode condition : pod.at("/status/conditions")) {
            if (condition.path("type").asText().equals("PodScheduled")
                    && condition.path("status").asText().equals("False")) {
                return condition.path("message").asText();
            }
        }
        return "";
    }
}
