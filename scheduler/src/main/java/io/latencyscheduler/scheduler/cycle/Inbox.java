package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.scheduler.model.CsiNode;
import io.latencyscheduler.scheduler.model.Namespace;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.PodDisruptionBudget;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.StorageClass;
import org.jspecify.annotations.Nullable;

/**
 * What the watches tell the scheduler, on its own thread. Each call says how an object is now; telling the same twice
 * changes nothing. Deletes are told by key and UID.
 */
public interface Inbox {
    /** Any pod of the cluster, whoever schedules it, appeared or changed. */
    void pod(PodInfo pod);

    void podDeleted(String uid);

    void node(Node node);

    void nodeDeleted(String name);

    /** Null: it was deleted. */
    void inventory(String nodeName, @Nullable NodeInventory inventory);

    /** Null: it was deleted. */
    void dataplane(String nodeName, @Nullable NodeDataplane dataplane);

    void namespace(Namespace namespace);

    void namespaceDeleted(String name);

    void claim(PersistentVolumeClaim claim);

    void claimDeleted(String key);

    void volume(PersistentVolume volume);

    void volumeDeleted(String name);

    void storageClass(StorageClass storageClass);

    void storageClassDeleted(String name);

    void csiNode(CsiNode csiNode);

    void csiNodeDeleted(String name);

    void budget(PodDisruptionBudget budget);

    void budgetDeleted(String key);
}
