package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.PodDisruptionBudget;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;

/** What disruption budgets still allow while victims are counted one after another. */
final class DisruptionBudgets {
    private final Map<PodDisruptionBudget, Integer> allowed = new IdentityHashMap<>();

    DisruptionBudgets(Collection<PodDisruptionBudget> budgets) {
        budgets.forEach(budget -> allowed.put(budget, budget.status().disruptionsAllowed()));
    }

    /** Counts the eviction of the pod against every budget that selects it; whether one of them is exceeded. */
    boolean evictionViolates(PodInfo pod) {
        boolean violates = false;
        Map<String, String> labels = pod.pod().metadata().labels();
        if (labels.isEmpty()) {
            return false; // As kube-scheduler: a pod without labels is in nobody's budget.
        }
        for (Map.Entry<PodDisruptionBudget, Integer> entry : allowed.entrySet()) {
            PodDisruptionBudget budget = entry.getKey();
            LabelSelector selector = budget.spec().selector();
            if (!budget.metadata().namespace().equals(pod.pod().metadata().namespace())
                    || selector == null
                    || (selector.matchLabels().isEmpty()
                            && selector.matchExpressions().isEmpty())
                    || !selector.matches(labels)
                    || budget.status()
                            .disruptedNames()
                            .contains(pod.pod().metadata().name())) {
                continue;
            }
            int left = entry.getValue() - 1;
            entry.setValue(left);
            violates |= left < 0;
        }
        return violates;
    }
}
