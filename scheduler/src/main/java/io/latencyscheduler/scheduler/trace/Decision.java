package io.latencyscheduler.scheduler.trace;

import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One decision about one pod. Immutable; safe to hand to other threads.
 *
 * @param pod the pod as it was then
 * @param at when it was decided
 * @param attempt which attempt it was, from 1; 0 for a what-if
 * @param nodeName where it goes; null when nowhere
 * @param nodesTotal how many nodes there were
 * @param podVerdict what refused the pod before any node was looked at, or after one was chosen; SUCCESS when nothing did
 * @param refused the nodes that were looked at and refused, each with its verdict
 * @param others how many nodes were not looked at because {@code othersVerdict} holds for all of them
 * @param othersVerdict SUCCESS when {@code others} were not looked at only because enough had been found
 * @param scored the best of the nodes that passed, best first; all of them for a what-if
 * @param why in words what decided, or what preemption found; may be empty
 * @param hint what was nearly enough; may be empty
 */
public record Decision(
        PodInfo pod,
        Instant at,
        int attempt,
        @Nullable String nodeName,
        int nodesTotal,
        Verdict podVerdict,
        List<NodeVerdict> refused,
        int others,
        Verdict othersVerdict,
        List<NodeScore> scored,
        String why,
        String hint) {
    public Decision {
        refused = List.copyOf(refused);
        scored = List.copyOf(scored);
    }

    /** Why one node was refused. */
    public record NodeVerdict(String nodeName, Verdict verdict) {}

    /** What one node was worth: the weighted sum over {@code byPlugin}. */
    public record NodeScore(String nodeName, long total, List<PluginScore> byPlugin) {
        public NodeScore {
            byPlugin = List.copyOf(byPlugin);
        }
    }

    /** Normalised score times weight. */
    public record PluginScore(String plugin, long score) {}

    /** The same decision about another pod. */
    public Decision alsoFor(PodInfo other, Instant when, int itsAttempt) {
        return new Decision(
                other,
                when,
                itsAttempt,
                nodeName,
                nodesTotal,
                podVerdict,
                refused,
                others,
                othersVerdict,
                scored,
                why,
                hint);
    }

    /** Whether a node was found. */
    public boolean scheduled() {
        return nodeName != null;
    }

    /** Whether something broke, rather than that nothing fits. */
    public boolean failed() {
        return podVerdict.code() == Code.ERROR;
    }

    /** kube-scheduler's sentence, see {@link Messages}. */
    public String message() {
        return Messages.unschedulable(this);
    }

    /** The verdict on one node; null for a node that passed or was not looked at. */
    public @Nullable Verdict verdictOn(String node) {
        for (NodeVerdict entry : refused) {
            if (entry.nodeName().equals(node)) {
                return entry.verdict();
            }
        }
        return null;
    }
}
