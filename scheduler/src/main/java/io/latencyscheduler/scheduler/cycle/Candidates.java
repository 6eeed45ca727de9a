package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes to look at, and in what order, from what the PreFilter plugins said. One plugin may give stages, the
 * smallest set of all is walked, and the other sets are asked.
 */
final class Candidates {
    /** A plugin's sets, and its verdict on nodes in none of them. */
    private record Limit(List<NodeSet> stages, Verdict others) {
        boolean contains(NodeState node) {
            for (int i = 0; i < stages.size(); i++) {
                if (stages.get(i).contains(node)) {
                    return true;
                }
            }
            return false;
        }

        int size() {
            int size = 0;
            for (NodeSet stage : stages) {
                size += stage.size();
            }
            return size;
        }
    }

    private final NodeSet all;
    private Limit[] limits = new Limit[0];
    private @Nullable Limit staged;
    private @Nullable Limit smallest;

    Candidates(NodeSet all) {
        this.all = all;
    }

    void add(PreFilterPlugin.Result result) {
        if (result.stages() == null || result.others() == null) {
            return;
        }
        Limit limit = new Limit(result.stages(), result.others());
        Limit[] more = Arrays.copyOf(limits, limits.length + 1);
        more[limits.length] = limit;
        limits = more;
        if (limit.stages.size() > 1 && staged == null) {
            staged = limit;
        }
        if (smallest == null || limit.size() < smallest.size()) {
            smallest = limit;
        }
    }

    /** How many stages there are, from 1. */
    int stages() {
        return staged == null ? 1 : staged.stages.size();
    }

    /** The sets to walk for a stage; a node may occur in several. */
    List<NodeSet> walk(int stage) {
        if (smallest == null) {
            return List.of(all);
        }
        if (staged == null) {
            return smallest.stages;
        }
        NodeSet own = staged.stages.get(stage);
        return smallest == staged || own.size() <= smallest.size() ? List.of(own) : smallest.stages;
    }

    /** Whether a node that is walked belongs to the stage. */
    boolean belongs(int stage, NodeState node) {
        return staged == null || staged.stages.get(stage).contains(node);
    }

    /** Nodes that were walked but belong to no stage: for them the staged plugin's verdict is to be told. */
    List<NodeState> outsideStages() {
        if (staged == null || smallest == null || smallest == staged) {
            return List.of();
        }
        List<NodeState> outside = new ArrayList<>();
        for (NodeSet set : smallest.stages) {
            for (int i = 0; i < set.size(); i++) {
                if (!staged.contains(set.get(i))) {
                    outside.add(set.get(i));
                }
            }
        }
        return outside;
    }

    /** The verdict of the first plugin that has the node in none of its sets; SUCCESS when there is none. */
    Verdict judge(NodeState node) {
        for (Limit limit : limits) {
            if (!limit.contains(node)) {
                return limit.others;
            }
        }
        return Verdict.SUCCESS;
    }

    /** The verdict on all nodes that no stage walks. */
    Verdict others() {
        return smallest == null ? Verdict.SUCCESS : smallest.others;
    }
}
