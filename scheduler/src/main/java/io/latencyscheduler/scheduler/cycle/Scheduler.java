package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.scheduler.cycle.SchedulingCycle.Found;
import io.latencyscheduler.scheduler.framework.AllocationDraft;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.NearMissPlugin;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.PostFilterPlugin;
import io.latencyscheduler.scheduler.framework.Profile;
import io.latencyscheduler.scheduler.framework.QueuedPod;
import io.latencyscheduler.scheduler.framework.ReservePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.DefaultPreemption;
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import io.latencyscheduler.scheduler.trace.Decision;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Places pods, one after another. Read {@link #scheduleOne} first.
 *
 * <p>Belongs to one thread, which also delivers every event to {@link #inbox}: a decision sees a state that cannot change
 * under it, without locks and without copies. Only bindings and what PreBind plugins start run elsewhere; their outcomes
 * come back through the executor.
 */
public final class Scheduler {
    /** Turns of a decision that one what-if may take: a few milliseconds each. */
    private static final int WHAT_IF_TURNS = 30;

    private static final Duration FLUSH_EVERY = Duration.ofSeconds(30);

    private final String name;
    private final Profile profile;
    private final Cluster cluster;
    private final SchedulingQueue queue;
    private final Nominations nominations = new Nominations();
    private final SchedulingCycle cycle;
    private final Refusals refusals = new Refusals();
    private final BindingCycle bindings;
    private final Events events;
    private final Reporter reporter;
    private final InstantSource clock;
    private final InstantSource wall;
    private Instant nextFlush = Instant.MIN;

    /**
     * Sets up an empty scheduler.
     *
     * @param cluster what is known of the cluster; the plugins of {@code profile} may know it too
     * @param onThread runs tasks on the scheduler's thread, in order
     * @param clock never steps: how long pods rest
     * @param wall what heartbeats and measurements are dated by, which may be set
     */
    public Scheduler(
            Settings settings,
            Profile profile,
            Cluster cluster,
            Binder binder,
            Reporter reporter,
            Executor onThread,
            InstantSource clock,
            InstantSource wall) {
        this.name = settings.schedulerName();
        this.profile = profile;
        this.cluster = cluster;
        this.reporter = reporter;
        this.clock = clock;
        this.wall = wall;
        queue = new SchedulingQueue(profile.queueSort(), profile.preEnqueue(), settings.backoff(), refusals::onEvent);
        cycle = new SchedulingCycle(profile, cluster, nominations, settings.nodesToScore(), settings.seed());
        bindings = new BindingCycle(profile, cluster, queue, binder, reporter, onThread, clock);
        events = new Events(
                settings.schedulerName(), cluster, queue, nominations, bindings, profile.event(), reporter, clock);
    }

    /** Where the watches deliver. */
    public Inbox inbox() {
        return events;
    }

    public SchedulingQueue queue() {
        return queue;
    }

    public Cluster cluster() {
        return cluster;
    }

    /** Pods decided but not yet bound. */
    public int inFlight() {
        return bindings.size();
    }

    /**
     * Takes the next pod, if one is due, finds its node, reserves what it needs there and starts to bind it.
     *
     * @return whether there was one; if not, nothing is to be done before {@link #nextDue} or the next event
     */
    public boolean scheduleOne() {
        Instant now = clock.instant();
        bindings.expire(now);
        if (!now.isBefore(nextFlush)) {
            queue.flush(now);
            nextFlush = now.plus(FLUSH_EVERY);
        }
        Optional<QueuedPod> next = queue.pop(now);
        if (next.isEmpty()) {
            return false;
        }
        QueuedPod queued = next.get();
        if (queued.attempts() == 1) {
            queued.pod()
                    .demand()
                    .warnings()
                    .forEach(warning -> reporter.warning(queued.pod(), Reporter.KEYS_DIFFER, warning));
        }
        if (nominations.nodeOf(queued.pod().uid()) == null) {
            Refusals.Refusal alike = refusals.of(queued.pod(), wall.instant());
            if (alike != null) {
                giveUpLike(alike, queued, now);
                return true;
            }
        }
        CycleState state = new CycleState(cluster, wall.instant());
        try {
            Found found = cycle.find(queued.pod(), state, false);
            if (found.unfinished()) {
                queue.putAgain(queued, now);
            } else if (found.node() == null) {
                giveUp(queued, found);
            } else {
                reserve(queued, found, found.node());
            }
        } catch (RuntimeException broke) {
            fail(queued, state, broke);
        }
        return true;
    }

    /** When {@link #scheduleOne} is next worth a call without an event in between. */
    public Instant nextDue() {
        return Stream.of(queue.nextDue(), bindings.nextExpiry(), nextFlush)
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /**
     * What would become of a pod now, on every node. Nothing changes. Nodes that there is no time to ask, since pods wait
     * meanwhile, say so; what the others answered is remembered, so the same question gets further the next time.
     */
    public Decision whatIf(PodInfo pod) {
        CycleState state = new CycleState(cluster, wall.instant());
        for (int turn = 1; turn < WHAT_IF_TURNS && cycle.undecided(pod, state) > 0; turn++) {}
        Found found = cycle.find(pod, state, true);
        return decision(new QueuedPod(pod, state.now(), state.now(), 0), found, "");
    }

    /**
     * What the filters and scores say of some nodes alone, on behalf of another scheduler. Nothing changes.
     *
     * @param nodeNames nodes that are not known are not in the decision
     */
    public Decision judge(PodInfo pod, Collection<String> nodeNames) {
        CycleState state = new CycleState(cluster, wall.instant());
        return decision(new QueuedPod(pod, state.now(), state.now(), 0), among(pod, state, nodeNames), "");
    }

    /**
     * Who must leave each node so that the pod fits there: those proposed and, where they are not enough, more.
     *
     * @param proposed UIDs by node, of another scheduler that does not know of ports and windows
     * @return without the nodes on which nobody's leaving helps, or nobody has to leave
     */
    public Map<String, DefaultPreemption.Victims> victims(PodInfo pod, Map<String, Set<String>> proposed) {
        CycleState state = new CycleState(cluster, wall.instant());
        Found found = among(pod, state, proposed.keySet());
        Map<String, DefaultPreemption.Victims> victims = new LinkedHashMap<>();
        if (found.podVerdict().rejects()) {
            return victims;
        }
        proposed.forEach((nodeName, uids) -> {
            NodeState node = cluster.node(nodeName);
            DefaultPreemption.Victims there =
                    node == null ? null : DefaultPreemption.victims(state, pod, node, found.filters(), uids);
            if (there != null && !there.pods().isEmpty()) {
                victims.put(nodeName, there);
            }
        });
        return victims;
    }

    /**
     * Binds a pod that another scheduler decided on to the node it chose, with what the pod needs there reserved first. The
     * outcome comes on this thread; a pod that fails is the other scheduler's to try again. Asked again while the pod is on
     * its way to the same node, it gives the same outcome.
     */
    public CompletionStage<Binder.Result> place(PodInfo pod, String nodeName) {
        Reservation underWay = bindings.of(pod.uid());
        Cluster.Placed placed = cluster.placed(pod.uid());
        if (underWay != null && underWay.asker != null && underWay.nodeName.equals(nodeName)) {
            return underWay.asker;
        } else if (pod.pod().spec().schedulerName().equals(name)) {
            return failed("the pod's spec.schedulerName is " + name + ", which places it itself");
        } else if (placed != null) {
            return CompletableFuture.completedFuture(new Binder.Result.Conflict(
                    "the pod is on node " + placed.node().name()));
        } else if (cluster.node(nodeName) == null) {
            return failed("node '" + nodeName + "' is not known");
        }
        CycleState state = new CycleState(cluster, wall.instant());
        CompletableFuture<Binder.Result> outcome = new CompletableFuture<>();
        QueuedPod asked = new QueuedPod(pod, state.now(), state.now(), 1);
        try {
            Found found = among(pod, state, Set.of(nodeName));
            Verdict verdict = found.node() == null ? refusal(found) : reserve(asked, found, found.node(), outcome);
            if (verdict.rejects()) {
                reporter.decided(decision(asked, refusedAfterwards(found, verdict), ""));
                return failed(verdict.plugin() + ": " + verdict.reason());
            }
        } catch (RuntimeException broke) {
            if (bindings.contains(pod.uid())) {
                bindings.abandon(pod.uid(), "internal error: " + broke);
            } else {
                bindings.unreserve(state, pod, nodeName);
            }
            reporter.broke("placing pod " + pod.key() + " for another scheduler", broke);
            return failed("internal error: " + broke);
        }
        return outcome;
    }

    private static CompletionStage<Binder.Result> failed(String reason) {
        return CompletableFuture.completedFuture(new Binder.Result.Failed(reason));
    }

    private Found among(PodInfo pod, CycleState state, Collection<String> nodeNames) {
        List<NodeState> nodes = new ArrayList<>(nodeNames.size());
        for (String nodeName : nodeNames) {
            NodeState node = cluster.node(nodeName);
            if (node != null) {
                nodes.add(node);
            }
        }
        Verdict notAsked = new Verdict(Code.UNSCHEDULABLE_AND_UNRESOLVABLE, "node(s) were not asked about", "");
        Found found = cycle.findAmong(nodes, notAsked, pod, state);
        for (int turn = 1; turn < WHAT_IF_TURNS && found.search().undecided > 0; turn++) {
            found = cycle.findAmong(nodes, notAsked, pod, state);
        }
        return found;
    }

    private static Verdict refusal(Found found) {
        if (found.podVerdict().rejects()) {
            return found.podVerdict();
        }
        return found.search().verdicts.isEmpty()
                ? found.search().othersVerdict
                : found.search().verdicts.get(0);
    }

    private void reserve(QueuedPod queued, Found found, NodeState node) {
        Verdict verdict = reserve(queued, found, node, null);
        if (verdict.rejects()) {
            queue.putAfterFailure(queued, clock.instant());
            report(queued, refusedAfterwards(found, verdict), "");
        }
    }

    /** Takes what the pod needs on the node and begins to bind it, or takes nothing and says who refused. */
    private Verdict reserve(
            QueuedPod queued, Found found, NodeState node, @Nullable CompletableFuture<Binder.Result> asker) {
        PodInfo pod = queued.pod();
        CycleState state = found.state();
        AllocationDraft draft = new AllocationDraft();
        state.put(AllocationDraft.KEY, draft);
        for (ReservePlugin plugin : profile.reserve()) {
            Verdict verdict = plugin.reserve(state, pod, node);
            if (verdict.rejects()) {
                bindings.unreserve(state, pod, node.name());
                return verdict;
            }
        }
        Reservation reservation = new Reservation(queued, node.name(), state, draft, asker);
        cluster.assume(pod.withAllocation(reservation.allocation), node.name());
        nominations.withdraw(pod.uid());
        if (pod.allocationText() != null) {
            reporter.warning(
                    pod,
                    Reporter.ALLOCATION_IGNORED,
                    "the annotation " + Keys.ALLOCATION
                            + " was there before the pod was bound; the binding replaces it");
        }
        draft.warnings().forEach(warning -> reporter.warning(pod, Reporter.NOT_READY_FOR_DPDK, warning));
        reporter.decided(decision(queued, found, draft.why()));
        bindings.start(reservation);
        return Verdict.SUCCESS;
    }

    private static Found refusedAfterwards(Found found, Verdict verdict) {
        return new Found(
                found.state(), found.filters(), null, verdict, found.rejectors(), found.search(), found.scored());
    }

    private void giveUp(QueuedPod queued, Found found) {
        if (found.podVerdict().code() == Code.ERROR) {
            queue.putAfterFailure(queued, clock.instant());
            report(queued, found, "");
            return;
        }
        PodInfo pod = queued.pod();
        String why = "";
        if (!found.podVerdict().rejects()) {
            String nominated = null;
            for (PostFilterPlugin plugin : profile.postFilter()) {
                PostFilterPlugin.Result result = plugin.postFilter(found.state(), pod, found.search(), found.filters());
                why = why.isEmpty() ? result.message() : why;
                nominated = result.nodeName();
                if (nominated != null) {
                    nominate(found, pod, nominated, result.victims());
                    if (!result.victims().isEmpty()) {
                        reporter.preempt(pod, nominated, result.victims());
                    }
                    break;
                }
            }
            if (nominated == null) {
                nominations.withdraw(pod.uid()); // The room once hoped for will not come.
            }
        }
        queue.putUnschedulable(queued, found.rejectors(), clock.instant());
        Decision decision = report(queued, found, why);
        if (!found.podVerdict().rejects() && nominations.nodeOf(pod.uid()) == null) {
            refusals.remember(decision, decision.message(), found.rejectors());
        }
    }

    /** Nothing has happened since a pod like this one was refused everywhere. */
    private void giveUpLike(Refusals.Refusal alike, QueuedPod queued, Instant now) {
        queue.putUnschedulable(queued, alike.rejectors(), now);
        reporter.decided(alike.decision().alsoFor(queued.pod(), wall.instant(), queued.attempts()));
        reporter.unschedulable(queued.pod(), Reporter.UNSCHEDULABLE, alike.message(), null);
    }

    /** Counts the pod on the node with what it will take there, ports and windows included, once its victims left. */
    private void nominate(Found found, PodInfo pod, String nodeName, List<PodInfo> victims) {
        NodeState node = cluster.node(nodeName);
        if (node == null) {
            return;
        }
        NodeState trial = node.trialCopy();
        victims.forEach(trial::tryRemove);
        CycleState state = found.state();
        AllocationDraft draft = new AllocationDraft();
        state.put(AllocationDraft.KEY, draft);
        for (ReservePlugin plugin : profile.reserve()) {
            if (plugin.reserve(state, pod, trial).rejects()) {
                break;
            }
        }
        bindings.unreserve(state, pod, nodeName);
        Allocation allocation = draft.toAllocation(pod.uid());
        nominations.nominate(pod.withAllocation(allocation), nodeName);
    }

    private Decision report(QueuedPod queued, Found found, String why) {
        Decision decision = decision(queued, found, why);
        reporter.decided(decision);
        reporter.unschedulable(
                queued.pod(),
                decision.failed() ? Reporter.SCHEDULER_ERROR : Reporter.UNSCHEDULABLE,
                decision.message(),
                nominations.nodeOf(queued.pod().uid()));
        return decision;
    }

    /** A plugin threw: this pod rests and is tried again, the others go on. */
    private void fail(QueuedPod queued, CycleState state, RuntimeException broke) {
        String uid = queued.pod().uid();
        if (bindings.contains(uid)) {
            bindings.abandon(uid, "internal error: " + broke);
            return;
        }
        bindings.unreserve(state, queued.pod(), "");
        Verdict verdict = new Verdict(Code.ERROR, "internal error: " + broke, "");
        queue.putAfterFailure(queued, clock.instant());
        reporter.broke("deciding on pod " + queued.pod().key(), broke);
        report(queued, cycle.refused(state, verdict, Set.of()), "");
    }

    private Decision decision(QueuedPod queued, Found found, String why) {
        SchedulingCycle.Search search = found.search();
        List<Decision.NodeVerdict> refused = new ArrayList<>(search.refused.size());
        for (int i = 0; i < search.refused.size(); i++) {
            refused.add(new Decision.NodeVerdict(search.refused.get(i).name(), search.verdicts.get(i)));
        }
        return new Decision(
                queued.pod(),
                found.state().now(),
                queued.attempts(),
                found.node() == null ? null : found.node().name(),
                cluster.nodes().size(),
                found.podVerdict(),
                refused,
                search.others,
                search.othersVerdict,
                found.scored(),
                why,
                found.node() == null ? hint(queued.pod(), found) : "");
    }

    private String hint(PodInfo pod, Found found) {
        for (Plugin plugin : found.rejectors()) {
            if (plugin instanceof NearMissPlugin near) {
                String hint = near.nearMiss(found.state(), pod, found.search());
                if (!hint.isEmpty()) {
                    return hint;
                }
            }
        }
        return "";
    }

    /** Tells every waiting pod of a change that no single event describes. */
    public void flush() {
        queue.onEvent(new ClusterEvent.Flush(), clock.instant());
    }
}
