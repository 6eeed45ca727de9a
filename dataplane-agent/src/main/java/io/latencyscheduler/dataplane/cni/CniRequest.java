package io.latencyscheduler.dataplane.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.util.Map;

/**
 * What {@code tsn-cni} asks, one JSON object in a line. It has checked environment and configuration already.
 *
 * @param version of this protocol: {@value #PROTOCOL}
 * @param command the CNI verb
 * @param args CNI_ARGS, such as {@code K8S_POD_UID}
 * @param shapeOnly an interface of another plugin is timed, none is made
 * @param config the network configuration
 * @param ipam the result of the IPAM plugin, in the form of CNI 0.4.0 or newer; missing without one
 */
public record CniRequest(
        int version,
        String command,
        String containerId,
        String netns,
        String ifName,
        Map<String, String> args,
        boolean shapeOnly,
        JsonNode config,
        JsonNode ipam) {
    /** Version of the protocol between plugin and agent. */
    static final int PROTOCOL = 1;

    public CniRequest {
        args = Map.copyOf(args);
    }

    /** Reads a line. */
    static CniRequest read(byte[] line) throws IOException {
        JsonNode tree = Json.tree(line);
        Map<String, String> args = new java.util.HashMap<>();
        tree.path("args")
                .properties()
                .forEach(entry -> args.put(entry.getKey(), entry.getValue().asText()));
        JsonNode ipam = tree.path("ipam");
        return new CniRequest(
                tree.path("version").asInt(),
                tree.path("command").asText(),
                tree.path("containerId").asText(),
                tree.path("netns").asText(),
                tree.path("ifName").asText(),
                args,
                tree.path("shapeOnly").asBoolean(),
                tree.path("config"),
                ipam.isNull() ? MissingNode.getInstance() : ipam);
    }

    /** An argument of CNI_ARGS; empty when it is not given. */
    String arg(String name) {
        return args.getOrDefault(name, "");
    }
}
