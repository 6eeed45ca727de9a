package io.latencyscheduler.scheduler.ledger;

import io.latencyscheduler.scheduler.model.CsiNode;
import io.latencyscheduler.scheduler.model.Namespace;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.PodDisruptionBudget;
import io.latencyscheduler.scheduler.model.StorageClass;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Objects beside nodes and pods, as last read, by {@code namespace/name} or name. */
public final class ClusterObjects {
    private final Map<String, Namespace> namespaces = new HashMap<>();
    private long namespacesGeneration;
    private final Map<String, PersistentVolumeClaim> claims = new HashMap<>();
    private final Map<String, PersistentVolume> volumes = new HashMap<>();
    private final Map<String, StorageClass> storageClasses = new HashMap<>();
    private final Map<String, CsiNode> csiNodes = new HashMap<>();
    private final Map<String, PodDisruptionBudget> budgets = new HashMap<>();

    /** Labels of a namespace; empty when it is not known. */
    public Map<String, String> namespaceLabels(String name) {
        Namespace namespace = namespaces.get(name);
        return namespace == null ? Map.of() : namespace.metadata().labels();
    }

    /** Changes when the labels of a namespace do. */
    long namespacesGeneration() {
        return namespacesGeneration;
    }

    public @Nullable PersistentVolumeClaim claim(String key) {
        return claims.get(key);
    }

    public @Nullable PersistentVolume volume(String name) {
        return volumes.get(name);
    }

    public Collection<PersistentVolume> volumes() {
        return volumes.values();
    }

    public @Nullable StorageClass storageClass(String name) {
        return storageClasses.get(name);
    }

    public @Nullable CsiNode csiNode(String name) {
        return csiNodes.get(name);
    }

    public Collection<PodDisruptionBudget> budgets() {
        return budgets.values();
    }

    public void put(Namespace namespace) {
        String name = namespace.metadata().key();
        if (!namespaceLabels(name).equals(namespace.metadata().labels())) {
            namespacesGeneration++;
        }
        namespaces.put(name, namespace);
    }

    public void put(PersistentVolumeClaim claim) {
        claims.put(claim.metadata().key(), claim);
    }

    public void put(PersistentVolume volume) {
        volumes.put(volume.metadata().key(), volume);
    }

    public void put(StorageClass storageClass) {
        storageClasses.put(storageClass.metadata().key(), storageClass);
    }

    public void put(CsiNode csiNode) {
        csiNodes.put(csiNode.metadata().key(), csiNode);
    }

    public void put(PodDisruptionBudget budget) {
        budgets.put(budget.metadata().key(), budget);
    }

    public void removeNamespace(String key) {
        if (!namespaceLabels(key).isEmpty()) {
            namespacesGeneration++;
        }
        namespaces.remove(key);
    }

    public void removeClaim(String key) {
        claims.remove(key);
    }

    public void removeVolume(String key) {
        volumes.remove(key);
    }

    public void removeStorageClass(String key) {
        storageClasses.remove(key);
    }

    public void removeCsiNode(String key) {
        csiNodes.remove(key);
    }

    public void removeBudget(String key) {
        budgets.remove(key);
    }
}
