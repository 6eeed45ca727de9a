package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.PermitPlugin;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.PostBindPlugin;
import io.latencyscheduler.scheduler.framework.PreBindPlugin;
import io.latencyscheduler.scheduler.framework.Profile;
import io.latencyscheduler.scheduler.framework.ReservePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Permit, PreBind, Bind and PostBind of reserved pods; what fails is undone in reverse order. */
final class BindingCycle implements PermitPlugin.Waiting {
    /** How long PreBind may take, as kube-scheduler's bindTimeoutSeconds. */
    private static final Duration PRE_BIND_WITHIN = Duration.ofMinutes(10);

    private final Profile profile;
    private final Cluster cluster;
    private final SchedulingQueue queue;
    private final Binder binder;
    private final Reporter reporter;
    private final Executor onThread;
    private final InstantSource clock;
    private final Map<String, Reservation> inFlight = new LinkedHashMap<>();
    /** Those in flight that end on their own, few: what is at the binder does not. */
    private final Set<Reservation> timed = new LinkedHashSet<>();

    BindingCycle(
            Profile profile,
            Cluster cluster,
            SchedulingQueue queue,
            Binder binder,
            Reporter reporter,
            Executor onThread,
            InstantSource clock) {
        this.profile = profile;
        this.cluster = cluster;
        this.queue = queue;
        this.binder = binder;
        this.reporter = reporter;
        this.onThread = onThread;
        this.clock = clock;
    }

    int size() {
        return inFlight.size();
    }

    boolean contains(String uid) {
        return inFlight.containsKey(uid);
    }

    @Nullable
    Reservation of(String uid) {
        return inFlight.get(uid);
    }

    /** Takes over a pod that is reserved and assumed. */
    void start(Reservation reservation) {
        PodInfo pod = reservation.pod();
        inFlight.put(pod.uid(), reservation);
        for (PermitPlugin plugin : profile.permit()) {
            PermitPlugin.Result result = plugin.permit(reservation.state, pod, reservation.nodeName, this);
            switch (result.verdict().code()) {
                case SUCCESS, SKIP -> {}
                case WAIT -> {
                    reservation.heldBy.add(plugin);
                    holdUntil(reservation, clock.instant().plus(result.timeout()));
                }
                default -> {
                    abandon(pod.uid(), result.verdict().reason());
                    return;
                }
            }
        }
        if (reservation.heldBy.isEmpty()) {
            bind(reservation, 0);
        }
    }

    /** The earliest of several limits counts. */
    private void holdUntil(Reservation reservation, Instant until) {
        if (until.isBefore(reservation.heldUntil)) {
            reservation.heldUntil = until;
        }
        timed.add(reservation);
    }

    private void release(Reservation reservation) {
        reservation.heldUntil = Instant.MAX;
        timed.remove(reservation);
    }

    /** PreBind plugins from the {@code next}, one after another, then the binder. */
    private void bind(Reservation reservation, int next) {
        for (int i = next; i < profile.preBind().size(); i++) {
            PreBindPlugin plugin = profile.preBind().get(i);
            CompletableFuture<Verdict> stage = plugin.preBind(
                            reservation.state, reservation.pod(), reservation.nodeName)
                    .toCompletableFuture();
            if (!stage.isDone()) {
                int afterThis = i + 1;
                holdUntil(reservation, clock.instant().plus(PRE_BIND_WITHIN));
                stage.whenCompleteAsync((verdict, broke) -> resume(reservation, afterThis, verdict, broke), onThread);
                return;
            }
            if (stage.isCompletedExceptionally() || stage.join().rejects()) {
                resume(reservation, i + 1, stage.isCompletedExceptionally() ? null : stage.join(), null);
                return;
            }
        }
        release(reservation); // From here on only an outcome may end it.
        binder.bind(new Binder.Request(
                        reservation.pod(), reservation.nodeName, reservation.allocation, reservation.keepsNs))
                .whenCompleteAsync((result, broke) -> finish(reservation, result, broke), onThread);
    }

    private void resume(Reservation reservation, int next, @Nullable Verdict verdict, @Nullable Throwable broke) {
        String uid = reservation.pod().uid();
        if (inFlight.get(uid) != reservation) {
            return; // Given up meanwhile.
        }
        if (verdict == null) {
            abandon(uid, "PreBind broke: " + broke);
        } else if (verdict.rejects()) {
            abandon(uid, verdict.reason());
        } else {
            bind(reservation, next);
        }
    }

    private void finish(Reservation reservation, Binder.@Nullable Result result, @Nullable Throwable broke) {
        String uid = reservation.pod().uid();
        if (inFlight.get(uid) != reservation) {
            return; // The pod was deleted meanwhile, and what it had is given back.
        }
        if (result instanceof Binder.Result.Bound) {
            inFlight.remove(uid);
            for (PostBindPlugin plugin : profile.postBind()) {
                plugin.postBind(reservation.pod(), reservation.nodeName);
            }
            if (reservation.asker != null) {
                reservation.asker.complete(result);
                return;
            }
            reporter.scheduled(reservation.pod(), reservation.nodeName, reservation.why, reservation.queued.attempts());
        } else if (result instanceof Binder.Result.Conflict conflict) {
            abandon(uid, conflict.reason());
        } else if (result instanceof Binder.Result.Failed failed) {
            abandon(uid, failed.reason());
        } else {
            abandon(uid, "binding broke: " + broke);
        }
    }

    /** Undoes a reservation, and queues the pod again unless the API server has it bound by now. */
    void abandon(String uid, String reason) {
        Reservation reservation = inFlight.remove(uid);
        if (reservation == null) {
            return;
        }
        undo(reservation);
        if (reservation.asker != null) {
            reservation.asker.complete(new Binder.Result.Failed(reason));
            return;
        }
        Cluster.Placed placed = cluster.placed(uid);
        if (placed == null && !reservation.latest.pod().terminating()) {
            queue.putAfterFailure(reservation.queued.withPod(reservation.latest), clock.instant());
            reporter.unschedulable(reservation.latest, Reporter.SCHEDULER_ERROR, reason, null);
        }
    }

    /** The pod is gone: what it had is free at once, not when its binding fails. */
    void forgetDeleted(String uid) {
        Reservation reservation = inFlight.remove(uid);
        if (reservation != null) {
            undo(reservation);
            if (reservation.asker != null) {
                reservation.asker.complete(new Binder.Result.Conflict("the pod is gone"));
            }
        }
    }

    private void undo(Reservation reservation) {
        timed.remove(reservation);
        Cluster.Placed forgotten = cluster.forget(reservation.pod().uid());
        unreserve(reservation.state, reservation.pod(), reservation.nodeName);
        if (forgotten != null) {
            queue.onEvent(new ClusterEvent.PodGone(forgotten.pod(), reservation.nodeName), clock.instant());
        }
    }

    /** Calls every Reserve plugin's undo, in reverse order. */
    void unreserve(CycleState state, PodInfo pod, String nodeName) {
        List<ReservePlugin> plugins = profile.reserve();
        for (int i = plugins.size() - 1; i >= 0; i--) {
            plugins.get(i).unreserve(state, pod, nodeName);
        }
    }

    /** A newer reading of a pod that is in flight. */
    void update(PodInfo pod) {
        Reservation reservation = inFlight.get(pod.uid());
        if (reservation != null) {
            reservation.latest = pod;
            if (pod.pod().terminating() && !reservation.heldBy.isEmpty()) {
                forgetDeleted(pod.uid());
            }
        }
    }

    @Override
    public Iterable<PodInfo> pods() {
        List<PodInfo> held = new ArrayList<>();
        for (Reservation reservation : inFlight.values()) {
            if (!reservation.heldBy.isEmpty()) {
                held.add(reservation.pod());
            }
        }
        return held;
    }

    @Override
    public void allow(PodInfo pod, Plugin plugin) {
        Reservation reservation = inFlight.get(pod.uid());
        if (reservation != null && reservation.heldBy.remove(plugin) && reservation.heldBy.isEmpty()) {
            release(reservation);
            bind(reservation, 0);
        }
    }

    @Override
    public void reject(PodInfo pod, Plugin plugin, String reason) {
        Reservation reservation = inFlight.get(pod.uid());
        if (reservation != null && reservation.heldBy.contains(plugin)) {
            abandon(pod.uid(), reason);
        }
    }

    /** Refuses pods that have been held for too long. */
    void expire(Instant now) {
        if (now.isBefore(nextExpiry())) {
            return;
        }
        for (Reservation reservation : List.copyOf(timed)) {
            if (!reservation.heldUntil.isAfter(now)) {
                abandon(reservation.pod().uid(), reservation.whatHoldsIt());
            }
        }
    }

    Instant nextExpiry() {
        Instant next = Instant.MAX;
        for (Reservation reservation : timed) {
            if (reservation.heldUntil.isBefore(next)) {
                next = reservation.heldUntil;
            }
        }
        return next;
    }
}
