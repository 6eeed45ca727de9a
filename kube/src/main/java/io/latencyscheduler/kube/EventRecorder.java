package io.latencyscheduler.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Kubernetes events, in the background: telling never waits, and under overload it is what goes first.
 *
 * <p>The same note on the same object again is counted on the event that is there, at most once per
 * {@link #REPEAT_AFTER}; an object gets no more than {@value #BURST_PER_OBJECT} different events, then one in
 * {@link #REFILL_AFTER}. While it {@link #giveWay gives way} only ten a second are written, the rest afterwards, each with
 * the time at which it was told. Thread-safe.
 */
public final class EventRecorder implements AutoCloseable {
    /** Longest note that the API server takes. */
    public static final int MAX_NOTE = 1024;

    static final int BURST_PER_OBJECT = 25;
    static final Duration REFILL_AFTER = Duration.ofMinutes(5);
    static final Duration REPEAT_AFTER = Duration.ofSeconds(10);
    private static final long GIVING_WAY_MS = 100;
    private static final int QUEUED = 16_384;
    private static final int REMEMBERED = 8192;
    private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
    private static final DateTimeFormatter MICRO_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final Transport api;
    private final Resource resource;
    private final String controller;
    private final String instance;
    private final InstantSource clock;
    private final Pause pause;
    private final BlockingQueue<Told> queue = new LinkedBlockingQueue<>(QUEUED);
    private final AtomicLong dropped = new AtomicLong();
    private final Thread thread;
    private volatile boolean closed;
    private volatile boolean givesWay;

    /** Only the recorder's thread touches these. */
    private final Map<EventNote, Written> written = newest();

    private final Map<EventNote.Regarding, Budget> budgets = newest();
    private long sequence;

    private static final class Written {
        final String name;
        final Instant first;
        Instant last;
        int count = 1;
        int unwritten;

        Written(String name, Instant first) {
            this.name = name;
            this.first = first;
            this.last = first;
        }
    }

    /** What passes between two events while others go first. */
    interface Pause {
        void await() throws InterruptedException;
    }

    private record Told(EventNote note, Instant at) {}

    private record Budget(double left, Instant at) {}

    /**
     * @param api where events go; better not the way of more important requests
     * @param events the resource, see {@link ApiVersions#events}
     * @param controller name of the program, such as {@code latency-scheduler}
     * @param instance name of this process
     */
    public EventRecorder(Transport api, Resource events, String controller, String instance, InstantSource clock) {
        this(api, events, controller, instance, clock, () -> Thread.sleep(GIVING_WAY_MS));
    }

    EventRecorder(
            Transport api, Resource events, String controller, String instance, InstantSource clock, Pause pause) {
        this.pause = pause;
        this.api = api;
        this.resource = events;
        this.controller = controller;
        this.instance = instance;
        this.clock = clock;
        this.thread = new Thread(this::run, "events");
        thread.setDaemon(true);
    }

    public EventRecorder start() {
        thread.start();
        return this;
    }

    /** Tells. Returns at once. */
    public void record(EventNote note) {
        EventNote cut = note.note().length() <= MAX_NOTE
                ? note
                : new EventNote(
                        note.regarding(),
                        note.type(),
                        note.reason(),
                        note.action(),
                        note.note().substring(0, MAX_NOTE - 1) + "…");
        if (!queue.offer(new Told(cut, clock.instant()))) {
            dropped.incrementAndGet();
        }
    }

    /** Whether what is more important than events needs the API server now, such as many bindings. */
    public void giveWay(boolean now) {
        givesWay = now;
    }

    /** Events that were not written, for want of room, budget or an API server. */
    public long dropped() {
        return dropped.get();
    }

    private void run() {
        try {
            while (!closed || !queue.isEmpty()) {
                Told told = queue.poll(200, TimeUnit.MILLISECONDS);
                if (told != null) {
                    write(told.note(), told.at());
                }
                if (givesWay && !closed) {
                    pause.await();
                }
            }
        } catch (InterruptedException interrupted) {
            LOG.debug("interrupted with {} events unwritten", queue.size());
        }
    }

    void write(EventNote note, Instant now) {
        Written before = written.get(note);
        try {
            if (before != null) {
                repeat(note, before, now);
            } else if (affords(note.regarding(), now)) {
                String name = note.regarding().name() + "."
                        + Long.toHexString(now.toEpochMilli() * 1_000_000L + sequence++ % 1_000_000L);
                api.demand(ApiRequest.post(resource.path(namespace(note)), event(note, name, now)));
                written.put(note, new Written(name, now));
            } else {
                dropped.incrementAndGet();
            }
        } catch (IOException | RuntimeException failure) {
            dropped.incrementAndGet();
            LOG.debug("event {} on {} was not written: {}", note.reason(), note.regarding(), failure.toString());
        }
    }

    private void repeat(EventNote note, Written before, Instant now) throws IOException {
        before.unwritten++;
        if (now.isBefore(before.last.plus(REPEAT_AFTER))) {
            return;
        }
        int count = before.count + before.unwritten;
        ObjectNode change = Json.object();
        if (resource.group().isEmpty()) {
            change.put("count", count).put("lastTimestamp", seconds(now));
        } else {
            change.putObject("series").put("count", count).put("lastObservedTime", MICRO_TIME.format(now));
        }
        try {
            api.demand(ApiRequest.patch(resource.path(namespace(note), before.name), Patch.merge(change)));
            before.count = count;
            before.unwritten = 0;
            before.last = now;
        } catch (ApiFailure gone) {
            written.remove(note);
            throw gone;
        }
    }

    private boolean affords(EventNote.Regarding object, Instant now) {
        Budget budget = budgets.getOrDefault(object, new Budget(BURST_PER_OBJECT, now));
        double refilled = Math.min(
                BURST_PER_OBJECT,
                budget.left() + Duration.between(budget.at(), now).toMillis() / (double) REFILL_AFTER.toMillis());
        boolean affords = refilled >= 1;
        budgets.put(object, new Budget(affords ? refilled - 1 : refilled, now));
        return affords;
    }

    private ObjectNode event(EventNote note, String name, Instant now) {
        EventNote.Regarding object = note.regarding();
        ObjectNode event =
                Json.object().put("apiVersion", resource.apiVersion()).put("kind", "Event");
        event.putObject("metadata").put("name", name).put("namespace", namespace(note));
        boolean core = resource.group().isEmpty();
        event.putObject(core ? "involvedObject" : "regarding")
                .put("apiVersion", object.apiVersion())
                .put("kind", object.kind())
                .put("namespace", object.namespace())
                .put("name", object.name())
                .put("uid", object.uid());
        event.put("type", note.type())
                .put("reason", note.reason())
                .put("action", note.action())
                .put(core ? "message" : "note", note.note())
                .put("eventTime", MICRO_TIME.format(now));
        if (core) {
            event.put("reportingComponent", controller)
                    .put("firstTimestamp", seconds(now))
                    .put("lastTimestamp", seconds(now))
                    .put("count", 1)
                    .putObject("source")
                    .put("component", controller);
        } else {
            event.put("reportingController", controller);
        }
        return event.put("reportingInstance", instance);
    }

    private static String seconds(Instant time) {
        return time.truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString();
    }

    /** Events on cluster-scoped objects live in the namespace {@code default}. */
    private static String namespace(EventNote note) {
        return note.regarding().namespace().isEmpty()
                ? "default"
                : note.regarding().namespace();
    }

    private static <K, V> Map<K, V> newest() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > REMEMBERED;
            }
        };
    }

    /** Writes what is queued, for at most two seconds. */
    @Override
    public void close() {
        closed = true;
        try {
            thread.join(2000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
