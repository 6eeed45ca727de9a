package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.scheduler.framework.AllocationDraft;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.NearMissPlugin;
import io.latencyscheduler.scheduler.framework.NodeVerdicts;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.ReservePlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts owned ports, and gives each pod its own by name: one port never belongs to two pods. */
public final class InterfaceCapacity
        implements PreFilterPlugin, FilterPlugin, ScorePlugin, ReservePlugin, NearMissPlugin {
    private final TierSettings settings;
    private final Verdict tooFew = Verdict.unschedulable(this, "node(s) had too few free DPDK ports");
    private final Verdict tooFewAtAll = Verdict.unresolvable(this, "node(s) had too few DPDK ports");
    private final Verdict inReserve =
            Verdict.unschedulable(this, "node(s) kept their free DPDK ports in reserve for tier dpdk");

    public InterfaceCapacity(TierSettings settings) {
        this.settings = settings;
    }

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        PodDemand demand = pod.demand().value();
        if (demand.interfaces().isPresent()) {
            return Result.only(
                    List.of(
                            state.cluster()
                                    .nodesWithFreePorts(demand.interfaces().getAsInt()),
                            state.cluster().nodesWithPorts()),
                    tooFewAtAll);
        }
        return demand.latencyNs().isPresent() ? Result.SUCCESS : Result.SKIP;
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        Path path = Path.choose(settings, pod.demand().value(), node, state.now());
        if (path == null || path.ports() == 0) {
            return Verdict.SUCCESS; // No path is LatencyTier's to refuse.
        }
        int headroom = node.ownedPorts().headroom();
        if (path.ports() > headroom) {
            return path.ports() > node.ownedPorts().total() ? tooFewAtAll : tooFew;
        }
        return path.borrowed() && headroom - path.ports() < settings.reservedPorts() ? inReserve : Verdict.SUCCESS;
    }

    /** Prefers the node where the fewest free ports remain, so that pods that need several find them together. */
    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        Path path = Path.choose(settings, pod.demand().value(), node, state.now());
        if (path == null || path.ports() == 0) {
            return 0;
        }
        return Math.max(0, MAX_SCORE - 5L * (node.ownedPorts().headroom() - path.ports()));
    }

    @Override
    public Verdict reserve(CycleState state, PodInfo pod, NodeState node) {
        Path path = Path.choose(settings, pod.demand().value(), node, state.now());
        if (path == null || path.ports() == 0) {
            return Verdict.SUCCESS;
        }
        List<NodeInventory.Port> chosen = choose(node.ownedPorts().free(), path.ports());
        if (chosen.size() < path.ports()) {
            return tooFew;
        }
        AllocationDraft draft = state.get(AllocationDraft.KEY);
        chosen.forEach(port -> draft.addInterface(port.name()));
        return Verdict.SUCCESS;
    }

    /** Ports of one NUMA node where one has enough, of the one with the fewest to spare; ports without link last. */
    private static List<NodeInventory.Port> choose(List<NodeInventory.Port> free, int count) {
        List<NodeInventory.Port> linkedFirst = new ArrayList<>(free);
        linkedFirst.sort((a, b) -> Boolean.compare(down(a), down(b)));
        Map<Integer, List<NodeInventory.Port>> byNuma = new LinkedHashMap<>();
        linkedFirst.forEach(port -> byNuma.computeIfAbsent(port.numaNode(), numa -> new ArrayList<>())
                .add(port));
        List<NodeInventory.Port> best = linkedFirst;
        for (List<NodeInventory.Port> together : byNuma.values()) {
            boolean enough = together.stream().filter(port -> !down(port)).count() >= count;
            if (enough && together.size() <= best.size()) {
                best = together;
            }
        }
        return best.subList(0, Math.min(count, best.size()));
    }

    private static boolean down(NodeInventory.Port port) {
        return Boolean.FALSE.equals(port.linkUp());
    }

    /** Nothing to undo: what Reserve chose counts only once the pod is assumed. */
    @Override
    public void unreserve(CycleState state, PodInfo pod, String nodeName) {}

    @Override
    public String nearMiss(CycleState state, PodInfo pod, NodeVerdicts verdicts) {
        NodeSet withPorts = state.cluster().nodesWithPorts();
        NodeState nearest = null;
        int fewest = Integer.MAX_VALUE;
        for (int i = 0; i < withPorts.size(); i++) {
            NodeState node = withPorts.get(i);
            String refusedBy = verdicts.of(node).plugin();
            Path path = refusedBy.equals(name())
                    ? Path.choose(settings, pod.demand().value(), node, state.now())
                    : null;
            if (path != null) {
                int missing =
                        path.ports() - node.ownedPorts().headroom() + (path.borrowed() ? settings.reservedPorts() : 0);
                if (missing < fewest
                        || (missing == fewest && nearest != null && node.name().compareTo(nearest.name()) < 0)) {
                    fewest = missing;
                    nearest = node;
                }
            }
        }
        return nearest == null
                ? ""
                : nearest.name() + " needs " + fewest + " more DPDK port" + (fewest == 1 ? "" : "s");
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return AllocationHints.isConcernedBy(event);
    }

    @Override
    public boolean mayHelp(PodInfo refused, ClusterEvent event) {
        return AllocationHints.mayHelp(
                event, allocation -> !allocation.interfaces().isEmpty());
    }
}
