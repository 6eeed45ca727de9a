package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.contract.Allocation;
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
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import io.latencyscheduler.scheduler.trace.Decision;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

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
    private Instant nextFlush = Instant.MIN;

    /**
     * Sets up an empty scheduler.
     *
     * @param cluster what is known of the cluster; the plugins of {@code profile} may know it too
     * @param onThread runs tasks on the scheduler's thread, in order
     * @param clock never steps back
     */
    public Scheduler(
            Settings settings,
            Profile profile,
            Cluster cluster,
            Binder binder,
            Reporter reporter,
            Executor onThread,
            InstantSource clock) {
        this.profile = profile;
        this.cluster = cluster;
        this.reporter = reporter;
        this.clock = clock;
        queue = new SchedulingQueue(profile.queueSort(), profile.preEnqueue(), settings.backoff(), refusals::onEvent);
        cycle = new SchedulingCycle(profile, cluster, nominations, settings.nodesToScore(), settings.seed());
        bindings = new BindingCycle(profile, cluster, queue, binder, reporter, onThread, clock);
        events = new Events(settings.schedulerName(), cluster, queue, nominations, bindings, profile.event(), clock);
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
            Refusals.Refusal alike = refusals.of(queued.pod(), now);
            if (alike != null) {
                giveUpLike(alike, queued, now);
                return true;
            }
        }
        CycleState state = new CycleState(cluster, now);
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
        CycleState state = new CycleState(cluster, clock.instant());
        for (int turn = 1; turn < WHAT_IF_TURNS && cycle.undecided(pod, state) > 0; turn++) {}
        Found found = cycle.find(pod, state, true);
        return decision(new QueuedPod(pod, state.now(), state.now(), 0), found, "");
    }

    private void reserve(QueuedPod queued, Found found, NodeState node) {
        PodInfo pod = queued.pod();
        CycleState state = found.state();
        AllocationDraft draft = new AllocationDraft();
        state.put(AllocationDraft.KEY, draft);
        for (ReservePlugin plugin : profile.reserve()) {
            Verdict verdict = plugin.reserve(state, pod, node);
            if (verdict.rejects()) {
                bindings.unreserve(state, pod, node.name());
                queue.putAfterFailure(queued, state.now());
                report(queued, refusedAfterwards(found, verdict), "");
                return;
            }
        }
        Reservation reservation = new Reservation(queued, node.name(), state, draft);
        cluster.assume(reservation.allocation == null ? pod : pod.withAllocation(reservation.allocation), node.name());
        nominations.withdraw(pod.uid());
        draft.warnings().forEach(warning -> reporter.warning(pod, Reporter.NOT_READY_FOR_DPDK, warning));
        reporter.decided(decision(queued, found, draft.why()));
        bindings.start(reservation);
    }

    private static Found refusedAfterwards(Found found, Verdict verdict) {
        return new Found(
                found.state(), found.filters(), null, verdict, found.rejectors(), found.search(), found.scored());
    }

    private void giveUp(QueuedPod queued, Found found) {
        if (found.podVerdict().code() == Code.ERROR) {
            queue.putAfterFailure(queued, found.state().now());
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
        queue.putUnschedulable(queued, found.rejectors(), found.state().now());
        Decision decision = report(queued, found, why);
        if (!found.podVerdict().rejects() && nominations.nodeOf(pod.uid()) == null) {
            refusals.remember(decision, decision.message(), found.rejectors());
        }
    }

    /** Nothing has happened since a pod like this one was refused everywhere. */
    private void giveUpLike(Refusals.Refusal alike, QueuedPod queued, Instant now) {
        queue.putUnschedulable(queued, alike.rejectors(), now);
        reporter.decided(alike.decision().alsoFor(queued.pod(), now, queued.attempts()));
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
        nominations.nominate(allocation == null ? pod : pod.withAllocation(allocation), nodeName);
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
        queue.putAfterFailure(queued, state.now());
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
