package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Refuses nodes where a disk that only one pod may mount is mounted, and claims with ReadWriteOncePod in use anywhere. */
public final class VolumeRestrictions implements PreFilterPlugin, FilterPlugin {
    private static final StateKey<Set<String>> SINGLE_POD_CLAIMS = new StateKey<>();

    private final Verdict diskConflict = Verdict.unschedulable(this, "node(s) had no available disk");
    private final Verdict claimInUse = Verdict.unschedulable(
            this, "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode");

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        if (pod.pod().spec().volumes().isEmpty()) {
            return Result.SKIP;
        }
        Set<String> single = singlePodClaims(state.cluster(), pod.pod());
        state.put(SINGLE_POD_CLAIMS, single);
        boolean disks = pod.pod().spec().volumes().stream().anyMatch(VolumeRestrictions::isDisk);
        return single.isEmpty() && !disks ? Result.SKIP : Result.SUCCESS;
    }

    private static Set<String> singlePodClaims(Cluster cluster, Pod pod) {
        Set<String> single = new HashSet<>();
        for (String name : PodClaims.names(pod)) {
            PersistentVolumeClaim claim = cluster.objects().claim(pod.metadata().namespace() + "/" + name);
            if (claim != null && claim.spec().accessModes().contains("ReadWriteOncePod")) {
                single.add(name);
            }
        }
        return single;
    }

    private static boolean isDisk(Pod.Volume volume) {
        return volume.gcePersistentDisk() != null
                || volume.awsElasticBlockStore() != null
                || volume.rbd() != null
                || volume.iscsi() != null;
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        Set<String> single = state.get(SINGLE_POD_CLAIMS);
        if (!single.isEmpty() && usedAnywhere(state.cluster().nodes(), node, pod, single)) {
            return claimInUse;
        }
        for (Pod.Volume volume : pod.pod().spec().volumes()) {
            if (isDisk(volume)) {
                for (PodInfo there : node.pods()) {
                    if (there.pod().spec().volumes().stream().anyMatch(other -> conflict(volume, other))) {
                        return diskConflict;
                    }
                }
            }
        }
        return Verdict.SUCCESS;
    }

    /** On {@code trial}, which preemption may have emptied, instead of the node of its name. */
    private static boolean usedAnywhere(NodeSet nodes, NodeState trial, PodInfo pod, Set<String> claims) {
        for (int i = 0; i < nodes.size(); i++) {
            NodeState node = nodes.get(i).name().equals(trial.name()) ? trial : nodes.get(i);
            for (PodInfo there : node.pods()) {
                if (there.pod()
                                .metadata()
                                .namespace()
                                .equals(pod.pod().metadata().namespace())
                        && !there.pod().spec().volumes().isEmpty()
                        && !Collections.disjoint(PodClaims.names(there.pod()), claims)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean conflict(Pod.Volume a, Pod.Volume b) {
        if (a.gcePersistentDisk() != null && b.gcePersistentDisk() != null) {
            return a.gcePersistentDisk().pdName().equals(b.gcePersistentDisk().pdName())
                    && !(a.gcePersistentDisk().readOnly()
                            && b.gcePersistentDisk().readOnly());
        }
        if (a.awsElasticBlockStore() != null && b.awsElasticBlockStore() != null) {
            return a.awsElasticBlockStore()
                    .volumeID()
                    .equals(b.awsElasticBlockStore().volumeID());
        }
        if (a.iscsi() != null && b.iscsi() != null) {
            return a.iscsi().iqn().equals(b.iscsi().iqn())
                    && !(a.iscsi().readOnly() && b.iscsi().readOnly());
        }
        if (a.rbd() != null && b.rbd() != null) {
            List<String> monitors = a.rbd().monitors();
            return !Collections.disjoint(monitors, b.rbd().monitors())
                    && a.rbd().pool().equals(b.rbd().pool())
                    && a.rbd().image().equals(b.rbd().image())
                    && !(a.rbd().readOnly() && b.rbd().readOnly());
        }
        return false;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodGone
                || event instanceof ClusterEvent.NodeChanged
                || event instanceof ClusterEvent.StorageChanged
                || event instanceof ClusterEvent.PodItselfChanged;
    }
}
