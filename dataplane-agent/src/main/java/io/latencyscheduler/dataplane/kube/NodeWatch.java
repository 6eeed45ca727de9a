package io.latencyscheduler.dataplane.kube;

import com.fasterxml.jackson.databind.ObjectReader;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.dataplane.control.Desired;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Reflector;
import io.latencyscheduler.kube.ReflectorMetrics;
import io.latencyscheduler.kube.Resource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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

    private final PodBook book = new PodBook(); // guarded by this
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
        List<Port> gated = ports(Role.GATED);
        Set<String> owned = inventory == null
                ? null
                : ports(Role.OWNED).stream().map(Port::name).collect(Collectors.toSet());
        return new Desired(gated, owned, book.bound(), book.ignored());
    }

    private synchronized List<Port> ports(Role role) {
        return inventory == null
                ? List.of()
                : inventory.ports().stream()
                        .filter(port -> port.role() == role)
                        .sorted(Comparator.comparing(Port::name))
                        .toList();
    }

    /** UID of a pod bound to this node; empty when none of that name is known. */
    public synchronized String uid(String namespace, String name) {
        return book.uid(namespace, name);
    }

    /** Whether a pod was bound with an allocation, readable or not. */
    public synchronized boolean hasAllocation(String uid) {
        return book.hasAllocation(uid);
    }

    /** The pod's limits of hugepages by resource name. */
    public synchronized Map<String, String> hugepages(String uid) {
        return book.hugepages(uid);
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
        synchronized (this) {
            book.put(pod);
        }
        onChange.run();
    }

    private void remove(PodObject pod) {
        synchronized (this) {
            book.remove(pod);
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
