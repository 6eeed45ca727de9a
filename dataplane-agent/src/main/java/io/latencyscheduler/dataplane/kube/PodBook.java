package io.latencyscheduler.dataplane.kube;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.dataplane.control.Desired.IgnoredAllocation;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.kube.AllocationJson;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pods bound to this node and what they were bound with. An allocation comes with the binding, which is how a pod gets
 * here: what it has when it is first seen counts until it is gone, whatever is done to the annotation later. Not
 * thread-safe.
 */
final class PodBook {
    private final Map<String, Entry> entries = new LinkedHashMap<>(); // by UID
    private final Map<String, String> uids = new LinkedHashMap<>(); // by namespace/name

    /**
     * A pod.
     *
     * @param text its allocation as first seen; empty for none
     * @param bound null for a pod without an allocation, or with one that cannot be read
     * @param ignored why an annotation counts for nothing; null when there is none such
     */
    private record Entry(
            String text,
            @Nullable BoundPod bound,
            @Nullable IgnoredAllocation ignored,
            Map<String, String> hugepages) {}

    void put(PodObject pod) {
        PodObject.Metadata metadata = pod.metadata();
        uids.put(metadata.namespace() + "/" + metadata.name(), metadata.uid());
        String text = pod.allocation() == null ? "" : pod.allocation();
        Entry known = entries.get(metadata.uid());
        entries.put(metadata.uid(), known == null ? first(pod, text) : later(known, pod, text));
    }

    private static Entry first(PodObject pod, String text) {
        if (text.isEmpty()) {
            return new Entry(text, null, null, pod.hugepages());
        }
        try {
            Allocation allocation = AllocationJson.read(text);
            PodObject.Metadata metadata = pod.metadata();
            BoundPod bound = new BoundPod(
                    metadata.uid(),
                    metadata.namespace(),
                    metadata.name(),
                    version(metadata.resourceVersion()),
                    pod.terminated(),
                    allocation,
                    pod.latePolicy());
            return new Entry(text, bound, null, pod.hugepages());
        } catch (IOException malformed) {
            String why =
                    String.valueOf(malformed.getMessage()).lines().findFirst().orElse("");
            return new Entry(
                    text,
                    null,
                    ignored(pod, "the annotation cannot be read as an allocation: " + why),
                    pod.hugepages());
        }
    }

    private static Entry later(Entry known, PodObject pod, String text) {
        BoundPod before = known.bound();
        BoundPod now = before == null
                ? null
                : new BoundPod(
                        before.uid(),
                        before.namespace(),
                        before.name(),
                        before.boundAt(),
                        pod.terminated(),
                        before.allocation(),
                        pod.latePolicy());
        boolean unreadable = before == null && !known.text().isEmpty();
        IgnoredAllocation ignored = known.text().equals(text)
                ? unreadable ? known.ignored() : null
                : ignored(
                        pod,
                        "the annotation was " + (text.isEmpty() ? "removed" : "changed")
                                + " after the pod was bound; what it was bound with still counts");
        return new Entry(known.text(), now, ignored, pod.hugepages());
    }

    private static IgnoredAllocation ignored(PodObject pod, String why) {
        PodObject.Metadata metadata = pod.metadata();
        return new IgnoredAllocation(
                metadata.uid(), metadata.namespace(), metadata.name(), Keys.ALLOCATION + ": " + why);
    }

    /** Opaque in theory; every API server's is etcd's revision, and only the order of two bindings depends on it. */
    private static long version(String resourceVersion) {
        try {
            return Long.parseLong(resourceVersion);
        } catch (NumberFormatException opaque) {
            return Long.MAX_VALUE;
        }
    }

    void remove(PodObject pod) {
        PodObject.Metadata metadata = pod.metadata();
        uids.remove(metadata.namespace() + "/" + metadata.name(), metadata.uid());
        entries.remove(metadata.uid());
    }

    /** UID of a pod; empty when none of that name is known. */
    String uid(String namespace, String name) {
        return uids.getOrDefault(namespace + "/" + name, "");
    }

    /** Whether a pod was bound with an allocation, readable or not. */
    boolean hasAllocation(String uid) {
        Entry entry = entries.get(uid);
        return entry != null && !entry.text().isEmpty();
    }

    /** The pod's limits of hugepages by resource name. */
    Map<String, String> hugepages(String uid) {
        Entry entry = entries.get(uid);
        return entry == null ? Map.of() : entry.hugepages();
    }

    /** The pods that were bound with an allocation that can be read. */
    List<BoundPod> bound() {
        return entries.values().stream()
                .map(Entry::bound)
                .flatMap(Stream::ofNullable)
                .toList();
    }

    /** The annotations that count for nothing, in the order of the pods' UIDs. */
    List<IgnoredAllocation> ignored() {
        Map<String, IgnoredAllocation> sorted = new TreeMap<>();
        entries.forEach((uid, entry) -> {
            if (entry.ignored() != null) {
                sorted.put(uid, entry.ignored());
            }
        });
        return List.copyOf(sorted.values());
    }
}
