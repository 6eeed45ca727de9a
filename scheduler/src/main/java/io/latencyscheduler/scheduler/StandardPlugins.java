package io.latencyscheduler.scheduler;

import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.plugin.DynamicResources;
import io.latencyscheduler.scheduler.plugin.NodeAffinity;
import io.latencyscheduler.scheduler.plugin.NodeName;
import io.latencyscheduler.scheduler.plugin.NodePorts;
import io.latencyscheduler.scheduler.plugin.NodeResourcesBalancedAllocation;
import io.latencyscheduler.scheduler.plugin.NodeResourcesFit;
import io.latencyscheduler.scheduler.plugin.NodeUnschedulable;
import io.latencyscheduler.scheduler.plugin.PodAnnotations;
import io.latencyscheduler.scheduler.plugin.PrioritySort;
import io.latencyscheduler.scheduler.plugin.SchedulingGates;
import io.latencyscheduler.scheduler.plugin.TaintToleration;
import java.util.List;

/** The plugins every scheduler has, in the order of their extension points. */
public final class StandardPlugins {
    private StandardPlugins() {}

    public static List<Plugin> of(SchedulerConfig config, Cluster cluster) {
        return List.of(
                new PrioritySort(),
                new SchedulingGates(),
                new PodAnnotations(),
                new DynamicResources(),
                new NodeUnschedulable(),
                new NodeName(),
                new TaintToleration(),
                new NodeAffinity(),
                new NodePorts(),
                new NodeResourcesFit(),
                new NodeResourcesBalancedAllocation());
    }
}
