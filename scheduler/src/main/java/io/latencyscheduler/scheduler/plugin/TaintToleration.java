package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.Normalize;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.Taint;
import io.latencyscheduler.scheduler.model.Toleration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Refuses nodes with a NoSchedule or NoExecute taint that the pod does not tolerate; PreferNoSchedule costs score. */
public final class TaintToleration implements FilterPlugin, ScorePlugin {
    /** Taints that nodes have been refused for, few in any cluster; started anew should somebody make them up. */
    private static final int CACHED = 1000;

    private final Map<Taint, Verdict> refusals = new HashMap<>();

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        List<Taint> taints = node.node().spec().taints();
        List<Toleration> tolerations = pod.pod().spec().tolerations();
        for (int i = 0; i < taints.size(); i++) {
            Taint taint = taints.get(i);
            if (taint.forbidsScheduling() && !Tolerations.tolerate(tolerations, taint)) {
                return refusal(taint);
            }
        }
        return Verdict.SUCCESS;
    }

    private Verdict refusal(Taint taint) {
        Verdict known = refusals.get(taint);
        if (known != null) {
            return known;
        }
        if (refusals.size() >= CACHED) {
            refusals.clear();
        }
        Verdict refusal = Verdict.unresolvable(
                this, "node(s) had untolerated taint {" + taint.key() + ": " + taint.value() + "}");
        refusals.put(taint, refusal);
        return refusal;
    }

    /** How many PreferNoSchedule taints the pod does not tolerate. */
    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        long intolerable = 0;
        for (Taint taint : node.node().spec().taints()) {
            if (taint.effect().equals(Taint.PREFER_NO_SCHEDULE)
                    && !Tolerations.tolerate(pod.pod().spec().tolerations(), taint)) {
                intolerable++;
            }
        }
        return intolerable;
    }

    @Override
    public void normalizeScores(CycleState state, PodInfo pod, List<NodeState> nodes, long[] scores) {
        Normalize.byLargest(scores, true);
    }

    @Override
    public int weight() {
        return 3;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.NodeChanged || event instanceof ClusterEvent.PodItselfChanged;
    }

    @Override
    public boolean mayHelp(PodInfo refused, ClusterEvent event) {
        return !(event instanceof ClusterEvent.NodeChanged changed)
                || Tolerations.tolerateAll(
                        refused.pod().spec().tolerations(),
                        changed.after().spec().taints());
    }
}
