package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.Plugin;
import java.util.List;

/** The plugins in use unless a user adds more, in the order in which they are asked: cheap and telling ones first. */
public final class DefaultPlugins {
    private DefaultPlugins() {}

    /** New instances; some keep caches of their own. */
    public static List<Plugin> create(TierSettings tiers, StreamSettings streams) {
        return List.of(
                new PrioritySort(),
                new SchedulingGates(),
                new PodAnnotations(),
                new DynamicResources(),
                new NodeUnschedulable(),
                new NodeName(),
                new TaintToleration(),
                new NodeAffinity(),
                new LatencyTier(tiers),
                new InterfaceCapacity(tiers),
                new NodePorts(),
                new NodeResourcesFit(),
                new NodeResourcesBalancedAllocation(),
                new DeadlineAdmission(streams));
    }
}
