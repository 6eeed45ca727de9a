package io.latencyscheduler.sandbox.fault;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.latencyscheduler.sandbox.fault.FaultPlan.Fault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Stands between a program and its API server, as plain HTTP on the loopback address, and spoils what its plan says:
 * single requests and single watch events. Credentials pass through. Safe for all threads.
 */
public final class FaultProxy implements AutoCloseable {
    private static final Set<String> PASSED_ON = Set.of("authorization", "content-type", "accept", "user-agent");
    private static final Pattern BINDING = Pattern.compile("/api/v1/namespaces/([^/]+)/pods/([^/]+)/binding");
    private static final int LONGEST_DELAY_MS = 500;
    private static final int STALLED_MS = 3000;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Pattern VERSION = Pattern.compile("\"resourceVersion\":\"([0-9]{1,18})\"");
    private static final String EXPIRED = """
        {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",\
        "message":"too old resource version","reason":"Expired","code":410}}
        """;

    private final HttpClient upstream;
    private final URI target;
    private final FaultPlan plan;
    private final Duration held;
    /** The latest resource version that any watch was told; all objects of an API server share the count. */
    private final AtomicLong latestTold = new AtomicLong();

    private final HttpServer server;
    private final ExecutorService threads;
    private final Set<String> lateBindings = ConcurrentHashMap.newKeySet();
    /** What the server sends of the latest watch of each selection. */
    private final Map<String, InputStream> watches = new ConcurrentHashMap<>();

    private volatile boolean closed;

    /**
     * Begins to listen on a free port.
     *
     * @param upstream trusts the server
     * @param held how long a {@link Fault#BINDING_LATE} and a {@link Fault#HALF_OPEN} connection are
     */
    public FaultProxy(HttpClient upstream, URI target, FaultPlan plan, Duration held) {
        this.upstream = upstream;
        this.target = target;
        this.plan = plan;
        this.held = held;
        AtomicInteger number = new AtomicInteger();
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "fault-proxy-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        try {
            this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
        } catch (IOException e) {
            throw new UncheckedIOException("no free port", e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** The pods, {@code namespace/name}, of whose bindings one was held so far. */
    public Set<String> lateBindings() {
        return Set.copyOf(lateBindings);
    }

    /** An exchange that is closed before it is answered, or that fails in its answer, breaks its connection. */
    private void handle(HttpExchange exchange) throws IOException {
        try {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (isLease(exchange)) {
                pass(exchange, body);
            } else if (isWatch(exchange)) {
                watch(exchange);
            } else {
                command(exchange, body);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exchange.close();
    }

    private void command(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
        if (plan.draws(Fault.RESET)) {
            return;
        }
        if (plan.draws(Fault.HALF_OPEN)) {
            Thread.sleep(held.toMillis());
            return;
        }
        if (plan.draws(Fault.PUSHED_BACK)) {
            exchange.getResponseHeaders().set("Retry-After", "1");
            answer(exchange, 429, status("TooManyRequests", 429));
            return;
        }
        if (plan.draws(Fault.SERVER_ERROR)) {
            answer(exchange, 500, status("InternalError", 500));
            return;
        }
        boolean isWrite = !exchange.getRequestMethod().equals("GET");
        Matcher binding = BINDING.matcher(exchange.getRequestURI().getPath());
        if (binding.matches() && plan.draws(Fault.BINDING_LATE)) {
            lateBindings.add(binding.group(1) + "/" + binding.group(2));
            Thread.sleep(held.toMillis());
        }
        if (isWrite && plan.draws(Fault.ANSWER_LOST)) {
            ask(exchange, body);
            return;
        }
        pass(exchange, body);
    }

    private void pass(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = ask(exchange, body);
        response.headers()
                .firstValue("Content-Type")
                .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
        answer(exchange, response.statusCode(), response.body());
    }

    private HttpResponse<byte[]> ask(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
        return upstream.send(request(exchange, body).timeout(TIMEOUT).build(), BodyHandlers.ofByteArray());
    }

    private HttpRequest.Builder request(HttpExchange exchange, byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(target.resolve(exchange.getRequestURI()))
                .version(HttpClient.Version.HTTP_1_1)
                .method(
                        exchange.getRequestMethod(),
                        body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (PASSED_ON.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
            }
        });
        return request;
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] status(String reason, int code) {
        return ("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"injected\",\"reason\":\""
                        + reason + "\",\"code\":" + code + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private void watch(HttpExchange exchange) throws IOException, InterruptedException {
        if (plan.draws(Fault.RESET)) {
            return;
        }
        HttpResponse<InputStream> response =
                upstream.send(request(exchange, new byte[0]).build(), BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            try (InputStream body = response.body()) {
                answer(exchange, response.statusCode(), body.readAllBytes());
            }
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        out.flush();
        String what = watched(exchange.getRequestURI());
        InputStream body = response.body();
        InputStream former = watches.put(what, body);
        if (former != null) {
            former.close(); // Its reader has gone, which a watch without events does not show.
        }
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            boolean goesOn = true;
            while (goesOn && !closed) {
                String line = lines.readLine();
                goesOn = line != null && tell(out, line);
            }
        } finally {
            watches.remove(what, body);
        }
    }

    /** A program watches one selection of objects once at a time. */
    private static String watched(URI request) {
        return Stream.of(String.valueOf(request.getQuery()).split("&"))
                .filter(parameter -> parameter.contains("Selector="))
                .sorted()
                .collect(Collectors.joining("&", request.getPath() + "?", ""));
    }

    /** Whether the watch goes on. */
    private boolean tell(OutputStream out, String line) throws IOException, InterruptedException {
        byte[] event = (line + "\n").getBytes(StandardCharsets.UTF_8);
        if (plan.draws(Fault.WATCH_EXPIRED)) {
            out.write(EXPIRED.getBytes(StandardCharsets.UTF_8));
            out.flush();
            return false;
        }
        if (plan.draws(Fault.WATCH_CUT)) {
            out.write(event, 0, event.length / 2);
            out.flush();
            throw new IOException("cut");
        }
        if (plan.draws(Fault.WATCH_STALLED)) {
            Thread.sleep(STALLED_MS);
            throw new IOException("stalled");
        }
        if (plan.draws(Fault.EVENT_DROPPED)) {
            return true;
        }
        if (plan.draws(Fault.EVENT_DELAYED)) {
            Thread.sleep(plan.milliseconds(LONGEST_DELAY_MS));
        }
        noteOrder(line);
        out.write(event);
        if (plan.draws(Fault.EVENT_REPEATED)) {
            out.write(event);
        }
        out.flush();
        return true;
    }

    private void noteOrder(String event) {
        Matcher matcher = VERSION.matcher(event);
        if (matcher.find()) {
            long version = Long.parseLong(matcher.group(1));
            if (latestTold.getAndAccumulate(version, Math::max) > version) {
                plan.saw(Fault.EVENT_OVERTAKEN);
            }
        }
    }

    private static boolean isWatch(HttpExchange exchange) {
        String query = exchange.getRequestURI().getQuery();
        return query != null && (query.contains("watch=true") || query.contains("watch=1"));
    }

    /** Spoiling the lease as well would only end terms, which stopping the whole process does better. */
    private static boolean isLease(HttpExchange exchange) {
        return exchange.getRequestURI().getPath().startsWith("/apis/coordination.k8s.io/");
    }

    /** Breaks every connection and stops listening. */
    @Override
    public void close() {
        closed = true;
        server.stop(0);
        threads.shutdownNow();
    }
}
