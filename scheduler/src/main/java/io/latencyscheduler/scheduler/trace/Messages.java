package io.latencyscheduler.scheduler.trace;

import io.latencyscheduler.scheduler.framework.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Words in kube-scheduler's form. */
public final class Messages {
    private Messages() {}

    /**
     * {@code 0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable. <preemption>. <hint>}: each node
     * counts once, with the reason that came first, so that the counts add up to the number of nodes.
     */
    static String unschedulable(Decision decision) {
        StringBuilder text = new StringBuilder();
        if (decision.nodesTotal() == 0 && !decision.podVerdict().rejects()) {
            return "no nodes available to schedule pods";
        }
        text.append("0/").append(decision.nodesTotal()).append(" nodes are available");
        List<String> parts = new ArrayList<>();
        if (decision.podVerdict().rejects()) {
            parts.add(decision.podVerdict().reason());
        } else {
            counts(decision).forEach((reason, count) -> parts.add(count + " " + reason));
            parts.sort(String::compareTo);
        }
        if (!parts.isEmpty()) {
            text.append(": ").append(String.join(", ", parts));
        }
        text.append('.');
        if (!decision.why().isEmpty()) {
            text.append(" preemption: ").append(decision.why());
            if (!decision.why().endsWith(".")) {
                text.append('.');
            }
        }
        if (!decision.hint().isEmpty()) {
            text.append(' ').append(decision.hint()).append('.');
        }
        return text.toString();
    }

    /** How many nodes each reason refused. */
    public static Map<String, Integer> counts(Decision decision) {
        Map<String, Integer> counts = new TreeMap<>();
        // Most nodes are refused for the reason of the one before: counted in runs, thousands cost little.
        String reason = "";
        int run = 0;
        for (Decision.NodeVerdict entry : decision.refused()) {
            if (!entry.verdict().reason().equals(reason)) {
                merge(counts, reason, run);
                reason = entry.verdict().reason();
                run = 0;
            }
            run++;
        }
        merge(counts, reason, run);
        Verdict others = decision.othersVerdict();
        if (decision.others() > 0 && others.rejects()) {
            counts.merge(others.reason(), decision.others(), Integer::sum);
        }
        return counts;
    }

    private static void merge(Map<String, Integer> counts, String reason, int nodes) {
        if (nodes > 0) {
            counts.merge(reason, nodes, Integer::sum);
        }
    }
}
