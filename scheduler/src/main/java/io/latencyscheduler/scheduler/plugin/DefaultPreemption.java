package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.Filters;
import io.latencyscheduler.scheduler.framework.NodeVerdicts;
import io.latencyscheduler.scheduler.framework.PostFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the node where evicting the least important pods makes room: fewest disruption budgets broken, then the lowest
 * priority of the most important victim, the smallest sum of priorities, the fewest victims, and the youngest of them.
 */
public final class DefaultPreemption implements PostFilterPlugin {
    /** Nodes tried at least, where there are so many; beyond that a tenth of all, as kube-scheduler does. */
    private static final int MIN_CANDIDATES = 100;

    /** The most important pods first: by priority, then those that started earlier. */
    private static final Comparator<PodInfo> MOST_IMPORTANT_FIRST = Comparator.comparingInt(PodInfo::priority)
            .reversed()
            .thenComparing(PodInfo::startedAt)
            .thenComparing(PodInfo::uid);

    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparingInt(Candidate::violations)
            .thenComparingInt(Candidate::highestPriority)
            .thenComparingLong(Candidate::sumOfPriorities)
            .thenComparingInt(candidate -> candidate.victims().size())
            .thenComparing(Candidate::earliestStart, Comparator.reverseOrder());

    /** A node with its victims, the most important first. */
    private record Candidate(NodeState node, List<PodInfo> victims, int violations) {
        int highestPriority() {
            return victims.isEmpty() ? Integer.MIN_VALUE : victims.get(0).priority();
        }

        /** Shifted so that more victims of negative priority do not look better than fewer. */
        long sumOfPriorities() {
            long sum = 0;
            for (PodInfo victim : victims) {
                sum += victim.priority() - (long) Integer.MIN_VALUE;
            }
            return sum;
        }

        /** When the first of the most important victims started. */
        Instant earliestStart() {
            Instant earliest = Instant.MAX;
            for (PodInfo victim : victims) {
                if (victim.priority() == highestPriority() && victim.startedAt().isBefore(earliest)) {
                    earliest = victim.startedAt();
                }
            }
            return earliest;
        }
    }

    /** What became of one node: no candidate where no victims help, or where there was no time to find out. */
    private record Trial(@Nullable Candidate candidate, boolean undecided) {
        static final Trial NOTHING = new Trial(null, false);
        static final Trial UNDECIDED = new Trial(null, true);
    }

    private static final Verdict GOES_ANYWAY = new Verdict(Code.UNSCHEDULABLE, "", "");

    /** Where the next search begins, after one that ran out of time; belongs to the thread that decides. */
    private int nextStart;

    @Override
    public Result postFilter(CycleState state, PodInfo pod, NodeVerdicts verdicts, Filters filters) {
        if (pod.pod().spec().preemptionPolicy().equals("Never")) {
            return Result.nothing("not eligible due to preemptionPolicy=Never.");
        }
        Cluster cluster = state.cluster();
        if (victimsAreLeaving(cluster, pod)) {
            return new Result(
                    pod.pod().status().nominatedNodeName(),
                    List.of(),
                    "not eligible due to terminating pod on the nominated node.");
        }
        NodeSet nodes = cluster.nodes();
        if (cluster.lowestPriority() >= pod.priority()) {
            return Result.nothing(nothingFound(nodes.size(), nodes.size() - verdicts.refusedWith(Code.UNSCHEDULABLE)));
        }
        int wanted = Math.max(MIN_CANDIDATES, nodes.size() / 10);
        Candidate best = null;
        int found = 0;
        int hopeless = 0;
        int tried = 0;
        boolean timeLeft = true;
        int start = Math.floorMod(nextStart, Math.max(1, nodes.size()));
        for (; tried < nodes.size() && found < wanted && timeLeft; tried++) {
            NodeState node = nodes.get((start + tried) % nodes.size());
            if (verdicts.of(node).code() != Code.UNSCHEDULABLE) {
                hopeless++;
                continue;
            }
            Trial trial = tryNode(state, pod, node, filters, Set.of());
            timeLeft = !trial.undecided;
            Candidate candidate = trial.candidate;
            if (candidate != null) {
                found++;
                best = best == null || BEST_FIRST.compare(candidate, best) < 0 ? candidate : best;
            }
        }
        if (!timeLeft) {
            nextStart = start + tried;
        }
        if (best != null) {
            return new Result(best.node.name(), best.victims, "");
        }
        return Result.nothing(
                timeLeft
                        ? nothingFound(nodes.size(), hopeless)
                        : "no preemption victims found on " + tried + " of " + nodes.size()
                                + " nodes, there was no time to try more.");
    }

    private static boolean victimsAreLeaving(Cluster cluster, PodInfo pod) {
        String nominated = pod.pod().status().nominatedNodeName();
        NodeState node = nominated.isEmpty() ? null : cluster.node(nominated);
        if (node == null) {
            return false;
        }
        for (PodInfo there : node.pods()) {
            if (there.pod().terminating() && there.priority() < pod.priority()) {
                return true;
            }
        }
        return false;
    }

    private static String nothingFound(int nodes, int hopeless) {
        List<String> parts = new ArrayList<>();
        if (nodes > hopeless) {
            parts.add((nodes - hopeless) + " No preemption victims found for incoming pod");
        }
        if (hopeless > 0) {
            parts.add(hopeless + " Preemption is not helpful for scheduling");
        }
        return "0/" + nodes + " nodes are available: " + String.join(", ", parts) + ".";
    }

    /**
     * Who leaves a node, the most important first.
     *
     * @param violations how many of them a disruption budget would keep
     */
    public record Victims(List<PodInfo> pods, int violations) {}

    /** Who must leave {@code node} so that the pod fits: those who go anyway and the least important beside; null: no help. */
    public static @Nullable Victims victims(
            CycleState state, PodInfo pod, NodeState node, Filters filters, Set<String> goAnyway) {
        Candidate candidate = tryNode(state, pod, node, filters, goAnyway).candidate;
        return candidate == null ? null : new Victims(List.copyOf(candidate.victims), candidate.violations);
    }

    /**
     * Without all pods of lower priority; then as many of them back as still leave room, the most important first, but none
     * of those who go anyway, by UID.
     */
    private static Trial tryNode(CycleState real, PodInfo pod, NodeState node, Filters filters, Set<String> goAnyway) {
        List<PodInfo> lower = new ArrayList<>();
        for (PodInfo there : node.pods()) {
            if (there.priority() < pod.priority()) {
                lower.add(there);
            }
        }
        if (lower.isEmpty()) {
            return Trial.NOTHING;
        }
        CycleState state = real.copy();
        NodeState trial = node.trialCopy();
        for (PodInfo victim : lower) {
            remove(state, pod, victim, trial, filters);
        }
        Verdict alone = filters.run(state, pod, trial);
        if (alone.rejects()) {
            return alone.code() == Code.UNDECIDED ? Trial.UNDECIDED : Trial.NOTHING;
        }
        lower.sort(MOST_IMPORTANT_FIRST);
        DisruptionBudgets budgets =
                new DisruptionBudgets(real.cluster().objects().budgets());
        List<PodInfo> violating = new ArrayList<>();
        List<PodInfo> others = new ArrayList<>();
        for (PodInfo victim : lower) {
            (budgets.evictionViolates(victim) ? violating : others).add(victim);
        }
        List<PodInfo> victims = new ArrayList<>();
        int violations = 0;
        for (PodInfo victim : violating) {
            Verdict without = goAnyway.contains(victim.uid()) ? GOES_ANYWAY : spare(state, pod, victim, trial, filters);
            if (without.code() == Code.UNDECIDED) {
                return Trial.UNDECIDED;
            }
            if (without.rejects()) {
                victims.add(victim);
                violations++;
            }
        }
        for (PodInfo victim : others) {
            Verdict without = goAnyway.contains(victim.uid()) ? GOES_ANYWAY : spare(state, pod, victim, trial, filters);
            if (without.code() == Code.UNDECIDED) {
                return Trial.UNDECIDED;
            }
            if (without.rejects()) {
                victims.add(victim);
            }
        }
        victims.sort(MOST_IMPORTANT_FIRST);
        return new Trial(new Candidate(node, victims, violations), false);
    }

    /** What the filters say with the victim back; it stays when they pass. */
    private static Verdict spare(CycleState state, PodInfo pod, PodInfo victim, NodeState trial, Filters filters) {
        trial.tryAdd(victim);
        filters.addPod(state, pod, victim, trial);
        Verdict verdict = filters.run(state, pod, trial);
        if (verdict.rejects()) {
            remove(state, pod, victim, trial, filters);
        }
        return verdict;
    }

    private static void remove(CycleState state, PodInfo pod, PodInfo victim, NodeState trial, Filters filters) {
        trial.tryRemove(victim);
        filters.removePod(state, pod, victim, trial);
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return false; // It refuses no pod itself.
    }
}
