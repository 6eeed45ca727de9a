package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.store.Change;
import io.latencyscheduler.sandbox.store.Store;
import io.latencyscheduler.sandbox.store.Stored;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One watch on one connection. Everything but {@link #changed} runs on the connection's event loop. A client that reads
 * slowly is not served faster than it reads; when the history has overtaken it, it gets 410 and the stream ends.
 */
final class WatchStream {
    private static final int BATCH = 256;
    private static final byte[] OBJECT = ",\"object\":".getBytes(StandardCharsets.UTF_8);
    private static final byte[] END = "}\n".getBytes(StandardCharsets.UTF_8);

    private final ChannelHandlerContext context;
    private final Store store;
    private final ListQuery query;
    private final Rendering rendering;
    private final boolean bookmarks;
    private final Runnable listener = this::changed;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final List<ScheduledFuture<?>> timers = new ArrayList<>();
    private long position;
    private long seenRevision;
    private boolean ended;

    WatchStream(ChannelHandlerContext context, Store store, ListQuery query, Rendering rendering, boolean bookmarks) {
        this.context = context;
        this.store = store;
        this.query = query;
        this.rendering = rendering;
        this.bookmarks = bookmarks;
    }

    /** What a watch starts with: objects that exist already, then everything after a version. */
    record Start(List<Stored> initial, long revision, boolean marksEndOfInitial) {}

    /** Sends the initial objects and goes on with changes. The response's head has been written. */
    void start(Start from, Duration timeout, Duration bookmarkPeriod) {
        for (Stored stored : from.initial()) {
            send("ADDED", rendering.object(stored));
        }
        seenRevision = from.revision();
        try {
            position = store.watchFrom(type(), from.revision());
        } catch (ApiFailure failure) {
            fail(failure);
            return;
        }
        if (from.marksEndOfInitial()) {
            sendBookmark(true);
        }
        store.listen(type(), listener);
        timers.add(context.executor().schedule(this::timeOut, timeout.toMillis(), TimeUnit.MILLISECONDS));
        if (bookmarks) {
            long period = bookmarkPeriod.toMillis();
            timers.add(context.executor()
                    .scheduleAtFixedRate(() -> sendBookmark(false), period, period, TimeUnit.MILLISECONDS));
        }
        drain();
        context.flush();
    }

    /** Something changed, or the connection takes more again. Any thread. */
    void changed() {
        if (scheduled.compareAndSet(false, true)) {
            context.executor().execute(this::drain);
        }
    }

    private void drain() {
        scheduled.set(false);
        boolean written = false;
        while (!ended && context.channel().isWritable()) {
            Store.Batch batch = store.read(type(), position, BATCH);
            List<Change> changes = batch.changes();
            if (changes == null) {
                fail(store.tooOld(type(), seenRevision));
                return;
            }
            if (changes.isEmpty()) {
                seenRevision = batch.revision();
                break;
            }
            for (Change change : changes) {
                send(change);
            }
            position = batch.position();
            seenRevision = changes.get(changes.size() - 1).revision();
            written = true;
        }
        if (written) {
            context.flush();
        }
    }

    /** An object that enters or leaves the selection is added or deleted for this client. */
    private void send(Change change) {
        Stored previous = change.previous();
        boolean before = previous != null && query.selects(previous);
        boolean now = change.kind() != Change.Kind.DELETED && query.selects(change.object());
        if (now) {
            send(before ? "MODIFIED" : "ADDED", rendering.object(change.object()));
        } else if (before) {
            send("DELETED", rendering.object(lastSelected(change, previous)));
        }
    }

    private Stored lastSelected(Change change, @Nullable Stored previous) {
        if (change.kind() == Change.Kind.DELETED || previous == null) {
            return change.object();
        }
        // It left the selection: the client gets the state it knows, under the version in which it left.
        return Stored.freeze(type(), previous.tree(), change.revision());
    }

    private void sendBookmark(boolean endOfInitial) {
        // A reader that is behind gets no bookmark: it would promise events that were not sent.
        if (ended || !(endOfInitial || context.channel().isWritable())) {
            return;
        }
        if (!endOfInitial) {
            drain();
        }
        ObjectNode bookmark = Json.object().put("kind", type().kind()).put("apiVersion", type().apiVersion());
        ObjectNode metadata = bookmark.putObject("metadata");
        metadata.put("resourceVersion", Long.toString(seenRevision)).putNull("creationTimestamp");
        if (endOfInitial) {
            metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
        }
        send("BOOKMARK", rendering.bookmark(bookmark));
        context.flush();
    }

    private void send(String kind, byte[] object) {
        ByteBuf event = Unpooled.wrappedBuffer(
                ("{\"type\":\"" + kind + "\"").getBytes(StandardCharsets.UTF_8), OBJECT, object, END);
        context.write(new DefaultHttpContent(event));
    }

    private void timeOut() {
        if (bookmarks) {
            sendBookmark(false);
        }
        finish();
    }

    private void fail(ApiFailure failure) {
        send("ERROR", Json.bytes(failure.status()));
        finish();
    }

    /** Ends the stream in good order; the connection can be used again. */
    private void finish() {
        if (!ended) {
            context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            close();
        }
    }

    /** The connection is gone, or the stream is over. */
    void close() {
        ended = true;
        store.unlisten(type(), listener);
        timers.forEach(timer -> timer.cancel(false));
    }

    private ResourceType type() {
        return query.path().type();
    }
}
