package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.ClusterObjects;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.CsiNode;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.StorageClass;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Refuses nodes whose CSI drivers would have to attach more volumes than their CSINode says they can. */
public final class NodeVolumeLimits implements PreFilterPlugin, FilterPlugin {
    private final Verdict refusal = Verdict.unschedulable(this, "node(s) exceed max volume count");

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        return PodClaims.names(pod.pod()).isEmpty() ? Result.SKIP : Result.SUCCESS;
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        ClusterObjects objects = state.cluster().objects();
        CsiNode csiNode = objects.csiNode(node.name());
        if (csiNode == null) {
            return Verdict.SUCCESS;
        }
        Map<String, Set<String>> wanted = new HashMap<>();
        addVolumes(objects, pod.pod(), wanted);
        if (wanted.isEmpty()) {
            return Verdict.SUCCESS;
        }
        Map<String, Set<String>> attached = new HashMap<>();
        for (PodInfo there : node.pods()) {
            addVolumes(objects, there.pod(), attached);
        }
        for (CsiNode.Driver driver : csiNode.spec().drivers()) {
            Set<String> more = wanted.get(driver.name());
            CsiNode.Allocatable allocatable = driver.allocatable();
            Integer limit = allocatable == null ? null : allocatable.count();
            if (more != null && limit != null) {
                Set<String> all = new HashSet<>(attached.getOrDefault(driver.name(), Set.of()));
                int before = all.size();
                all.addAll(more);
                if (all.size() > before && all.size() > limit) {
                    return refusal;
                }
            }
        }
        return Verdict.SUCCESS;
    }

    /** By driver, the volumes that the pod's claims have, or will have: then by the claim's name. */
    private static void addVolumes(ClusterObjects objects, Pod pod, Map<String, Set<String>> byDriver) {
        for (String name : PodClaims.names(pod)) {
            String key = pod.metadata().namespace() + "/" + name;
            PersistentVolumeClaim claim = objects.claim(key);
            if (claim == null) {
                continue;
            }
            PersistentVolume volume = objects.volume(claim.spec().volumeName());
            if (volume != null) {
                PersistentVolume.Csi csi = volume.spec().csi();
                if (csi != null) {
                    add(byDriver, csi.driver(), csi.volumeHandle());
                }
            } else {
                StorageClass storageClass = objects.storageClass(claim.storageClass());
                if (storageClass != null) {
                    add(byDriver, storageClass.provisioner(), key);
                }
            }
        }
    }

    private static void add(Map<String, Set<String>> byDriver, String driver, String volume) {
        byDriver.computeIfAbsent(driver, unused -> new HashSet<>()).add(volume);
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodGone
                || event instanceof ClusterEvent.NodeChanged
                || event instanceof ClusterEvent.StorageChanged
                || event instanceof ClusterEvent.PodItselfChanged;
    }
}
