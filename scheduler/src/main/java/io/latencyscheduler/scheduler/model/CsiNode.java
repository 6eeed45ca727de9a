package io.latencyscheduler.scheduler.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code storage.k8s.io/v1 CSINode}, named after its node: how many volumes each driver attaches there. */
public record CsiNode(ObjectMeta metadata, Spec spec) {
    public CsiNode {
        metadata = ObjectMeta.orEmpty(metadata);
        spec = spec == null ? new Spec(List.of()) : spec;
    }

    public record Spec(List<Driver> drivers) {
        public Spec {
            drivers = Absent.list(drivers);
        }
    }

    public record Driver(String name, @Nullable Allocatable allocatable) {
        public Driver {
            name = Absent.text(name);
        }
    }

    /** {@code count} null: no limit. */
    public record Allocatable(@Nullable Integer count) {}
}
