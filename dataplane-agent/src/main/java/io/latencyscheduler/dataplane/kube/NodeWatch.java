package io.latencyscheduler.dataplane.kube;

import com.fasterxml.jackson.databind.ObjectReader;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.dataplane.control.Desired;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Reflector;
import io.latencyscheduler.kube.ReflectorMetrics;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Follows the pods bound to this node and the node's inventory. Thread-safe.
 *
 * <p>An inventory that is gone is no empty one: the last known stays in force until another says otherwise.
 */
public final class NodeWatch implements AutoCloseable {
    private final Runnable onChange;
    private final Reflector<PodObject> pods;
    private final Reflector<InventoryObject> inventories;

    private final Map<String, BoundPod> bound = new LinkedHashMap<>(); // by UID, guarded by this
    private final Map<String, String> names =
            new LinkedHashMap<>(); // of all pods here, UID by namespace/name, guarded by this
    private final Map<String, String> unreadable = new TreeMap<>(); // by UID, guarded by this
    private final Map<String, Map<String, String>> hugepages = new TreeMap<>(); // by UID, guarded by this
    private @Nullable NodeInventory inventory; // guarded by this

    /** Begins to follow; {@code onChange} is told of each change on a reflector's thread and must return at once. */
    public NodeWatch(Clients clients, String nodeName, Runnable onChange) {
        this.onChange = onChange;
        ObjectReader podReader = Json.readerFor(PodObject.class);
        ObjectReader inventoryReader = Json.readerFor(InventoryObject.class);
        this.pods = new Reflector<>(
                        clients,
                        Resource.PODS,
                        Reflector.Options.DEFAULT.selecting(Map.of("fieldSelector", "spec.nodeName=" + nodeName)),
                        podReader::readValue,
                        PodObject::meta,
                        new PodHandler(),
                        ReflectorMetrics.NONE)
                .start();
        this.inventories = new Reflector<>(
                        clients,
                        Resource.NODE_INVENTORIES,
                        Reflector.Options.DEFAULT
                                .selecting(Map.of("fieldSelector", "metadata.name=" + nodeName))
                                .optionally(),
                        inventoryReader::readValue,
                        InventoryObject::meta,
                        new InventoryHandler(),
                        ReflectorMetrics.NONE)
                .start();
    }

    /** What the API server says; null before both pictures are complete, when nothing may be concluded. */
    public synchronized @Nullable Desired desired() {
        if (!pods.hasSynced() || !inventories.hasSynced()) {
            return null;
        }
        List<Port> gated = inventory == null
                ? List.of()
                : inventory.ports().stream()
                        .filter(port -> port.role() == Role.GATED)
                        .sorted(Comparator.comparing(Port::name))
                        .toList();
        return new Desired(gated, List.copyOf(bound.values()), List.copyOf(unreadable.values()));
    }

    /** UID of a pod bound to this node; empty when none of that name is known. */
    public synchronized String uid(String namespace, String name) {
        return names.getOrDefault(namespace + "/" + name, "");
    }

    /** Whether a pod has an allocation, readable or not. */
    public synchronized boolean hasAllocation(String uid) {
        return bound.containsKey(uid) || unreadable.containsKey(uid);
    }

    /** The pod's limits of hugepages by resource name. */
    public synchronized Map<String, String> hugepages(String uid) {
        return hugepages.getOrDefault(uid, Map.of());
    }

    /** The last known inventory; null before the first. */
    public synchronized @Nullable NodeInventory inventory() {
        return inventory;
    }

    /** What keeps it from following, in words; empty when nothing does. */
    public String problem() {
        return pods.problem().isEmpty() ? inventories.problem() : pods.problem();
    }

    @Override
    public void close() {
        pods.close();
        inventories.close();
    }

    private final class PodHandler implements Reflector.Handler<PodObject> {
        @Override
        public void onAdd(PodObject pod) {
            put(pod);
        }

        @Override
        public void onUpdate(PodObject before, PodObject pod) {
            if (!before.metadata().uid().equals(pod.metadata().uid())) {
                remove(before);
            }
            put(pod);
        }

        @Override
        public void onDelete(PodObject last) {
            remove(last);
        }

        @Override
        public void onListed() {
            onChange.run();
        }
    }

    private void put(PodObject pod) {
        String uid = pod.metadata().uid();
        synchronized (this) {
            names.put(pod.metadata().namespace() + "/" + pod.metadata().name(), uid);
            String text = pod.allocation();
            BoundPod known = bound.get(uid);
            unreadable.remove(uid);
            hugepages.put(uid, pod.hugepages());
            if (text == null) {
                // An allocation counts until its pod is gone, also when somebody removes the annotation.
                if (known != null && pod.terminated()) {
                    bound.put(uid, terminated(known));
                }
            } else {
                putAllocation(pod, text, known);
            }
        }
        onChange.run();
    }

    private void putAllocation(PodObject pod, String text, @Nullable BoundPod known) {
        PodObject.Metadata metadata = pod.metadata();
        try {
            bound.put(
                    metadata.uid(),
                    new BoundPod(
                            metadata.uid(),
                            metadata.namespace(),
                            metadata.name(),
                            known == null ? version(metadata.resourceVersion()) : known.boundAt(),
                            pod.terminated(),
                            Json.read(text, Allocation.class),
                            pod.latePolicy()));
        } catch (IOException malformed) {
            unreadable.put(
                    metadata.uid(),
                    "pod " + metadata.namespace() + "/" + metadata.name() + ": its allocation cannot be read: "
                            + String.valueOf(malformed.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse(""));
        }
    }

    private static BoundPod terminated(BoundPod pod) {
        return new BoundPod(
                pod.uid(), pod.namespace(), pod.name(), pod.boundAt(), true, pod.allocation(), pod.latePolicy());
    }

    /** Opaque in theory; every API server's is etcd's revision, and only the order of two bindings depends on it. */
    private static long version(String resourceVersion) {
        try {
            return Long.parseLong(resourceVersion);
        } catch (NumberFormatException opaque) {
            return Long.MAX_VALUE;
        }
    }

    private void remove(PodObject pod) {
        synchronized (this) {
            names.remove(
                    pod.metadata().namespace() + "/" + pod.metadata().name(),
                    pod.metadata().uid());
            bound.remove(pod.metadata().uid());
            unreadable.remove(pod.metadata().uid());
            hugepages.remove(pod.metadata().uid());
        }
        onChange.run();
    }

    private final class InventoryHandler implements Reflector.Handler<InventoryObject> {
        @Override
        public void onAdd(InventoryObject object) {
            set(object);
        }

        @Override
        public void onUpdate(InventoryObject before, InventoryObject object) {
            set(object);
        }

        @Override
        public void onDelete(InventoryObject last) {}

        @Override
        public void onListed() {
            onChange.run();
        }
    }

    private void set(InventoryObject object) {
        synchronized (this) {
            NodeInventory spec = object.spec();
            if (spec != null) {
                inventory = spec;
            }
        }
        onChange.run();
    }
}
