package io.latencyscheduler.sandbox.table;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.api.Metadata;

/** The cells of a pod that are more than one field (kube-apiserver's {@code printPod}). */
final class PodCells {
    private PodCells() {}

    static String ready(JsonNode pod) {
        int ready = 0;
        for (JsonNode status : pod.at("/status/containerStatuses")) {
            ready += status.path("ready").asBoolean() ? 1 : 0;
        }
        return ready + "/" + pod.at("/spec/containers").size();
    }

    static String restarts(JsonNode pod) {
        int restarts = 0;
        for (JsonNode status : pod.at("/status/containerStatuses")) {
            restarts += status.path("restartCount").asInt();
        }
        return Integer.toString(restarts);
    }

    static String status(JsonNode pod) {
        if (Metadata.isTerminating(pod)) {
            return "Terminating";
        }
        String reason = pod.at("/status/reason").asText("");
        if (reason.isEmpty()) {
            reason = pod.at("/status/phase").asText("");
        }
        for (JsonNode condition : pod.at("/status/conditions")) {
            if (condition.path("reason").asText().equals("SchedulingGated")) {
                reason = "SchedulingGated";
            }
        }
        for (JsonNode status : pod.at("/status/containerStatuses")) {
            String waiting = status.at("/state/waiting/reason").asText("");
            JsonNode terminated = status.at("/state/terminated");
            if (!waiting.isEmpty()) {
                reason = waiting;
            } else if (terminated.isObject()) {
                String why = terminated.path("reason").asText("");
                reason = why.isEmpty()
                        ? "ExitCode:" + terminated.path("exitCode").asInt()
                        : why;
            }
        }
        return reason;
    }

    static String readinessGates(JsonNode pod) {
        JsonNode gates = pod.at("/spec/readinessGates");
        if (gates.isEmpty()) {
            return "<none>";
        }
        int met = 0;
        for (JsonNode gate : gates) {
            for (JsonNode condition : pod.at("/status/conditions")) {
                met += condition.path("type").equals(gate.path("conditionType"))
                                && condition.path("status").asText().equals("True")
                        ? 1
                        : 0;
            }
        }
        return met + "/" + gates.size();
    }
}
