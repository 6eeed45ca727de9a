package io.latencyscheduler.scheduler.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code v1.PersistentVolumeClaim}. {@code storageClassName} null: absent, which differs from empty. */
public record PersistentVolumeClaim(ObjectMeta metadata, Spec spec, Status status) {
    public PersistentVolumeClaim {
        metadata = ObjectMeta.orEmpty(metadata);
        spec = spec == null ? new Spec("", null, List.of(), null, "", null) : spec;
        status = status == null ? new Status("") : status;
    }

    public record Spec(
            String volumeName,
            @Nullable String storageClassName,
            List<String> accessModes,
            Pod.@Nullable ResourceRequirements resources,
            String volumeMode,
            @Nullable LabelSelector selector) {
        public Spec {
            volumeName = Absent.text(volumeName);
            accessModes = Absent.list(accessModes);
            volumeMode = volumeMode == null || volumeMode.isEmpty() ? "Filesystem" : volumeMode;
        }
    }

    public record Status(String phase) {
        public Status {
            phase = Absent.text(phase);
        }
    }

    /** The control plane marks a claim that is completely bound with this annotation. */
    public static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

    /** The scheduler writes the node it chose here; the provisioner creates the volume for that node. */
    public static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

    public boolean fullyBound() {
        return !spec.volumeName.isEmpty() && metadata.annotations().containsKey(BIND_COMPLETED);
    }

    /** Class by the field, or by the old annotation; empty when none. */
    public String storageClass() {
        Map<String, String> annotations = metadata.annotations();
        String old = annotations.get("volume.beta.kubernetes.io/storage-class");
        if (old != null) {
            return old;
        }
        return spec.storageClassName == null ? "" : spec.storageClassName;
    }

    /** Bytes asked for. */
    public long requestBytes() {
        if (spec.resources == null) {
            return 0;
        }
        return spec.resources.requests().getOrDefault("storage", Quantity.ZERO).value();
    }
}
