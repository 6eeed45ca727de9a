package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.scheduler.framework.AllocationDraft;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.QueuedPod;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Instant;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A pod between its decision and the end of its binding. */
final class Reservation {
    final QueuedPod queued;
    final String nodeName;
    final CycleState state;
    final @Nullable Allocation allocation;
    final OptionalLong keepsNs;
    final String why;
    /** The pod as last read, should it have to be queued again. */
    PodInfo latest;
    /** Who waits for the outcome; null when the pod came from the queue, and returns to it should the binding fail. */
    final @Nullable CompletableFuture<Binder.Result> asker;
    /** Plugins that hold it at Permit. */
    final Set<Plugin> heldBy = new HashSet<>();

    Instant heldUntil = Instant.MAX;

    Reservation(
            QueuedPod queued,
            String nodeName,
            CycleState state,
            AllocationDraft draft,
            @Nullable CompletableFuture<Binder.Result> asker) {
        this.queued = queued;
        this.asker = asker;
        this.nodeName = nodeName;
        this.state = state;
        this.allocation = allocation(draft, queued.pod());
        this.keepsNs = draft.keepsNs();
        this.why = draft.why();
        this.latest = queued.pod();
    }

    /** A binding adds annotations and removes none: one that somebody wrote before has to be replaced. */
    private static @Nullable Allocation allocation(AllocationDraft draft, PodInfo pod) {
        Allocation given = draft.toAllocation(pod.uid());
        return given == null && pod.allocationText() != null ? Allocation.ofNothing(pod.uid()) : given;
    }

    String whatHoldsIt() {
        return heldBy.isEmpty()
                ? "what the pod needs before it is bound, such as its volumes, took too long"
                : "held for too long by "
                        + heldBy.stream().map(Plugin::name).sorted().collect(Collectors.joining(", "));
    }

    PodInfo pod() {
        return queued.pod();
    }
}
