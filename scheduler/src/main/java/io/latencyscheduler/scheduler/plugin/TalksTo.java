package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.Normalize;
import io.latencyscheduler.scheduler.framework.PreScorePlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Prefers nodes near the pods that this one exchanges frames with: on the same node best, in the same zone next. */
public final class TalksTo implements PreScorePlugin, ScorePlugin {
    private static final StateKey<Peers> PEERS = new StateKey<>();
    private static final String ZONE = "topology.kubernetes.io/zone";
    /** A peer on the same node is worth this many in the same zone. */
    private static final long SAME_NODE = 10;

    /** How many peers there are by node and by zone. */
    private record Peers(Map<String, Long> byNode, Map<String, Long> byZone) {}

    @Override
    public Verdict preScore(CycleState state, PodInfo pod, List<NodeState> feasible) {
        Optional<LabelSelector> selector = pod.demand().value().talksTo().flatMap(LabelSelector::parse);
        if (selector.isEmpty()) {
            return Verdict.SKIP;
        }
        Peers peers = new Peers(new HashMap<>(), new HashMap<>());
        state.cluster().allPlaced().forEach(placed -> {
            boolean peer = placed.pod()
                            .pod()
                            .metadata()
                            .namespace()
                            .equals(pod.pod().metadata().namespace())
                    && selector.get().matches(placed.pod().pod().metadata().labels());
            if (peer) {
                peers.byNode.merge(placed.node().name(), 1L, Long::sum);
                String zone = placed.node().labels().get(ZONE);
                if (zone != null) {
                    peers.byZone.merge(zone, 1L, Long::sum);
                }
            }
        });
        state.put(PEERS, peers);
        return peers.byNode.isEmpty() ? Verdict.SKIP : Verdict.SUCCESS;
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        Peers peers = state.get(PEERS);
        return SAME_NODE * peers.byNode.getOrDefault(node.name(), 0L)
                + peers.byZone.getOrDefault(node.labels().getOrDefault(ZONE, ""), 0L);
    }

    @Override
    public void normalizeScores(CycleState state, PodInfo pod, List<NodeState> nodes, long[] scores) {
        Normalize.byLargest(scores, false);
    }

    /** Above all resource scores together: nearness is what such a pod asks for. */
    @Override
    public int weight() {
        return 10;
    }
}
