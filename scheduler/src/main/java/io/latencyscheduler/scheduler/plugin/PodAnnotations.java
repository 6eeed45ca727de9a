package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.PodKey;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Refuses a pod with an annotation of ours that does not parse, naming every such key, its value and what is accepted. */
public final class PodAnnotations implements PreFilterPlugin {
    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        Reading<PodDemand> demand = pod.demand();
        Optional<String> talksTo = demand.value()
                .talksTo()
                .filter(text -> LabelSelector.parse(text).isEmpty());
        if (demand.ok() && talksTo.isEmpty()) {
            return Result.SKIP;
        }
        Stream<Fault> selector =
                talksTo.stream().map(text -> new Fault(PodKey.TALKS_TO.annotation(), text, PodKey.TALKS_TO.accepted()));
        return Result.refused(Verdict.unresolvable(
                this,
                Stream.concat(demand.faults().stream(), selector)
                        .map(Fault::sentence)
                        .collect(Collectors.joining("; "))));
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodItselfChanged;
    }
}
