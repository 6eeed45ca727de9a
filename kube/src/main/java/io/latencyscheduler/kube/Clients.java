package io.latencyscheduler.kube;

import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.util.ClientBuilder;
import io.kubernetes.client.util.KubeConfig;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * The ways one program talks to the API server, on connections of their own so that none starves another: commands are
 * limited and short, watches last, a lease waits for nobody.
 */
public final class Clients implements AutoCloseable {
    /** A watch without an event or bookmark for so long is taken for dead; servers send a bookmark every minute. */
    public static final Duration WATCH_STALLED = Duration.ofSeconds(90);

    private static final Duration PING = Duration.ofSeconds(30);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 5;
    private static final int BACKGROUND_SHARE = 5;
    private static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    private final ClientSettings settings;
    private final ApiClient client;
    private final OkHttpClient base;
    private final OkHttpClient commandsHttp;
    private final OkHttpClient watchHttp;
    private final Api commands;
    private final Api background;
    private final Api watch;

    /**
     * Reads the configuration; connects to nothing yet.
     *
     * @throws IOException with one sentence when there is no usable configuration
     */
    public static Clients open(ClientSettings settings) throws IOException {
        return new Clients(settings, configured(settings.kubeconfig(), System.getenv()), WATCH_STALLED);
    }

    Clients(ClientSettings settings, ApiClient client, Duration watchStalled) {
        this.settings = settings;
        this.client = client;
        this.base = client.getHttpClient()
                .newBuilder()
                .addInterceptor(chain -> chain.proceed(chain.request()
                        .newBuilder()
                        .header("User-Agent", settings.userAgent())
                        .build()))
                .connectTimeout(CONNECT_TIMEOUT)
                .pingInterval(PING)
                .build();
        this.commandsHttp = transport(settings.requestTimeout(), settings.requestTimeout(), settings.maxInFlight());
        this.watchHttp = transport(watchStalled, Duration.ZERO, 16);
        RequestLimiter shared =
                new RequestLimiter(settings.qps(), settings.burst(), settings.maxInFlight(), System::nanoTime);
        RequestLimiter share = new RequestLimiter(
                settings.qps() / BACKGROUND_SHARE,
                Math.max(1, settings.burst() / BACKGROUND_SHARE),
                Math.max(1, settings.maxInFlight() / BACKGROUND_SHARE),
                System::nanoTime);
        this.commands = new Api(client, commandsHttp, List.of(shared), ATTEMPTS);
        this.background = new Api(client, commandsHttp, List.of(share, shared), ATTEMPTS);
        this.watch = new Api(client, watchHttp, List.of(), 1);
    }

    /** Requests limited by {@code qps}, {@code burst} and {@code maxInFlight}. */
    public Api commands() {
        return commands;
    }

    /** Requests within the same limits that together get a fifth of them: events, labels, conditions. */
    public Api background() {
        return background;
    }

    /** Watches: they may last, but not stand still. */
    public Api watch() {
        return watch;
    }

    /** Unlimited requests on a connection of their own that end within {@code timeout}: for one lease. */
    public Api lease(Duration timeout) {
        return new Api(client, transport(timeout, timeout, 1), List.of(), 1);
    }

    /** The server's address, for messages. */
    public String address() {
        return client.getBasePath();
    }

    /** The namespace this process runs in; {@code fallback} outside a cluster. */
    public static String ownNamespace(String fallback) {
        try {
            return Files.readString(SERVICE_ACCOUNT.resolve("namespace")).strip();
        } catch (IOException outside) {
            return fallback;
        }
    }

    private OkHttpClient transport(Duration read, Duration call, int idleConnections) {
        return base.newBuilder()
                .readTimeout(read)
                .writeTimeout(settings.requestTimeout())
                .callTimeout(call)
                .connectionPool(new ConnectionPool(idleConnections, 5, TimeUnit.MINUTES))
                .build();
    }

    /** Ends open connections. Running calls fail. */
    @Override
    public void close() {
        for (OkHttpClient http : new OkHttpClient[] {commandsHttp, watchHttp}) {
            http.dispatcher().cancelAll();
            http.connectionPool().evictAll();
        }
    }

    static ApiClient configured(@Nullable Path explicit, Map<String, String> environment) throws IOException {
        if (explicit != null) {
            return fromFile(explicit, "the configured file");
        }
        String variable = environment.getOrDefault("KUBECONFIG", "");
        if (!variable.isEmpty()) {
            return fromFile(Path.of(variable), "KUBECONFIG");
        }
        if (environment.containsKey("KUBERNETES_SERVICE_HOST") && Files.isReadable(SERVICE_ACCOUNT.resolve("token"))) {
            return ClientBuilder.cluster().build();
        }
        Path home = Path.of(environment.getOrDefault("HOME", "/"), ".kube", "config");
        if (Files.isReadable(home)) {
            return fromFile(home, "the default file");
        }
        throw new IOException("no API server is configured: set KUBECONFIG to a kubeconfig file, or run in a pod"
                + " with a service account token");
    }

    private static ApiClient fromFile(Path file, String origin) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(origin + " '" + file + "' must be a readable kubeconfig file");
        }
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            KubeConfig config = KubeConfig.loadKubeConfig(reader);
            config.setFile(file.toFile());
            return ClientBuilder.kubeconfig(config).build();
        } catch (RuntimeException malformed) {
            throw new IOException(
                    origin + " '" + file + "' must be a kubeconfig file with a current context: "
                            + malformed.getMessage(),
                    malformed);
        }
    }
}
