package io.latencyscheduler.scheduler.model;

import java.util.List;
import java.util.Map;

/** {@code v1.Node}, as far as placement depends on it. */
public record Node(ObjectMeta metadata, Spec spec, Status status) {
    public Node {
        metadata = ObjectMeta.orEmpty(metadata).withSharedLabels();
        spec = spec == null ? new Spec(false, List.of()) : spec;
        status = status == null ? new Status(Map.of(), Map.of(), List.of()) : status;
    }

    public record Spec(boolean unschedulable, List<Taint> taints) {
        public Spec {
            taints = Absent.list(taints);
        }
    }

    /** A node that states no {@code allocatable} offers its capacity. */
    public record Status(
            Map<String, Quantity> capacity, Map<String, Quantity> allocatable, List<Pod.Condition> conditions) {
        public Status {
            capacity = Absent.map(capacity);
            allocatable = allocatable == null || allocatable.isEmpty() ? capacity : Absent.map(allocatable);
            conditions = Absent.list(conditions);
        }
    }

    public String name() {
        return metadata.name();
    }

    public String uid() {
        return metadata.uid();
    }

    /** Whether its kubelet stopped answering: {@code Ready} is Unknown. A lost node has no free ports. */
    public boolean lost() {
        for (Pod.Condition condition : status.conditions) {
            if (condition.type().equals("Ready")) {
                return condition.status().equals("Unknown");
            }
        }
        return false;
    }
}
