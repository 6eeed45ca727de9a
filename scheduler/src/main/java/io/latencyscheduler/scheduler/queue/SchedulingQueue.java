package io.latencyscheduler.scheduler.queue;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.PreEnqueuePlugin;
import io.latencyscheduler.scheduler.framework.QueueSortPlugin;
import io.latencyscheduler.scheduler.framework.QueuedPod;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Three places to wait: active, backoff and unschedulable, as in kube-scheduler.
 *
 * <p>A pod that no node could take rests in the third until an event may help it, in the opinion of a plugin that
 * refused it, or until the unconditional flush, which reaches every pod, gated or not. A cycle runs to its end on the
 * thread that also brings the events, so none can slip in between a refusal and the rest that follows it.
 */
public final class SchedulingQueue {
    /** After so long at most every pod is tried again, whatever the plugins think. */
    public static final Duration FLUSH_AFTER = Duration.ofMinutes(5);

    private final Map<String, Entry> entries = new HashMap<>();
    private final TreeSet<Entry> active;
    private final TreeSet<Entry> backoff;
    /** The unschedulable pods by who refused them: one look at a group spares a look at each pod. */
    private final Map<Set<Plugin>, Map<String, Entry>> unschedulable = new LinkedHashMap<>();

    private final List<PreEnqueuePlugin> preEnqueue;
    private final Backoff rest;
    private final Consumer<ClusterEvent> listener;
    private long sequence;

    /** Where a pod waits. */
    public enum Place {
        ACTIVE,
        BACKOFF,
        UNSCHEDULABLE,
        GATED
    }

    private static final class Entry {
        final long sequence;
        QueuedPod pod;
        Place place = Place.ACTIVE;
        /** End of the rest after the last failed attempt. */
        Instant restsUntil = Instant.MIN;
        /** Whether it must rest to the end, because something broke. */
        boolean mustRest;
        /** When it came to its place. */
        Instant since;

        Set<Plugin> rejectors = Set.of();

        Entry(QueuedPod pod, long sequence, Instant since) {
            this.pod = pod;
            this.sequence = sequence;
            this.since = since;
        }
    }

    public SchedulingQueue(QueueSortPlugin sort, List<? extends PreEnqueuePlugin> preEnqueue, Backoff rest) {
        this(sort, preEnqueue, rest, event -> {});
    }

    /**
     * Sets up an empty queue.
     *
     * @param listener told of every event before the pods that it may help
     */
    public SchedulingQueue(
            QueueSortPlugin sort,
            List<? extends PreEnqueuePlugin> preEnqueue,
            Backoff rest,
            Consumer<ClusterEvent> listener) {
        this.active = new TreeSet<>(Comparator.<Entry, QueuedPod>comparing(entry -> entry.pod, sort)
                .thenComparing(entry -> entry.sequence));
        this.backoff = new TreeSet<>(
                Comparator.<Entry, Instant>comparing(entry -> entry.restsUntil).thenComparing(entry -> entry.sequence));
        this.preEnqueue = List.copyOf(preEnqueue);
        this.rest = rest;
        this.listener = listener;
    }

    /** A pod that waits to be placed appeared, or one that is here changed. */
    public void put(PodInfo pod, Instant now) {
        Entry known = entries.get(pod.uid());
        if (known == null) {
            Entry entry = new Entry(new QueuedPod(pod, now, now, 0), sequence++, now);
            entries.put(pod.uid(), entry);
            enqueue(entry, now);
            return;
        }
        PodInfo before = known.pod.pod();
        leave(known);
        known.pod = known.pod.withPod(pod);
        switch (known.place) {
            case ACTIVE -> enqueue(known, now);
            case BACKOFF -> toBackoff(known, now);
            case GATED -> enqueue(known, now);
            case UNSCHEDULABLE -> {
                ClusterEvent changed = new ClusterEvent.PodItselfChanged(before, pod);
                if (!pod.samePlacementAs(before) && helps(known.rejectors, known, changed)) {
                    revive(known, now);
                } else {
                    toUnschedulable(known, known.rejectors, Place.UNSCHEDULABLE, known.since);
                }
            }
        }
    }

    /** The pod need not be placed any more. */
    public void remove(String uid) {
        Entry entry = entries.remove(uid);
        if (entry != null) {
            leave(entry);
        }
    }

    /** Whether the pod waits here. A pod that {@link #pop} handed out does not. */
    public boolean contains(String uid) {
        return entries.containsKey(uid);
    }

    /**
     * Takes the next pod out. When nothing is active, one that rests is taken early, unless something broke when it was
     * tried (KEP-5142).
     */
    public Optional<QueuedPod> pop(Instant now) {
        endRests(now);
        Entry entry = active.pollFirst();
        if (entry == null) {
            entry = earliestThatMayStopResting();
        }
        if (entry == null) {
            return Optional.empty();
        }
        leave(entry);
        entries.remove(entry.pod.pod().uid());
        return Optional.of(entry.pod.attempted());
    }

    private @Nullable Entry earliestThatMayStopResting() {
        for (Entry entry : backoff) {
            if (!entry.mustRest) {
                return entry;
            }
        }
        return null;
    }

    /** No node could take the pod; {@code rejectors} are the plugins that refused it, on any node. */
    public void putUnschedulable(QueuedPod pod, Set<Plugin> rejectors, Instant now) {
        Entry entry = back(pod, now);
        entry.mustRest = false;
        toUnschedulable(entry, rejectors, Place.UNSCHEDULABLE, now);
    }

    /** Something broke, or the pod lost what it had reserved: it is tried again after its rest. */
    public void putAfterFailure(QueuedPod pod, Instant now) {
        Entry entry = back(pod, now);
        entry.mustRest = true;
        toBackoff(entry, now);
    }

    /** The cycle did not come to an end: the pod has another turn at once, after those that have waited for theirs. */
    public void putAgain(QueuedPod pod, Instant now) {
        Entry entry = back(pod.unattempted(), now);
        entry.restsUntil = now;
        enqueue(entry, now);
    }

    private Entry back(QueuedPod pod, Instant now) {
        Entry entry = new Entry(pod.requeued(now), sequence++, now);
        entry.restsUntil = now.plus(rest.after(pod.attempts()));
        Entry newer = entries.put(pod.pod().uid(), entry);
        if (newer != null) {
            leave(newer);
            entry.pod = entry.pod.withPod(newer.pod.pod());
        }
        return entry;
    }

    /** Something changed: pods that it may help are tried again. Returns how many. */
    public int onEvent(ClusterEvent event, Instant now) {
        listener.accept(event);
        List<Entry> helped = new ArrayList<>();
        unschedulable.forEach((rejectors, pods) -> {
            boolean concerned = event instanceof ClusterEvent.Flush;
            for (Plugin plugin : rejectors) {
                concerned |= plugin.isConcernedBy(event);
            }
            if (concerned || rejectors.isEmpty()) {
                for (Entry entry : pods.values()) {
                    if (helps(rejectors, entry, event)) {
                        helped.add(entry);
                    }
                }
            }
        });
        for (Entry entry : helped) {
            leave(entry);
            revive(entry, now);
        }
        return helped.size();
    }

    private static boolean helps(Set<Plugin> rejectors, Entry entry, ClusterEvent event) {
        for (Plugin plugin : rejectors) {
            if (plugin.isConcernedBy(event) && plugin.mayHelp(entry.pod.pod(), event)) {
                return true;
            }
        }
        return rejectors.isEmpty() || event instanceof ClusterEvent.Flush;
    }

    /** Tries again every pod that has waited {@link #FLUSH_AFTER}, gated ones too. To be called now and then. */
    public int flush(Instant now) {
        Instant before = now.minus(FLUSH_AFTER);
        List<Entry> waitedLong = new ArrayList<>();
        for (Map<String, Entry> pods : unschedulable.values()) {
            for (Entry entry : pods.values()) {
                if (!entry.since.isAfter(before)) {
                    waitedLong.add(entry);
                }
            }
        }
        for (Entry entry : waitedLong) {
            leave(entry);
            revive(entry, now);
        }
        return waitedLong.size();
    }

    private void revive(Entry entry, Instant now) {
        if (entry.restsUntil.isAfter(now)) {
            toBackoff(entry, now);
        } else {
            enqueue(entry, now);
        }
    }

    /** To the active place, unless a PreEnqueue plugin holds it back. */
    private void enqueue(Entry entry, Instant now) {
        for (PreEnqueuePlugin plugin : preEnqueue) {
            Verdict verdict = plugin.preEnqueue(entry.pod.pod());
            if (verdict.rejects()) {
                toUnschedulable(entry, Set.of(plugin), Place.GATED, now);
                return;
            }
        }
        entry.place = Place.ACTIVE;
        entry.since = now;
        active.add(entry);
    }

    private void toBackoff(Entry entry, Instant now) {
        if (entry.place != Place.BACKOFF) {
            entry.since = now;
        }
        entry.place = Place.BACKOFF;
        backoff.add(entry);
    }

    private void toUnschedulable(Entry entry, Set<Plugin> rejectors, Place place, Instant since) {
        entry.place = place;
        entry.rejectors = Set.copyOf(rejectors);
        entry.since = since;
        unschedulable
                .computeIfAbsent(entry.rejectors, unused -> new LinkedHashMap<>())
                .put(entry.pod.pod().uid(), entry);
    }

    private void leave(Entry entry) {
        switch (entry.place) {
            case ACTIVE -> active.remove(entry);
            case BACKOFF -> backoff.remove(entry);
            case UNSCHEDULABLE, GATED -> {
                Map<String, Entry> group = unschedulable.get(entry.rejectors);
                if (group != null) {
                    group.remove(entry.pod.pod().uid());
                    if (group.isEmpty()) {
                        unschedulable.remove(entry.rejectors);
                    }
                }
            }
        }
    }

    private void endRests(Instant now) {
        while (!backoff.isEmpty() && !backoff.first().restsUntil.isAfter(now)) {
            Entry entry = backoff.first();
            leave(entry);
            enqueue(entry, now);
        }
    }

    /** When {@link #pop} can next have something that it has not now; {@link Instant#MAX}: not before an event. */
    public Instant nextDue() {
        return backoff.isEmpty() ? Instant.MAX : backoff.first().restsUntil;
    }

    /** How many pods wait in each place. */
    public int size(Place place) {
        return switch (place) {
            case ACTIVE -> active.size();
            case BACKOFF -> backoff.size();
            case UNSCHEDULABLE, GATED -> {
                int count = 0;
                for (Map<String, Entry> pods : unschedulable.values()) {
                    for (Entry entry : pods.values()) {
                        count += entry.place == place ? 1 : 0;
                    }
                }
                yield count;
            }
        };
    }

    /** Where a pod waits; empty when it does not. */
    public Optional<Place> place(String uid) {
        return Optional.ofNullable(entries.get(uid)).map(entry -> entry.place);
    }

    /**
     * A pod that waits.
     *
     * @param place where
     * @param since since when it is there
     */
    public record Waiting(QueuedPod pod, Place place, Instant since) {}

    /** Every pod that waits, in no order. */
    public List<Waiting> waiting() {
        List<Waiting> waiting = new ArrayList<>(entries.size());
        for (Entry entry : entries.values()) {
            waiting.add(new Waiting(entry.pod, entry.place, entry.since));
        }
        return waiting;
    }
}
