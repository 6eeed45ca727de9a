package io.latencyscheduler.bench.scheduler;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.Json;

/** The pods to place; those for different schedulers differ in {@code spec.schedulerName} alone. */
enum Workload {
    /** CPU and memory, nothing of the network. */
    PLAIN("plain pods"),
    /** The same, and one DPDK port of their own; kube-scheduler passes over the annotations. */
    INTERFACES("pods that own a port");

    final String title;

    Workload(String title) {
        this.title = title;
    }

    ObjectNode pod(String name, String schedulerName) {
        ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
        ObjectNode metadata = pod.putObject("metadata").put("name", name);
        metadata.putObject("labels").put("app", "bench");
        if (this == INTERFACES) {
            metadata.putObject("annotations")
                    .put(Keys.PREFIX + "latency", "1ms")
                    .put(Keys.PREFIX + "interfaces", "1");
        }
        ObjectNode container = pod.putObject("spec")
                .put("schedulerName", schedulerName)
                .put("automountServiceAccountToken", false)
                .putArray("containers")
                .addObject()
                .put("name", "c")
                .put("image", "none");
        container
                .putObject("resources")
                .putObject("requests")
                .put("cpu", "100m")
                .put("memory", "64Mi");
        return pod;
    }
}
