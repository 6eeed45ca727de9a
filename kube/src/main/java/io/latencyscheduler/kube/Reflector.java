package io.latencyscheduler.kube;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows all objects of one resource: lists them, watches from there, and tells a handler of each change exactly once and
 * in order, on one thread of its own.
 *
 * <p>Deletions are never lost: every list is compared with what was delivered. A watch that the server cannot continue
 * (410) leads to a new list; one that stands still for {@link Clients#WATCH_STALLED} is opened anew; failures are retried
 * after jittered, growing waits. What was delivered stays valid meanwhile: missing is not empty.
 */
public final class Reflector<T> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reflector.class);

    /** Reads one object from a parser that stands on its opening brace, up to its closing brace. */
    public interface Decoder<T> {
        T decode(JsonParser parser) throws IOException;
    }

    /** Told of changes, on the reflector's thread. What it throws is logged, and the change is told again after a list. */
    public interface Handler<T> {
        void onAdd(T object);

        void onUpdate(T before, T object);

        /** {@code last} is the object as last known, or as the server sent it with the deletion. */
        void onDelete(T last);

        /** A whole list has been told; from the first time on, the picture is complete. */
        default void onListed() {}
    }

    /** How far it is. */
    public enum State {
        /** Nothing was listed yet. */
        STARTING,
        /** The picture is complete and followed. */
        SYNCED,
        /** The server does not have this resource, and it is optional. */
        ABSENT,
        /** It had been complete, and cannot be followed now; retried. */
        BROKEN
    }

    /**
     * What to follow and how.
     *
     * @param query selectors, such as {@code fieldSelector}
     * @param optional a server without this resource does not keep the picture from being complete
     * @param fromCache the first list may come from the server's cache, which is cheap and may be late; later ones never go
     *     back in time
     * @param firstWait first wait after a failure
     * @param longestWait longest wait after failures; looks for an absent resource come to be as far apart
     */
    public record Options(
            Map<String, String> query, boolean optional, boolean fromCache, Duration firstWait, Duration longestWait) {
        public static final Options DEFAULT =
                new Options(Map.of(), false, false, Duration.ofMillis(500), Duration.ofSeconds(30));

        public Options optionally() {
            return new Options(query, true, fromCache, firstWait, longestWait);
        }

        public Options cached() {
            return new Options(query, optional, true, firstWait, longestWait);
        }

        public Options selecting(Map<String, String> selectors) {
            return new Options(selectors, optional, fromCache, firstWait, longestWait);
        }
    }

    private final Resource resource;
    private final Options options;
    private final ListWatch<T> server;
    private final Function<T, Meta> meta;
    private final Handler<T> handler;
    private final ReflectorMetrics metrics;
    private final Backoff backoff;
    private final Thread thread;

    /** What was told to the handler, by key. Only the reflector's thread touches it. */
    private final Map<String, T> told = new HashMap<>();

    private volatile State state = State.STARTING;
    private volatile String problem = "";
    private volatile boolean closed;

    /** Guarded by this: waiting for a list that begins after they asked. */
    private List<CompletableFuture<Void>> listsAsked = new ArrayList<>();
    /** Guarded by this: the running watch, to be cancelled. */
    private @Nullable Call watching;

    public Reflector(
            Clients clients,
            Resource resource,
            Options options,
            Decoder<T> decoder,
            Function<T, Meta> meta,
            Handler<T> handler,
            ReflectorMetrics metrics) {
        this.resource = resource;
        this.options = options;
        this.meta = meta;
        this.handler = handler;
        this.metrics = metrics;
        this.server = new ListWatch<>(clients, resource, options.query(), decoder, meta, metrics);
        this.backoff = new Backoff(options.firstWait(), options.longestWait(), ThreadLocalRandom.current());
        this.thread = new Thread(this::run, "reflector-" + resource.plural());
        thread.setDaemon(true);
    }

    /** Begins. To be called once. */
    public Reflector<T> start() {
        thread.start();
        return this;
    }

    public State state() {
        return state;
    }

    /** Whether the whole picture was told once, or there is none to tell. */
    public boolean hasSynced() {
        return state != State.STARTING;
    }

    /** What keeps it from following; empty when nothing does. */
    public String problem() {
        return problem;
    }

    public Resource resource() {
        return resource;
    }

    /** All objects as the server has them now, consistently read; what the handler knows stays as it is. Blocks. */
    public List<T> listNow() throws IOException {
        return server.list("").objects();
    }

    /** Lists again, consistently; done when a list that began after this call has been told. */
    public CompletableFuture<Void> relist() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        synchronized (this) {
            listsAsked.add(done);
            if (watching != null) {
                watching.cancel();
            }
            notifyAll();
        }
        return done;
    }

    private void run() {
        String from = options.fromCache() ? "0" : "";
        boolean listing = true;
        while (!closed) {
            try {
                if (listing || listAsked()) {
                    from = list(listAsked() ? "" : from);
                    listing = false;
                }
                from = watch(from);
            } catch (ListWatch.Gone gone) {
                LOG.info("{}: the server no longer has version {}; listing again", resource.plural(), from);
                listing = true;
                from = "";
                metrics.failed(resource.plural());
                waitFor(backoff.next());
            } catch (ApiFailure refused) {
                boolean absent = refused.status() == 404 && options.optional();
                failed(absent ? State.ABSENT : State.BROKEN, refused);
                listing |= absent;
                if (absent) {
                    finish(takeAsked());
                    from = "";
                }
                waitFor(backoff.next());
            } catch (IOException | RuntimeException failure) {
                if (closed) {
                    return;
                }
                if (failure instanceof RuntimeException) {
                    LOG.error("{}: a change could not be handled; listing again", resource.plural(), failure);
                    listing = true;
                    from = "";
                }
                if (!listAsked()) {
                    failed(State.BROKEN, failure);
                    waitFor(backoff.next());
                }
            }
        }
    }

    private String list(String atLeast) throws IOException {
        List<CompletableFuture<Void>> asked = takeAsked();
        try {
            long start = System.nanoTime();
            ListWatch.Listing<T> listing = server.list(atLeast);
            reconcile(listing);
            metrics.listed(resource.plural(), listing.objects().size(), System.nanoTime() - start);
            followed();
            handler.onListed();
            finish(asked);
            return listing.resourceVersion();
        } catch (IOException | RuntimeException failure) {
            synchronized (this) {
                listsAsked.addAll(asked);
            }
            throw failure;
        }
    }

    private void reconcile(ListWatch.Listing<T> listing) {
        Map<String, T> now = new LinkedHashMap<>();
        for (T object : listing.objects()) {
            now.put(meta.apply(object).key(), object);
        }
        for (String key : List.copyOf(told.keySet())) {
            if (!now.containsKey(key) && !listing.undecodable().contains(key)) {
                remove(key, null);
            }
        }
        now.values().forEach(this::put);
    }

    private String watch(String from) throws IOException {
        String last = from;
        Call call = server.openWatch(from);
        synchronized (this) {
            if (closed || !listsAsked.isEmpty()) {
                return from;
            }
            watching = call;
        }
        boolean opened = false;
        try (ListWatch.Events<T> events = server.events(call)) {
            opened = true;
            followed();
            for (ListWatch.Event<T> event = events.next(); event != null; event = events.next()) {
                metrics.event(resource.plural(), event.type());
                T object = event.object();
                if (event.type().equals("DELETED")) {
                    remove(event.key(), object);
                } else if (object != null) {
                    put(object);
                }
                last = event.resourceVersion();
                backoff.reset();
            }
            if (last.equals(from)) {
                waitFor(backoff.next());
            }
            return last;
        } catch (IOException ended) {
            // Nothing happens, and older servers send no bookmarks then; or the connection is dead. A new watch tells.
            if (opened && ended instanceof SocketTimeoutException) {
                LOG.debug("{}: the watch is silent, opening another", resource.plural());
                return last;
            }
            // What was told is told: the next watch continues behind it.
            if (last.equals(from) || ended instanceof ListWatch.Gone || ended instanceof ApiFailure) {
                throw ended;
            }
            LOG.debug("{}: the watch ended: {}", resource.plural(), ended.toString());
            return last;
        } finally {
            synchronized (this) {
                watching = null;
            }
        }
    }

    private void put(T object) {
        Meta now = meta.apply(object);
        T before = told.get(now.key());
        if (before == null) {
            handler.onAdd(object);
        } else {
            Meta known = meta.apply(before);
            if (!known.uid().equals(now.uid())) {
                remove(now.key(), null);
                handler.onAdd(object);
            } else if (!known.resourceVersion().equals(now.resourceVersion())) {
                handler.onUpdate(before, object);
            }
        }
        told.put(now.key(), object);
    }

    private void remove(String key, @Nullable T last) {
        T before = told.get(key);
        if (before != null) {
            handler.onDelete(last == null ? before : last);
            told.remove(key);
        }
    }

    private void followed() {
        state = State.SYNCED;
        problem = "";
    }

    private void failed(State reached, Exception failure) {
        metrics.failed(resource.plural());
        problem = resource.plural() + ": " + failure.getMessage();
        if (reached == State.ABSENT) {
            if (state != State.ABSENT) {
                LOG.info("{}: the API server does not have this resource; looking again later", resource.plural());
            }
            state = State.ABSENT;
        } else {
            LOG.warn("{}: cannot be followed, trying again: {}", resource.plural(), failure.toString());
            if (state == State.SYNCED) {
                state = State.BROKEN;
            }
        }
    }

    private synchronized boolean listAsked() {
        return !listsAsked.isEmpty();
    }

    private synchronized List<CompletableFuture<Void>> takeAsked() {
        List<CompletableFuture<Void>> asked = listsAsked;
        listsAsked = new ArrayList<>();
        return asked;
    }

    private static void finish(List<CompletableFuture<Void>> asked) {
        asked.forEach(done -> done.complete(null));
    }

    /** Waits, unless a list is asked for or the end has come. */
    private synchronized void waitFor(Duration duration) {
        long deadline = System.nanoTime() + duration.toNanos();
        try {
            for (long left = duration.toNanos();
                    left > 0 && !closed && listsAsked.isEmpty();
                    left = deadline - System.nanoTime()) {
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException interrupted) {
            closed = true;
        }
    }

    /** Ends without telling anything more than the change being told. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            if (watching != null) {
                watching.cancel();
            }
            notifyAll();
        }
    }
}
