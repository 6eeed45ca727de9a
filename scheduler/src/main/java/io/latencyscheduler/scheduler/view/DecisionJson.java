package io.latencyscheduler.scheduler.view;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.trace.Decision;

/** A decision in words, as the HTTP interface and the command line give it. */
public final class DecisionJson {
    private DecisionJson() {}

    /** Without the nodes one by one. */
    public static ObjectNode summary(Decision decision) {
        return Json.object()
                .put("pod", decision.pod().key())
                .put("uid", decision.pod().uid())
                .put("decidedAt", decision.at().toString())
                .put("attempt", decision.attempt())
                .put("scheduled", decision.scheduled())
                .put("node", decision.nodeName())
                .put("nodes", decision.nodesTotal())
                .put("message", decision.scheduled() ? "" : decision.message())
                .put("why", decision.why())
                .put("hint", decision.hint());
    }

    /** With every node that was looked at: why it was refused, or what it was worth. */
    public static ObjectNode of(Decision decision) {
        ObjectNode json = summary(decision);
        if (decision.podVerdict().rejects()) {
            json.set("podVerdict", verdict(decision.podVerdict()));
        }
        ArrayNode refused = json.putArray("refused");
        for (Decision.NodeVerdict entry : decision.refused()) {
            refused.add(verdict(entry.verdict()).put("node", entry.nodeName()));
        }
        ObjectNode others = json.putObject("others").put("nodes", decision.others());
        if (decision.othersVerdict().rejects()) {
            others.set("verdict", verdict(decision.othersVerdict()));
        }
        ArrayNode scored = json.putArray("scored");
        for (Decision.NodeScore score : decision.scored()) {
            ObjectNode byPlugin = scored.addObject()
                    .put("node", score.nodeName())
                    .put("total", score.total())
                    .putObject("byPlugin");
            for (Decision.PluginScore part : score.byPlugin()) {
                byPlugin.put(part.plugin(), part.score());
            }
        }
        return json;
    }

    private static ObjectNode verdict(Verdict verdict) {
        return Json.object()
                .put("code", verdict.code().name())
                .put("plugin", verdict.plugin())
                .put("reason", verdict.reason());
    }
}
