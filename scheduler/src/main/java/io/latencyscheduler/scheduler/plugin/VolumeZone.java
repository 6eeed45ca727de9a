package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;

/** Refuses nodes in another zone or region than the labels of a bound volume name. */
public final class VolumeZone implements PreFilterPlugin, FilterPlugin {
    private static final StateKey<List<PersistentVolume>> VOLUMES = new StateKey<>();
    private static final List<String> KEYS = List.of(
            "topology.kubernetes.io/zone",
            "topology.kubernetes.io/region",
            "failure-domain.beta.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/region");

    private final Verdict refusal = Verdict.unresolvable(this, "node(s) had no available volume zone");

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        List<PersistentVolume> zoned = PodClaims.of(pod.pod(), state.cluster().objects()).bound().stream()
                .filter(volume -> KEYS.stream().anyMatch(volume.metadata().labels()::containsKey))
                .toList();
        state.put(VOLUMES, zoned);
        return zoned.isEmpty() ? Result.SKIP : Result.SUCCESS;
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        if (KEYS.stream().noneMatch(node.labels()::containsKey)) {
            return Verdict.SUCCESS; // A cluster without zones.
        }
        for (PersistentVolume volume : state.get(VOLUMES)) {
            for (String key : KEYS) {
                String zones = volume.metadata().labels().get(key);
                // Several zones of one volume are joined by two underscores.
                if (zones != null
                        && !List.of(zones.split("__")).contains(node.labels().getOrDefault(key, ""))) {
                    return refusal;
                }
            }
        }
        return Verdict.SUCCESS;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.NodeChanged
                || event instanceof ClusterEvent.StorageChanged
                || event instanceof ClusterEvent.PodItselfChanged;
    }
}
