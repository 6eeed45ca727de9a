package io.latencyscheduler.scheduler.model;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Metadata of any object; {@code namespace} is empty for one that has none. */
public record ObjectMeta(
        String name,
        String namespace,
        String uid,
        String resourceVersion,
        long generation,
        Map<String, String> labels,
        Map<String, String> annotations,
        @Nullable Instant creationTimestamp,
        @Nullable Instant deletionTimestamp,
        List<OwnerReference> ownerReferences) {
    /** An owner, such as the ReplicaSet of a pod. */
    public record OwnerReference(String kind, String name, String uid, boolean controller) {
        public OwnerReference {
            kind = Absent.text(kind);
            name = Absent.text(name);
            uid = Absent.text(uid);
        }
    }

    public ObjectMeta {
        name = Absent.text(name);
        namespace = Absent.text(namespace);
        uid = Absent.text(uid);
        resourceVersion = Absent.text(resourceVersion);
        labels = Absent.map(labels);
        annotations = Absent.map(annotations);
        ownerReferences = Absent.list(ownerReferences);
    }

    /** Metadata with a name alone, as a JSON document without {@code metadata} is read. */
    static ObjectMeta orEmpty(@Nullable ObjectMeta metadata) {
        return metadata == null
                ? new ObjectMeta("", "", "", "", 0, Map.of(), Map.of(), null, null, List.of())
                : metadata;
    }

    /**
     * The same with label texts that exist once in the process: thousands of nodes have few different ones, and a decision that
     * compares them does not wait for the memory of each node's own.
     */
    ObjectMeta withSharedLabels() {
        if (labels.isEmpty()) {
            return this;
        }
        Map<String, String> shared = new HashMap<>();
        labels.forEach((key, value) -> shared.put(key.intern(), value.intern()));
        return new ObjectMeta(
                name,
                namespace,
                uid,
                resourceVersion,
                generation,
                shared,
                annotations,
                creationTimestamp,
                deletionTimestamp,
                ownerReferences);
    }

    /** {@code namespace/name}, or the name alone. */
    public String key() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }
}
