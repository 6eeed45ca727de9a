package io.latencyscheduler.scheduler.admission;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTPS port that the API server asks. Without state of its own: any number of replicas serve. A fault of it stops no
 * pod, as the webhook's configuration says {@code failurePolicy: Ignore}. Thread-safe.
 */
public final class Webhook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
    /** Path of the question. */
    public static final String PATH = "/mutate-pods";

    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final int THREADS = 4;
    /** An API server's limit of a request is 3 MB; a review holds an object at most twice. */
    private static final int MOST_BYTES = 7 << 20;

    private final CompletionSettings settings;
    private final HttpsServer server;
    private final CertificateKeeper keeper;
    private final SwitchingKeys keys = new SwitchingKeys();
    private final ExecutorService workers = Executors.newFixedThreadPool(THREADS, task -> daemon(task, "webhook"));
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "webhook-certificate"));

    private Webhook(SchedulerConfig config, String ownNamespace, ObjectClient objects) throws IOException {
        SchedulerConfig.Webhook given = config.webhook();
        settings = CompletionSettings.of(config);
        server = HttpsServer.create(new InetSocketAddress(given.port()), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls()));
        server.createContext(PATH, this::serve);
        server.setExecutor(workers);
        keeper = new CertificateKeeper(
                objects,
                new CertificateKeeper.Where(
                        ownNamespace,
                        given.secret(),
                        given.configuration(),
                        given.names(),
                        Duration.ofDays(given.certificateDays())),
                InstantSource.system(),
                keys::use);
    }

    private SSLContext tls() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, null, null);
            return context;
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java platform has TLS", impossible);
        }
    }

    /** Listens, and gets its certificate in the background: the API server may not be up yet. */
    public static Webhook start(SchedulerConfig config, String ownNamespace, ObjectClient objects) throws IOException {
        Webhook webhook = new Webhook(config, ownNamespace, objects);
        webhook.server.start();
        webhook.timer.execute(webhook::keep);
        LOG.info("webhook listens on port {}", webhook.port());
        return webhook;
    }

    /** The port it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void keep() {
        Duration next = LOOK_AGAIN;
        try {
            keeper.pass();
        } catch (IOException | RuntimeException failed) {
            LOG.warn("webhook: its certificate could not be kept: {}", failed.getMessage());
            next = RETRY;
        }
        timer.schedule(this::keep, keys.ready() ? next.toMillis() : RETRY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] review = exchange.getRequestBody().readNBytes(MOST_BYTES);
            try {
                byte[] answer = AdmissionReview.answer(review, settings);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            } catch (IOException | RuntimeException unusable) {
                LOG.warn("webhook: {}", unusable.toString());
                byte[] sentence = String.valueOf(unusable.getMessage()).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(400, sentence.length);
                exchange.getResponseBody().write(sentence);
            }
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Answers what was asked, for up to a second. */
    @Override
    public void close() {
        timer.shutdownNow();
        server.stop(1);
        workers.shutdown();
    }
}
