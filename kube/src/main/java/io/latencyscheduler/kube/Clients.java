package io.latencyscheduler.kube;

import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.util.ClientBuilder;
import io.kubernetes.client.util.KubeConfig;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
    private final String namespace;
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
        return open(settings, null);
    }

    /** With a context of the kubeconfig other than the current one; null: the current one. */
    public static Clients open(ClientSettings settings, @Nullable String context) throws IOException {
        Configured configured = configured(settings.kubeconfig(), context, System.getenv());
        return new Clients(settings, configured.client(), configured.namespace(), WATCH_STALLED);
    }

    /** A client and the namespace that its configuration names; empty when it names none. */
    private record Configured(ApiClient client, String namespace) {}

    Clients(ClientSettings settings, ApiClient client, Duration watchStalled) {
        this(settings, client, "", watchStalled);
    }

    private Clients(ClientSettings settings, ApiClient client, String namespace, Duration watchStalled) {
        this.namespace = namespace;
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

    /** The namespace that the kubeconfig's context names; {@code default} when it names none. */
    public String contextNamespace() {
        return namespace.isEmpty() ? "default" : namespace;
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
        return configured(explicit, null, environment).client();
    }

    private static Configured configured(
            @Nullable Path explicit, @Nullable String context, Map<String, String> environment) throws IOException {
        if (explicit != null) {
            return fromFiles(List.of(explicit), context, "the configured file");
        }
        String variable = environment.getOrDefault("KUBECONFIG", "");
        if (!variable.isEmpty()) {
            return fromFiles(listed(variable), context, "KUBECONFIG");
        }
        if (environment.containsKey("KUBERNETES_SERVICE_HOST") && Files.isReadable(SERVICE_ACCOUNT.resolve("token"))) {
            return new Configured(ClientBuilder.cluster().build(), ownNamespace(""));
        }
        Path home = Path.of(environment.getOrDefault("HOME", "/"), ".kube", "config");
        if (Files.isReadable(home)) {
            return fromFiles(List.of(home), context, "the default file");
        }
        throw new IOException("no API server is configured: set KUBECONFIG to a kubeconfig file, or run in a pod"
                + " with a service account token");
    }

    /** A list of files counts as kubectl counts it: those that are missing are passed over, unless all are. */
    private static List<Path> listed(String variable) {
        List<Path> files = new ArrayList<>();
        for (String name : variable.split(File.pathSeparator)) {
            if (!name.isEmpty() && Files.exists(Path.of(name))) {
                files.add(Path.of(name));
            }
        }
        return files.isEmpty() ? List.of(Path.of(variable)) : files;
    }

    /** Of entries with the same name in several files the first counts. */
    private static Configured fromFiles(List<Path> files, @Nullable String context, String origin) throws IOException {
        KubeConfig config = read(files.get(0), origin);
        for (Path file : files.subList(1, files.size())) {
            KubeConfig more = read(file, origin);
            String current = config.getCurrentContext() == null ? more.getCurrentContext() : config.getCurrentContext();
            config = new KubeConfig(
                    together(config.getContexts(), more.getContexts()),
                    together(config.getClusters(), more.getClusters()),
                    together(config.getUsers(), more.getUsers()));
            config.setContext(current);
        }
        String wanted = context == null ? config.getCurrentContext() : context;
        if (context != null && !config.setContext(context)) {
            throw new IOException(origin + " '" + files.get(0) + "' has no context '" + context + "'");
        }
        config.setFile(files.get(0).toFile());
        try {
            String namespace = wanted == null ? null : config.getNamespace();
            return new Configured(ClientBuilder.kubeconfig(config).build(), namespace == null ? "" : namespace);
        } catch (RuntimeException malformed) {
            throw malformed(files.get(0), origin, malformed);
        }
    }

    private static ArrayList<Object> together(@Nullable List<Object> first, @Nullable List<Object> second) {
        ArrayList<Object> all = new ArrayList<>(first == null ? List.of() : first);
        all.addAll(second == null ? List.of() : second);
        return all;
    }

    private static KubeConfig read(Path file, String origin) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(origin + " '" + file + "' must be a readable kubeconfig file");
        }
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            return KubeConfig.loadKubeConfig(reader);
        } catch (RuntimeException malformed) {
            throw malformed(file, origin, malformed);
        }
    }

    private static IOException malformed(Path file, String origin, RuntimeException cause) {
        return new IOException(
                origin + " '" + file + "' must be a kubeconfig file with a current context: " + cause.getMessage(),
                cause);
    }
}
