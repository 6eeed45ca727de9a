package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.AllocationDraft;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.ReservePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Checks that a pod which is to own ports asks for what DPDK needs: hugepages, and CPUs of its own, which the kubelet's
 * static CPU manager gives to containers whose whole CPUs are requested and limited alike.
 */
public final class DpdkReadiness implements PreFilterPlugin, ReservePlugin {
    private final Mode mode;

    /** What becomes of a pod that does not. */
    public enum Mode {
        OFF,
        WARN,
        REFUSE
    }

    public DpdkReadiness(Mode mode) {
        this.mode = mode;
    }

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        if (mode != Mode.REFUSE || pod.demand().value().interfaces().isEmpty()) {
            return Result.SKIP;
        }
        List<String> missing = missing(pod);
        return missing.isEmpty()
                ? Result.SKIP
                : Result.refused(Verdict.unresolvable(
                        this, "for its DPDK ports the pod must request " + String.join(" and ", missing)));
    }

    private static List<String> missing(PodInfo pod) {
        List<String> missing = new ArrayList<>();
        if (pod.requests().scalar().keySet().stream().noneMatch(name -> name.startsWith("hugepages-"))) {
            missing.add("hugepages (hugepages-2Mi or hugepages-1Gi)");
        }
        if (pod.pod().spec().containers().stream().noneMatch(DpdkReadiness::hasOwnCpus)) {
            missing.add("whole CPUs with equal limits, and memory with an equal limit");
        }
        return missing;
    }

    private static boolean hasOwnCpus(Pod.Container container) {
        if (container.resources() == null) {
            return false;
        }
        Map<String, Quantity> limits = container.resources().limits();
        Map<String, Quantity> requests = container.resources().requests();
        Quantity cpu = limits.getOrDefault("cpu", Quantity.ZERO);
        return cpu.milliValue() > 0
                && cpu.milliValue() % 1000 == 0
                && cpu.equals(requests.getOrDefault("cpu", Quantity.ZERO))
                && limits.containsKey("memory")
                && requests.getOrDefault("memory", Quantity.ZERO).equals(limits.getOrDefault("memory", Quantity.ZERO));
    }

    @Override
    public Verdict reserve(CycleState state, PodInfo pod, NodeState node) {
        AllocationDraft draft = state.get(AllocationDraft.KEY);
        if (mode == Mode.WARN && draft.hasInterfaces()) {
            List<String> missing = missing(pod);
            if (!missing.isEmpty()) {
                draft.warn("DPDK ports work best when the pod requests " + String.join(" and ", missing));
            }
        }
        return Verdict.SUCCESS;
    }

    @Override
    public void unreserve(CycleState state, PodInfo pod, String nodeName) {}

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodItselfChanged;
    }
}
