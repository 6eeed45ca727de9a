package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.ClusterEvent.StorageChanged;
import io.latencyscheduler.scheduler.framework.EventPlugin;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.CsiNode;
import io.latencyscheduler.scheduler.model.Namespace;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.PodDisruptionBudget;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.StorageClass;
import io.latencyscheduler.scheduler.plugin.Groups;
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Brings cluster and queue up to date with what the watches tell, and wakes the pods that it may help. */
final class Events implements Inbox {
    private final String schedulerName;
    private final Cluster cluster;
    private final SchedulingQueue queue;
    private final Nominations nominations;
    private final BindingCycle bindings;
    private final List<EventPlugin> listeners;
    private final Reporter reporter;
    private final InstantSource clock;

    Events(
            String schedulerName,
            Cluster cluster,
            SchedulingQueue queue,
            Nominations nominations,
            BindingCycle bindings,
            List<EventPlugin> listeners,
            Reporter reporter,
            InstantSource clock) {
        this.schedulerName = schedulerName;
        this.cluster = cluster;
        this.queue = queue;
        this.nominations = nominations;
        this.bindings = bindings;
        this.listeners = listeners;
        this.reporter = reporter;
        this.clock = clock;
    }

    private void tell(ClusterEvent event) {
        for (EventPlugin plugin : listeners) {
            plugin.onEvent(event, cluster);
        }
        queue.onEvent(event, clock.instant());
    }

    @Override
    public void pod(PodInfo pod) {
        if (pod.pod().terminated()) {
            gone(pod.uid());
            return;
        }
        cluster.joinGroup(
                pod.uid(),
                pod.demand()
                        .value()
                        .group()
                        .map(group -> Groups.key(pod, group))
                        .orElse(null));
        if (pod.pod().bound()) {
            bound(pod);
        } else {
            waiting(pod);
        }
    }

    private void bound(PodInfo pod) {
        queue.remove(pod.uid());
        nominations.withdraw(pod.uid());
        Cluster.Placed before = cluster.placed(pod.uid());
        String nodeName = pod.pod().spec().nodeName();
        cluster.putPod(pod, nodeName);
        reportIgnored(before, pod);
        if (before == null || before.assumed()) {
            tell(new ClusterEvent.PodPlaced(pod, nodeName));
        } else if (changedForOthers(before.pod(), pod)) {
            tell(new ClusterEvent.PodUpdated(before.pod(), pod, nodeName));
        }
    }

    /** A scheduler writes an allocation once, with the binding, for that one pod. */
    private void reportIgnored(Cluster.@Nullable Placed before, PodInfo pod) {
        Fault fault = pod.allocationFault();
        if (before == null || before.assumed()) {
            if (fault != null) {
                reporter.warning(pod, Reporter.ALLOCATION_IGNORED, fault.sentence());
            }
        } else if (!Objects.equals(before.pod().allocationText(), pod.allocationText())) {
            reporter.warning(
                    pod,
                    Reporter.ALLOCATION_IGNORED,
                    "the annotation " + Keys.ALLOCATION + " was "
                            + (pod.allocationText() == null ? "removed" : "changed")
                            + " after the pod was bound; what it was bound with still counts");
        }
    }

    private static boolean changedForOthers(PodInfo before, PodInfo after) {
        return !before.pod().metadata().labels().equals(after.pod().metadata().labels())
                || !before.requests().equals(after.requests())
                || before.pod().terminating() != after.pod().terminating();
    }

    private void waiting(PodInfo pod) {
        if (bindings.contains(pod.uid())) {
            bindings.update(pod);
        } else if (cluster.placed(pod.uid()) != null) {
            return; // Bound, and this was said before the API server knew.
        } else if (!pod.pod().spec().schedulerName().equals(schedulerName)) {
            return;
        } else if (pod.pod().terminating()) {
            queue.remove(pod.uid());
            nominations.withdraw(pod.uid());
        } else {
            adoptNomination(pod);
            boolean appeared = !queue.contains(pod.uid());
            queue.put(pod, clock.instant());
            if (appeared) {
                tell(new ClusterEvent.PodAppeared(pod));
            }
        }
    }

    /** Room that was being made before this process knew the pod. */
    private void adoptNomination(PodInfo pod) {
        String nominated = pod.pod().status().nominatedNodeName();
        if (!queue.contains(pod.uid()) && !nominated.isEmpty() && nominations.nodeOf(pod.uid()) == null) {
            nominations.nominate(pod, nominated);
        }
    }

    @Override
    public void podDeleted(String uid) {
        gone(uid);
    }

    private void gone(String uid) {
        cluster.leaveGroup(uid);
        queue.remove(uid);
        nominations.withdraw(uid);
        bindings.forgetDeleted(uid);
        Cluster.Placed before = cluster.placed(uid);
        // What it held, which its annotation may no longer say.
        Allocation held = before == null ? null : before.node().allocation(before.pod());
        Cluster.Placed placed = cluster.removePod(uid);
        if (placed != null) {
            PodInfo gone = held == null ? placed.pod() : placed.pod().withAllocation(held);
            tell(new ClusterEvent.PodGone(gone, placed.node().name()));
        }
    }

    @Override
    public void node(Node node) {
        NodeState known = cluster.node(node.name());
        Node before = known == null ? null : known.node();
        cluster.putNode(node);
        if (before == null || changedForPods(before, node)) {
            tell(new ClusterEvent.NodeChanged(before, node));
        }
    }

    /** A heartbeat is none of a pod's business. */
    private static boolean changedForPods(Node before, Node after) {
        return !before.spec().equals(after.spec())
                || !before.uid().equals(after.uid())
                || !before.metadata().labels().equals(after.metadata().labels())
                || !before.metadata().annotations().equals(after.metadata().annotations())
                || !before.status().allocatable().equals(after.status().allocatable())
                || before.lost() != after.lost();
    }

    @Override
    public void nodeDeleted(String name) {
        cluster.removeNode(name);
    }

    @Override
    public void inventory(String nodeName, @Nullable NodeInventory inventory) {
        if (cluster.putInventory(nodeName, inventory)) {
            tell(new ClusterEvent.CapacityChanged(nodeName));
        }
    }

    @Override
    public void dataplane(String nodeName, @Nullable NodeDataplane dataplane) {
        NodeDataplane before = cluster.putDataplane(nodeName, dataplane);
        if (dataplane != null && (before == null || changedForPods(before, dataplane))) {
            tell(new ClusterEvent.CapacityChanged(nodeName));
        }
    }

    /** A heartbeat alone is news only when it ends a silence. */
    private static boolean changedForPods(NodeDataplane before, NodeDataplane after) {
        return !before.ports().equals(after.ports())
                || !before.paths().equals(after.paths())
                || !before.clock().equals(after.clock())
                || !before.allocations().equals(after.allocations())
                || !before.liveAt(after.heartbeatTime());
    }

    @Override
    public void namespace(Namespace namespace) {
        cluster.objects().put(namespace);
        tell(new ClusterEvent.NamespaceChanged(namespace.metadata().name()));
    }

    @Override
    public void namespaceDeleted(String name) {
        cluster.objects().removeNamespace(name);
    }

    @Override
    public void claim(PersistentVolumeClaim claim) {
        cluster.objects().put(claim);
        tell(new StorageChanged(
                StorageChanged.Kind.PERSISTENT_VOLUME_CLAIM, claim.metadata().key()));
    }

    @Override
    public void claimDeleted(String key) {
        cluster.objects().removeClaim(key);
    }

    @Override
    public void volume(PersistentVolume volume) {
        cluster.objects().put(volume);
        tell(new StorageChanged(
                StorageChanged.Kind.PERSISTENT_VOLUME, volume.metadata().key()));
    }

    @Override
    public void volumeDeleted(String name) {
        cluster.objects().removeVolume(name);
    }

    @Override
    public void storageClass(StorageClass storageClass) {
        cluster.objects().put(storageClass);
        tell(new StorageChanged(
                StorageChanged.Kind.STORAGE_CLASS, storageClass.metadata().key()));
    }

    @Override
    public void storageClassDeleted(String name) {
        cluster.objects().removeStorageClass(name);
    }

    @Override
    public void csiNode(CsiNode csiNode) {
        cluster.objects().put(csiNode);
        tell(new StorageChanged(StorageChanged.Kind.CSI_NODE, csiNode.metadata().key()));
    }

    @Override
    public void csiNodeDeleted(String name) {
        cluster.objects().removeCsiNode(name);
    }

    @Override
    public void budget(PodDisruptionBudget budget) {
        cluster.objects().put(budget);
    }

    @Override
    public void budgetDeleted(String key) {
        cluster.objects().removeBudget(key);
    }
}
