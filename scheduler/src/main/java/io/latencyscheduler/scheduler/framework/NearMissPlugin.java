package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.scheduler.model.PodInfo;

/** Says what was nearly enough, when this plugin refused a pod on some node and no node could take it. */
public interface NearMissPlugin extends Plugin {
    /** A sentence without its full stop, such as "node-3 needs 1 more DPDK port"; empty when nothing was near. */
    String nearMiss(CycleState state, PodInfo pod, NodeVerdicts verdicts);
}
