package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;

/** Refuses nodes where a host port that the pod wants is taken: same protocol and number on an address in common. */
public final class NodePorts implements PreFilterPlugin, FilterPlugin {
    private static final String ANY = "0.0.0.0";

    private final Verdict refusal =
            Verdict.unschedulable(this, "node(s) didn't have free ports for the requested pod ports");

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        return pod.hostPorts().isEmpty() ? Result.SKIP : Result.SUCCESS;
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        if (!node.hasHostPorts()) {
            return Verdict.SUCCESS;
        }
        for (PodInfo there : node.pods()) {
            if (collide(pod, there)) {
                return refusal;
            }
        }
        return Verdict.SUCCESS;
    }

    private static boolean collide(PodInfo pod, PodInfo there) {
        for (Pod.ContainerPort taken : there.hostPorts()) {
            for (Pod.ContainerPort wanted : pod.hostPorts()) {
                if (taken.hostPort() == wanted.hostPort()
                        && taken.protocol().equals(wanted.protocol())
                        && (taken.hostIP().equals(wanted.hostIP())
                                || taken.hostIP().equals(ANY)
                                || wanted.hostIP().equals(ANY))) {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodGone
                || event instanceof ClusterEvent.NodeChanged
                || event instanceof ClusterEvent.PodItselfChanged;
    }

    @Override
    public boolean mayHelp(PodInfo refused, ClusterEvent event) {
        return !(event instanceof ClusterEvent.PodGone gone) || collide(refused, gone.pod());
    }
}
