package io.latencyscheduler.bench.scheduler;

import io.latencyscheduler.sandbox.envtest.ControlPlane;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sees when each pod of a namespace is bound: the API server itself selects the pods with a node, so that one short look at
 * each line is enough and the watch takes little from what is measured.
 */
final class BoundWatch implements AutoCloseable {
    private static final String ADDED = "{\"type\":\"ADDED\"";
    private static final String NAME = "\"name\":\"";

    private final InputStream stream;
    private final Thread thread;
    private final Map<String, Long> boundAtNs = new ConcurrentHashMap<>();
    private volatile boolean ended;

    private BoundWatch(InputStream stream) {
        this.stream = stream;
        this.thread = new Thread(this::read, "bound-watch");
        thread.setDaemon(true);
    }

    /** Watches what is bound from now on. */
    static BoundWatch open(ControlPlane control, String namespace) throws IOException, InterruptedException {
        HttpClient client = control.httpClient();
        HttpRequest request = HttpRequest.newBuilder(control.url()
                        .resolve("/api/v1/namespaces/" + namespace
                                + "/pods?watch=true&timeoutSeconds=3600&fieldSelector=spec.nodeName!%3D"))
                .header("Authorization", "Bearer " + control.token())
                .build();
        HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new IOException("the watch of bound pods was refused: " + response.statusCode());
        }
        BoundWatch watch = new BoundWatch(response.body());
        watch.thread.start();
        return watch;
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8), 1 << 16)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                long now = System.nanoTime();
                if (line.startsWith(ADDED)) {
                    int from = line.indexOf(NAME) + NAME.length();
                    boundAtNs.putIfAbsent(line.substring(from, line.indexOf('"', from)), now);
                }
            }
        } catch (IOException closed) {
            // Whoever waits is told below.
        }
        ended = true;
        synchronized (this) {
            notifyAll();
        }
    }

    int count() {
        return boundAtNs.size();
    }

    /** When each pod was seen bound, on the scale of {@link System#nanoTime}. */
    Map<String, Long> boundAtNs() {
        return boundAtNs;
    }

    /**
     * Waits until so many pods are bound.
     *
     * @throws IOException when none was bound for as long as {@code patience}
     */
    void await(int pods, Duration patience) throws IOException, InterruptedException {
        int before = -1;
        long since = System.nanoTime();
        while (count() < pods) {
            if (ended) {
                throw new IOException("the watch of bound pods ended");
            }
            if (count() != before) {
                before = count();
                since = System.nanoTime();
            } else if (System.nanoTime() - since > patience.toNanos()) {
                throw new IOException(
                        count() + " of " + pods + " pods are bound, and none more for " + patience.toSeconds() + " s");
            }
            Thread.sleep(5);
        }
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
