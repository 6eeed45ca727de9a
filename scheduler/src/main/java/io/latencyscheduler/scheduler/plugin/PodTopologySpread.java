package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.ledger.PodCount;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.SpreadConstraints.Constraint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Topology spread constraints with DoNotSchedule; ScheduleAnyway is {@link PodTopologySpreadScore}'s. */
public final class PodTopologySpread implements PreFilterPlugin, FilterPlugin {
    private static final StateKey<Domains> DOMAINS = new StateKey<>();

    private final Verdict missingLabel =
            Verdict.unresolvable(this, "node(s) didn't match pod topology spread constraints (missing required label)");
    private final Verdict tooMany = Verdict.unschedulable(this, "node(s) didn't match pod topology spread constraints");

    /** For each constraint, matching pods by domain, in the order of the constraints. */
    private static final class Domains implements CycleState.TrialState {
        private static final long UNKNOWN = -1;

        private final List<Constraint> constraints;
        private final List<PodCount.Question> questions;
        private final List<PodCount> counts;
        /** For each constraint, what a trial adds. */
        private final List<Map<String, Long>> changes;
        /** For each constraint the fewest pods in a domain, worked out when first asked. */
        private final long[] fewest;

        Domains(
                List<Constraint> constraints,
                List<PodCount.Question> questions,
                List<PodCount> counts,
                List<Map<String, Long>> changes) {
            this.constraints = constraints;
            this.questions = questions;
            this.counts = counts;
            this.changes = changes;
            this.fewest = new long[constraints.size()];
            Arrays.fill(fewest, UNKNOWN);
        }

        @Override
        public CycleState.TrialState copy() {
            List<Map<String, Long>> copies = new ArrayList<>();
            changes.forEach(change -> copies.add(new HashMap<>(change)));
            return new Domains(constraints, questions, counts, copies);
        }

        void add(int i, String domain, long amount) {
            changes.get(i).merge(domain, amount, Long::sum);
            fewest[i] = UNKNOWN;
        }

        long count(int i, String domain) {
            return counts.get(i).pods().get(domain) + changes.get(i).getOrDefault(domain, 0L);
        }

        /** 0 while there are fewer domains than the constraint wants. */
        long fewest(int i) {
            if (fewest[i] == UNKNOWN) {
                boolean enough = counts.get(i).domains()
                        >= Math.max(1, constraints.get(i).minDomains());
                fewest[i] = enough ? counts.get(i).fewest(changes.get(i)) : 0;
            }
            return fewest[i];
        }
    }

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        List<Constraint> constraints = SpreadConstraints.of(pod.pod(), "DoNotSchedule");
        if (constraints.isEmpty()) {
            return Result.SKIP;
        }
        List<PodCount.Question> questions = new ArrayList<>();
        List<PodCount> counts = new ArrayList<>();
        List<Map<String, Long>> changes = new ArrayList<>();
        for (Constraint constraint : constraints) {
            PodCount.Question question = constraint.question(pod.pod(), constraints, true);
            questions.add(question);
            counts.add(state.cluster().podsByTopology().count(question));
            changes.add(new HashMap<>());
        }
        state.put(DOMAINS, new Domains(constraints, questions, counts, changes));
        return Result.SUCCESS;
    }

    @Override
    public void addPod(CycleState state, PodInfo pod, PodInfo added, NodeState node) {
        change(state, pod, added, node, 1);
    }

    @Override
    public void removePod(CycleState state, PodInfo pod, PodInfo removed, NodeState node) {
        change(state, pod, removed, node, -1);
    }

    private static void change(CycleState state, PodInfo pod, PodInfo other, NodeState node, long amount) {
        Domains domains = state.get(DOMAINS);
        if (!other.pod().metadata().namespace().equals(pod.pod().metadata().namespace())
                || other.pod().terminating()) {
            return;
        }
        for (int i = 0; i < domains.constraints.size(); i++) {
            String domain = node.labels().get(domains.constraints.get(i).topologyKey());
            if (domain != null
                    && domains.constraints.get(i).matches(other.pod())
                    && domains.questions.get(i).scope().includes(node.node())) {
                domains.add(i, domain, amount);
            }
        }
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        Domains domains = state.get(DOMAINS);
        for (int i = 0; i < domains.constraints.size(); i++) {
            Constraint constraint = domains.constraints.get(i);
            String domain = node.labels().get(constraint.topologyKey());
            if (domain == null) {
                return missingLabel;
            }
            long itself = constraint.matches(pod.pod()) ? 1 : 0;
            long there = domains.count(i, domain);
            if (there + itself - domains.fewest(i) > constraint.maxSkew()) {
                return tooMany;
            }
        }
        return Verdict.SUCCESS;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return !(event instanceof ClusterEvent.PodAppeared
                || event instanceof ClusterEvent.StorageChanged
                || event instanceof ClusterEvent.CapacityChanged
                || event instanceof ClusterEvent.NamespaceChanged);
    }
}
