package io.latencyscheduler.scheduler.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code v1.PersistentVolume}. */
public record PersistentVolume(ObjectMeta metadata, Spec spec, Status status) {
    public PersistentVolume {
        metadata = ObjectMeta.orEmpty(metadata);
        spec = spec == null ? new Spec(Map.of(), List.of(), null, "", "", null, null) : spec;
        status = status == null ? new Status("") : status;
    }

    public record Spec(
            Map<String, Quantity> capacity,
            List<String> accessModes,
            @Nullable ClaimRef claimRef,
            String storageClassName,
            String volumeMode,
            @Nullable NodeAffinity nodeAffinity,
            @Nullable Csi csi) {
        public Spec {
            capacity = Absent.map(capacity);
            accessModes = Absent.list(accessModes);
            storageClassName = Absent.text(storageClassName);
            volumeMode = volumeMode == null || volumeMode.isEmpty() ? "Filesystem" : volumeMode;
        }
    }

    public record ClaimRef(String namespace, String name, String uid) {
        public ClaimRef {
            namespace = Absent.text(namespace);
            name = Absent.text(name);
            uid = Absent.text(uid);
        }
    }

    public record NodeAffinity(@Nullable NodeSelector required) {}

    public record Csi(String driver, String volumeHandle) {
        public Csi {
            driver = Absent.text(driver);
            volumeHandle = Absent.text(volumeHandle);
        }
    }

    public record Status(String phase) {
        public Status {
            phase = Absent.text(phase);
        }
    }

    /** Whether a pod that uses it may run on the node: its required node affinity, or anywhere. */
    public boolean reachableFrom(Node node) {
        if (spec.nodeAffinity == null || spec.nodeAffinity.required == null) {
            return true;
        }
        return spec.nodeAffinity.required.matches(node.metadata().labels(), node.name());
    }

    public long capacityBytes() {
        return spec.capacity.getOrDefault("storage", Quantity.ZERO).value();
    }
}
