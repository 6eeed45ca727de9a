package io.latencyscheduler.sandbox.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Tells a listener of every change of a pod, in the server's order and on one thread; goes on after a restart of the server. */
final class PodFeed implements AutoCloseable {
    private static final String PODS = "/api/v1/pods";
    private static final long PAUSE_MS = 100;

    interface Listener {
        void changed(JsonNode pod);

        void deleted(JsonNode pod);

        /** Changes may have been missed; this is how it stands. */
        void relisted(List<JsonNode> pods);
    }

    private final PlainClient api;
    private final Listener listener;
    private final Thread thread = new Thread(this::run, "pod-feed");
    private volatile boolean closed;
    private volatile @Nullable InputStream watching;
    private volatile long reached;
    private final AtomicInteger markers = new AtomicInteger();
    /** Guarded by this. */
    private String lastMarker = "";

    PodFeed(PlainClient api, Listener listener) {
        this.api = api;
        this.listener = listener;
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns when everything written before this call was told. */
    void catchUp() throws InterruptedException {
        String marker = "marker-" + markers.incrementAndGet();
        String path = "/api/v1/namespaces/default/pods";
        String manifest = """
            {apiVersion: v1, kind: Pod, metadata: {name: %s},
             spec: {schedulerName: nobody, containers: [{name: c, image: none}]}}
            """.formatted(marker);
        untilAnswered(() -> api.create(path, manifest));
        synchronized (this) {
            while (!marker.equals(lastMarker)) {
                wait(1000);
            }
        }
        untilAnswered(() -> api.delete(path + "/" + marker));
    }

    private interface Request {
        void send() throws IOException;
    }

    /** The API server may have been restarted a moment ago. */
    private static void untilAnswered(Request request) throws InterruptedException {
        FailoverRounds.await("the API server to answer", () -> {
            try {
                request.send();
                return true;
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    private synchronized void mark(JsonNode pod) {
        String name = Json.text(pod, "/metadata/name");
        if (name.startsWith("marker-")) {
            lastMarker = name;
            notifyAll();
        }
    }

    private static long version(JsonNode metadata) {
        return metadata.path("resourceVersion").asLong();
    }

    private void run() {
        String from = "";
        while (!closed) {
            try {
                if (from.isEmpty()) {
                    from = list();
                }
                follow(from);
                from = Long.toString(reached);
            } catch (IOException | ApiFailure ended) {
                boolean expired = ended instanceof PlainClient.Refused refused && refused.status() == 410;
                from = expired || reached == 0 ? "" : Long.toString(reached);
            }
            try {
                Thread.sleep(PAUSE_MS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private String list() throws IOException {
        JsonNode all = api.get(PODS);
        List<JsonNode> pods = new ArrayList<>();
        all.path("items").forEach(pods::add);
        listener.relisted(pods);
        pods.forEach(this::mark);
        reached = version(all.path("metadata"));
        return Long.toString(reached);
    }

    private void follow(String from) throws IOException {
        try (InputStream body = api.watch(PODS + "?watch=true&allowWatchBookmarks=true&resourceVersion=" + from);
                BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            watching = body;
            for (String line = lines.readLine(); line != null && !closed; line = lines.readLine()) {
                JsonNode event = Json.parse(line.getBytes(StandardCharsets.UTF_8));
                JsonNode object = event.path("object");
                switch (event.path("type").asText()) {
                    case "ADDED", "MODIFIED" -> {
                        listener.changed(object);
                        mark(object);
                    }
                    case "DELETED" -> listener.deleted(object);
                    case "ERROR" ->
                        throw new PlainClient.Refused(
                                "the watch", object.path("code").asInt(), line);
                    default -> {}
                }
                reached = Math.max(reached, version(object.path("metadata")));
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        InputStream body = watching;
        if (body != null) {
            try {
                body.close();
            } catch (IOException alreadyClosed) {
                // Nothing is left to close.
            }
        }
    }
}
