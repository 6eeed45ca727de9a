package io.latencyscheduler.sandbox.cluster;

import java.time.Duration;
import java.util.Map;

/**
 * What simulated nodes are like.
 *
 * @param prefix names are {@code <prefix>0}, {@code <prefix>1} …
 * @param zones number of zones they are spread over, {@code zone-0} …
 * @param capacity resource quantities, also allocatable
 * @param labels beside hostname, zone, operating system and architecture
 * @param heartbeat how often each renews its Lease
 * @param startDelay from the binding of a pod to its phase Running
 * @param stopDelay from the deletion of a pod to its end
 */
public record NodeShape(
        String prefix,
        int zones,
        Map<String, String> capacity,
        Map<String, String> labels,
        Duration heartbeat,
        Duration startDelay,
        Duration stopDelay) {
    public NodeShape {
        capacity = Map.copyOf(capacity);
        labels = Map.copyOf(labels);
        if (zones < 1) {
            throw new IllegalArgumentException("zones " + zones + " must be at least 1");
        }
        if (heartbeat.toMillis() < 1 || startDelay.isNegative() || stopDelay.isNegative()) {
            throw new IllegalArgumentException("heartbeat " + heartbeat + " must be at least 1 ms, start delay "
                    + startDelay + " and stop delay " + stopDelay + " not negative");
        }
    }

    /** 32 CPUs, 128 GiB, 110 pods, three zones, a heartbeat every 10 s, pods that start and stop at once. */
    public static NodeShape defaults() {
        return new NodeShape(
                "node-",
                3,
                Map.of("cpu", "32", "memory", "128Gi", "pods", "110", "ephemeral-storage", "100Gi"),
                Map.of(),
                Duration.ofSeconds(10),
                Duration.ZERO,
                Duration.ZERO);
    }

    public NodeShape withPrefix(String newPrefix) {
        return new NodeShape(newPrefix, zones, capacity, labels, heartbeat, startDelay, stopDelay);
    }

    public NodeShape withCapacity(Map<String, String> newCapacity) {
        return new NodeShape(prefix, zones, newCapacity, labels, heartbeat, startDelay, stopDelay);
    }

    public NodeShape withLabels(Map<String, String> newLabels) {
        return new NodeShape(prefix, zones, capacity, newLabels, heartbeat, startDelay, stopDelay);
    }

    public NodeShape withHeartbeat(Duration period) {
        return new NodeShape(prefix, zones, capacity, labels, period, startDelay, stopDelay);
    }

    public NodeShape withDelays(Duration start, Duration stop) {
        return new NodeShape(prefix, zones, capacity, labels, heartbeat, start, stop);
    }
}
