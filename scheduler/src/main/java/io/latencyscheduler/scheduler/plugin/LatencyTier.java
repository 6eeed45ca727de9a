package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.framework.AllocationDraft;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.ReservePlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a pod off nodes without a path fast enough for its latency, and slow pods off fast nodes: a pod's own tier is
 * looked at first, faster nodes only when that is full, down to a reserve.
 */
public final class LatencyTier implements PreFilterPlugin, FilterPlugin, ScorePlugin, ReservePlugin {
    private static final StateKey<Verdict> TOO_SLOW = new StateKey<>();

    private final TierSettings settings;
    private final Verdict reserved =
            Verdict.unschedulable(this, "node(s) kept their free CPU in reserve for pods of a faster tier");

    public LatencyTier(TierSettings settings) {
        this.settings = settings;
    }

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        PodDemand demand = pod.demand().value();
        if (demand.latencyNs().isEmpty()) {
            return Result.SKIP;
        }
        long latencyNs = demand.latencyNs().getAsLong();
        Verdict tooSlow = Verdict.unresolvable(
                this, "node(s) had no path fast enough for latency " + Durations.format(latencyNs));
        state.put(TOO_SLOW, tooSlow);
        List<NodeSet> stages = stages(
                state.cluster(),
                settings.tierOf(latencyNs),
                Math.max(1, demand.interfaces().orElse(1)));
        return Result.only(stages, tooSlow);
    }

    /** The pod's own tier, then what it may borrow, then what can only tell why not. */
    private List<NodeSet> stages(Cluster cluster, @Nullable Tier own, int ports) {
        List<NodeSet> stages = new ArrayList<>();
        if (own == Tier.KERNEL) {
            stages.add(cluster.nodesWithKernelAlone());
            stages.add(cluster.nodesWithOvsDpdkAlone());
            stages.add(cluster.nodes());
            return stages;
        }
        if (own == Tier.OVS_DPDK) {
            stages.add(cluster.nodesWithOvsDpdkAlone());
            stages.add(cluster.nodesWithOvsDpdk());
        }
        if (own != null) {
            stages.add(cluster.nodesWithFreePorts(ports));
        }
        if (settings.measured() == TierSettings.Measured.DECIDE) {
            stages.add(cluster.nodesWithMeasuredPaths());
        }
        if (own != null) {
            stages.add(cluster.nodesWithPorts());
        }
        return stages;
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        PodDemand demand = pod.demand().value();
        if (Path.choose(settings, demand, node, state.now()) == null) {
            return state.get(TOO_SLOW);
        }
        Tier own = settings.tierOf(demand.latencyNs().orElse(0));
        return own != null && fasterThan(own, node) && leavesTooLittle(pod, node) ? reserved : Verdict.SUCCESS;
    }

    /** Whether the node has room left for a tier above {@code own}. */
    private static boolean fasterThan(Tier own, NodeState node) {
        return switch (own) {
            case DPDK -> false;
            case OVS_DPDK -> node.ownedPorts().headroom() > 0;
            case KERNEL -> node.ownedPorts().headroom() > 0 || node.ovsDpdk();
        };
    }

    private boolean leavesTooLittle(PodInfo pod, NodeState node) {
        long total = node.allocatable().milliCpu();
        long left = total - node.requestedMilliCpu() - pod.requests().milliCpu();
        return pod.requests().milliCpu() > 0 && left * 100 < total * settings.reservedCpuPercent();
    }

    /** Best on a node that has nothing faster to spare; for ordinary pods too, which are never refused for it. */
    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        PodDemand demand = pod.demand().value();
        Tier own = demand.latencyNs().isPresent()
                ? settings.tierOf(demand.latencyNs().getAsLong())
                : demand.interfaces().isPresent() ? Tier.DPDK : Tier.KERNEL;
        if (own == null || !fasterThan(own, node)) {
            return MAX_SCORE;
        }
        return node.ownedPorts().headroom() > 0 ? 0 : MAX_SCORE / 2;
    }

    @Override
    public int weight() {
        return 3;
    }

    @Override
    public Verdict reserve(CycleState state, PodInfo pod, NodeState node) {
        PodDemand demand = pod.demand().value();
        if (demand.latencyNs().isEmpty()) {
            return Verdict.SUCCESS;
        }
        Path path = Path.choose(settings, demand, node, state.now());
        if (path == null || path.tier() == null) {
            return state.get(TOO_SLOW);
        }
        AllocationDraft draft = state.get(AllocationDraft.KEY);
        draft.tier(path.tier());
        draft.keeps(path.keepsNs(settings));
        draft.because(path.why(settings, demand.latencyNs().getAsLong()));
        return Verdict.SUCCESS;
    }

    /** Nothing to undo: what Reserve chose lives in the cycle's own state. */
    @Override
    public void unreserve(CycleState state, PodInfo pod, String nodeName) {}

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.CapacityChanged
                || event instanceof ClusterEvent.NodeChanged
                || event instanceof ClusterEvent.PodGone
                || event instanceof ClusterEvent.PodUpdated
                || event instanceof ClusterEvent.PodItselfChanged;
    }
}
