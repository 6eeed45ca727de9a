package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Admission;
import io.latencyscheduler.contract.timetable.Holding;
import io.latencyscheduler.contract.timetable.Preparation;
import io.latencyscheduler.contract.timetable.Timetable;
import io.latencyscheduler.contract.timetable.Window;
import io.latencyscheduler.scheduler.framework.AllocationDraft;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.NearMissPlugin;
import io.latencyscheduler.scheduler.framework.NodeVerdicts;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.PreScorePlugin;
import io.latencyscheduler.scheduler.framework.ReservePlugin;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.GatedPort;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Admits the streams of a pod, all on one gated port and all or none, where the timetable has windows that meet every
 * deadline; the windows become part of the pod's allocation.
 */
public final class DeadlineAdmission
        implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin, ReservePlugin, NearMissPlugin {
    /** Ports asked for words when a pod is refused: finding what would fit costs more than the refusal. */
    private static final int EXPLAINED = 16;

    /** Copies of windows laid out in one cycle for periods not asked before: 1 to 3 ms. */
    private static final long PREPARED_PER_CYCLE = 100_000;

    /** So much more for trials: without an answer preemption finds no victims, and tries other nodes the next time. */
    private static final long TRIALS_FACTOR = 100;

    private static final StateKey<Question> QUESTION = new StateKey<>();

    private final StreamSettings settings;
    private final long preparedPerCycle;
    private final PortAnswers answers = new PortAnswers();
    private final Verdict noPort = Verdict.unresolvable(this, "node(s) had no gated port");
    private final Verdict silent = Verdict.unresolvable(this, "node(s) had no live dataplane agent");
    private final Verdict unlocked = Verdict.unresolvable(this, "node(s) had a clock that is not locked");
    private final Verdict linkDown = Verdict.unresolvable(this, "node(s) had a gated port without full link");
    private final Verdict unknown =
            Verdict.unresolvable(this, "node(s) had a stream whose windows are unknown, its pod must be restarted");
    private final Verdict noWindow = Verdict.unschedulable(this, "node(s) had no free window that meets the deadline");
    private final Verdict unasked = Verdict.undecided(this, "node(s) had a timetable that there was no time to ask");
    private final Verdict share =
            Verdict.unschedulable(this, "node(s) had too much of their gated time held by the pod's namespace");

    /** What one cycle asks of every port. */
    private record Question(
            List<StreamDemand> streams,
            List<PortAnswers.ShortestDeadlines> deadlines,
            PortAnswers.Verdicts verdicts,
            Preparation preparation,
            Preparation trials) {
        /** Whether the node's timetables are to be asked, as far as earlier answers tell. */
        Timetable.Fit mayFit(NodeState node) {
            for (int i = 0; i < streams.size(); i++) {
                Timetable.Fit may = deadlines.get(i).mayFit(node, streams.get(i).deadlineNs(), preparation);
                if (may != Timetable.Fit.YES) {
                    return may;
                }
            }
            return Timetable.Fit.YES;
        }
    }

    public DeadlineAdmission(StreamSettings settings) {
        this(settings, PREPARED_PER_CYCLE);
    }

    /** With another bound of what one cycle prepares, in copies of windows. */
    DeadlineAdmission(StreamSettings settings, long preparedPerCycle) {
        this.settings = settings;
        this.preparedPerCycle = preparedPerCycle;
    }

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        if (pod.demand().value().streams().isEmpty()) {
            return Result.SKIP;
        }
        List<StreamDemand> streams = pod.demand().value().streams();
        state.put(
                QUESTION,
                new Question(
                        streams,
                        streams.stream().map(answers::shortestDeadlines).toList(),
                        answers.verdicts(pod.pod().metadata().namespace(), streams),
                        new Preparation(preparedPerCycle),
                        new Preparation(preparedPerCycle * TRIALS_FACTOR)));
        return Result.only(List.of(state.cluster().nodesWithGatedPorts()), noPort);
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        if (!node.isTrial() && answers.takesStreams(node, state.now())) {
            Timetable.Fit may = state.get(QUESTION).mayFit(node);
            if (may != Timetable.Fit.YES) {
                return may == Timetable.Fit.NO ? noWindow : unasked;
            }
        }
        NodeDataplane dataplane = node.dataplane();
        if (dataplane == null || node.gatedPorts().isEmpty()) {
            return noPort;
        }
        if (!dataplane.liveAt(state.now())) {
            return silent;
        }
        if (dataplane.clock().state() == NodeDataplane.ClockState.UNLOCKED) {
            return unlocked;
        }
        if (!node.unknownStreams().isEmpty()) {
            return unknown;
        }
        Question question = state.get(QUESTION);
        if (node.isTrial()) { // It ends with this cycle, and what was prepared on it too.
            return judge(pod, node, question.trials);
        }
        Verdict known = question.verdicts.of(node);
        if (known != null) {
            return known;
        }
        Verdict verdict = judge(pod, node, question.preparation);
        if (verdict != unasked && mustBePlacedToKnow(question.streams, node)) {
            question.verdicts.remember(node, verdict, verdict.success() ? score(pod, node) : 0);
        }
        return verdict;
    }

    private static boolean mustBePlacedToKnow(List<StreamDemand> streams, NodeState node) {
        for (GatedPort port : node.gatedPorts().values()) {
            if (port.timetable().mustBePlacedToKnow(streams)) {
                return true;
            }
        }
        return false;
    }

    private Verdict judge(PodInfo pod, NodeState node, Preparation preparation) {
        Verdict verdict = linkDown;
        for (GatedPort port : node.gatedPorts().values()) {
            Verdict here = judge(pod, port, preparation);
            if (here.success()) {
                return here;
            }
            verdict = here == linkDown || verdict == unasked ? verdict : here;
        }
        return verdict;
    }

    private Verdict judge(PodInfo pod, GatedPort port, Preparation preparation) {
        if (!port.hasFullLink()) {
            return linkDown;
        }
        List<StreamDemand> streams = pod.demand().value().streams();
        return switch (port.timetable().fits(streams, preparation)) {
            case NO -> noWindow;
            case UNKNOWN -> unasked;
            case YES -> withinShare(pod, port) ? Verdict.SUCCESS : share;
        };
    }

    private boolean withinShare(PodInfo pod, GatedPort port) {
        if (settings.maxNamespaceSharePercent() == 100) {
            return true;
        }
        return port.timetable().admit(pod.demand().value().streams()) instanceof Admission.Admitted admitted
                && withinShare(pod, port, admitted);
    }

    private boolean withinShare(PodInfo pod, GatedPort port, Admission.Admitted admitted) {
        if (settings.maxNamespaceSharePercent() == 100) {
            return true;
        }
        double held = 0;
        String prefix = pod.pod().metadata().namespace() + "/";
        for (Holding holding : port.timetable().holdings()) {
            if (holding.owner().startsWith(prefix)) {
                held += share(holding.window());
            }
        }
        for (Window window : admitted.windows()) {
            held += share(window);
        }
        return held * 100 <= settings.maxNamespaceSharePercent();
    }

    private static double share(Window window) {
        return (double) window.lengthNs() / window.periodNs();
    }

    @Override
    public Verdict preScore(CycleState state, PodInfo pod, List<NodeState> feasible) {
        return pod.demand().value().streams().isEmpty() ? Verdict.SKIP : Verdict.SUCCESS;
    }

    /**
     * Slack left, less fragmentation caused: prefers ports that have much time left afterwards, and whose other periods lose
     * little of theirs, so that later streams with hard deadlines fit.
     */
    @Override
    public long score(CycleState state, PodInfo pod, NodeState node) {
        return state.get(QUESTION).verdicts.score(node).orElseGet(() -> score(pod, node));
    }

    private long score(PodInfo pod, NodeState node) {
        Choice choice = choose(pod, node);
        if (choice == null) {
            return 0;
        }
        double left = 1 - choice.port.timetable().utilisation();
        for (Window window : choice.admitted.windows()) {
            left -= share(window);
        }
        double fragmentation = choice.port.timetable().fragmentation(choice.admitted.windows());
        return Math.round(Math.max(0, left - fragmentation) * MAX_SCORE);
    }

    /** A port with the windows that it would give. */
    private record Choice(GatedPort port, Admission.Admitted admitted) {}

    /** The fitting port with the most time left; null when none fits. */
    private @Nullable Choice choose(PodInfo pod, NodeState node) {
        Choice best = null;
        for (GatedPort port : node.gatedPorts().values()) {
            boolean emptier = best == null
                    || port.timetable().utilisation() < best.port.timetable().utilisation();
            if (emptier
                    && port.hasFullLink()
                    && port.timetable().admit(pod.demand().value().streams()) instanceof Admission.Admitted admitted
                    && withinShare(pod, port, admitted)) {
                best = new Choice(port, admitted);
            }
        }
        return best;
    }

    @Override
    public Verdict reserve(CycleState state, PodInfo pod, NodeState node) {
        List<StreamDemand> streams = pod.demand().value().streams();
        if (streams.isEmpty()) {
            return Verdict.SUCCESS;
        }
        Choice choice = choose(pod, node);
        if (choice == null) {
            return noWindow;
        }
        String port = choice.port.name();
        AllocationDraft draft = state.get(AllocationDraft.KEY);
        for (int i = 0; i < streams.size(); i++) {
            draft.addStream(choice.admitted.windows().get(i).allocation(port, streams.get(i)));
        }
        draft.because(streams.size() + (streams.size() == 1 ? " stream" : " streams") + " on port " + port);
        return Verdict.SUCCESS;
    }

    /** Nothing to undo: what Reserve chose counts only once the pod is assumed. */
    @Override
    public void unreserve(CycleState state, PodInfo pod, String nodeName) {}

    /** The refusal of the port that would take the stream with the least added to its deadline. */
    @Override
    public String nearMiss(CycleState state, PodInfo pod, NodeVerdicts verdicts) {
        List<StreamDemand> streams = pod.demand().value().streams();
        NodeSet gated = state.cluster().nodesWithGatedPorts();
        long nearestNs = Long.MAX_VALUE;
        String sentence = "";
        int explained = 0;
        for (int i = 0; i < gated.size() && explained < EXPLAINED; i++) {
            NodeState node = gated.get(i);
            if (verdicts.of(node) != noWindow) {
                continue;
            }
            for (GatedPort port : node.gatedPorts().values()) {
                if (port.timetable().admit(streams) instanceof Admission.Refused refused) {
                    long ns = refused.nearestDeadlineNs().orElse(Long.MAX_VALUE - 1);
                    explained++;
                    if (ns < nearestNs) {
                        nearestNs = ns;
                        sentence = node.name() + ": " + refused.sentence();
                    }
                }
            }
        }
        return sentence;
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return AllocationHints.isConcernedBy(event);
    }

    @Override
    public boolean mayHelp(PodInfo refused, ClusterEvent event) {
        return AllocationHints.mayHelp(
                event, allocation -> !allocation.streams().isEmpty());
    }
}
