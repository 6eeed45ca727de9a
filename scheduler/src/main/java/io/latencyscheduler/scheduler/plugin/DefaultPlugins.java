package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import java.util.List;

/** The plugins in use unless a user adds more, in the order in which they are asked: cheap and telling ones first. */
public final class DefaultPlugins {
    private DefaultPlugins() {}

    /** Warns of pods that are not ready for DPDK, and binds no volumes. */
    public static List<Plugin> create(TierSettings tiers, StreamSettings streams) {
        return create(tiers, streams, DpdkReadiness.Mode.WARN, VolumeWriter.NONE);
    }

    /** New instances for one scheduler; some keep state of their own. */
    public static List<Plugin> create(
            TierSettings tiers, StreamSettings streams, DpdkReadiness.Mode dpdkReadiness, VolumeWriter volumes) {
        return List.of(
                new PrioritySort(),
                new SchedulingGates(),
                new PodAnnotations(),
                new DynamicResources(),
                new DpdkReadiness(dpdkReadiness),
                new NodeUnschedulable(),
                new NodeName(),
                new TaintToleration(),
                new NodeAffinity(),
                new LatencyTier(tiers),
                new InterfaceCapacity(tiers),
                // Before what nearly every node passes: on a full cluster it refuses nearly every node.
                new DeadlineAdmission(streams),
                new NodePorts(),
                new NodeResourcesFit(),
                new NodeResourcesBalancedAllocation(),
                new VolumeRestrictions(),
                new NodeVolumeLimits(),
                new VolumeBinding(volumes),
                new VolumeZone(),
                new PodTopologySpread(),
                new PodTopologySpreadScore(),
                new InterPodAffinity(),
                new InterPodAffinityScore(),
                new TalksTo(),
                new DefaultPreemption(),
                new Groups());
    }
}
