package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.Filters;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;

/** The filters of one cycle: those whose PreFilter did not skip, and pods nominated to a node counted as if there. */
final class FilterRun implements Filters {
    private final List<FilterPlugin> filters;
    private final List<PreFilterPlugin> preFilters;
    private final Nominations nominations;

    FilterRun(List<FilterPlugin> filters, List<PreFilterPlugin> preFilters, Nominations nominations) {
        this.filters = filters;
        this.preFilters = preFilters;
        this.nominations = nominations;
    }

    /**
     * With nominated pods of equal or higher priority counted, and, since they may yet go elsewhere, without them too:
     * affinity towards them must not be the reason to pass.
     */
    Verdict judge(CycleState state, PodInfo pod, NodeState node) {
        if (nominations.none()) {
            return run(state, pod, node);
        }
        NodeState trial = null;
        for (PodInfo nominated : nominations.on(node.name())) {
            if (nominated.priority() >= pod.priority() && !nominated.uid().equals(pod.uid())) {
                trial = trial == null ? node.trialCopy() : trial;
                trial.tryAdd(nominated);
            }
        }
        if (trial != null) {
            CycleState trialState = state.copy();
            for (PodInfo nominated : nominations.on(node.name())) {
                if (trial.pod(nominated.uid()) != null) {
                    addPod(trialState, pod, nominated, trial);
                }
            }
            Verdict verdict = run(trialState, pod, trial);
            if (verdict.rejects()) {
                return verdict;
            }
        }
        return run(state, pod, node);
    }

    @Override
    public Verdict run(CycleState state, PodInfo pod, NodeState node) {
        for (int i = 0; i < filters.size(); i++) {
            Verdict verdict = filters.get(i).filter(state, pod, node);
            if (verdict.rejects()) {
                return verdict;
            }
        }
        return Verdict.SUCCESS;
    }

    @Override
    public void addPod(CycleState state, PodInfo pod, PodInfo added, NodeState trial) {
        for (PreFilterPlugin plugin : preFilters) {
            plugin.addPod(state, pod, added, trial);
        }
    }

    @Override
    public void removePod(CycleState state, PodInfo pod, PodInfo removed, NodeState trial) {
        for (PreFilterPlugin plugin : preFilters) {
            plugin.removePod(state, pod, removed, trial);
        }
    }
}
