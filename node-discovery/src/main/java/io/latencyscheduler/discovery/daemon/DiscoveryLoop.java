package io.latencyscheduler.discovery.daemon;

import io.latencyscheduler.discovery.fact.HostFacts;
import io.latencyscheduler.discovery.fact.Problem;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.discovery.publish.ObservedNode;
import io.latencyscheduler.discovery.publish.Publication;
import io.latencyscheduler.discovery.publish.Publisher;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Scans and publishes, for ever, on one thread: after a pause, after a hot-plug event, after a change of the node. */
final class DiscoveryLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiscoveryLoop.class);

    private final HostReader host;
    private final Publisher publisher;
    private final Supplier<@Nullable ObservedNode> node;
    private final Pace pace;
    private final Wakeup wakeup;
    private final DiscoveryMetrics metrics;
    private final InstantSource clock;
    private final Thread thread = new Thread(this::run, "discovery-loop");

    private volatile boolean publishedOnce;
    private volatile String trouble = "nothing was published yet";

    /** Only the loop's thread touches these. */
    private Set<Problem> toldProblems = Set.of();

    private long verifyAtNs;

    DiscoveryLoop(
            HostReader host,
            Publisher publisher,
            Supplier<@Nullable ObservedNode> node,
            Pace pace,
            Wakeup wakeup,
            DiscoveryMetrics metrics,
            InstantSource clock) {
        this.host = host;
        this.publisher = publisher;
        this.node = node;
        this.pace = pace;
        this.wakeup = wakeup;
        this.metrics = metrics;
        this.clock = clock;
    }

    void start() {
        thread.start();
    }

    boolean alive() {
        return thread.isAlive();
    }

    /** Whether the node's facts have been published since this program started. */
    boolean publishedOnce() {
        return publishedOnce;
    }

    /** Why the last attempt failed; empty when it did not. */
    String trouble() {
        return trouble;
    }

    private void run() {
        verifyAtNs = System.nanoTime() + pace.untilVerification().toNanos();
        try {
            while (true) {
                boolean succeeded = scanAndPublish();
                if (wakeup.sleep(pace.afterwards(succeeded))) {
                    // Whatever else comes with it, as a NIC brings its functions one by one.
                    Thread.sleep(Pace.SETTLE.toMillis());
                }
            }
        } catch (InterruptedException stopped) {
            LOG.debug("stopped");
        }
    }

    private boolean scanAndPublish() {
        try {
            if (System.nanoTime() - verifyAtNs > 0) {
                publisher.forget();
                verifyAtNs = System.nanoTime() + pace.untilVerification().toNanos();
            }
            long begin = System.nanoTime();
            HostFacts facts = host.read();
            metrics.scanned(Duration.ofNanos(System.nanoTime() - begin));
            Publication publication = publisher.publish(facts, node.get());
            metrics.published(publication, clock.instant());
            tell(publication);
            return publication.ok();
        } catch (RuntimeException broken) {
            LOG.error("a scan broke; the next one is tried after a pause", broken);
            trouble = "a scan broke: " + broken;
            publisher.forget();
            return false;
        }
    }

    private void tell(Publication publication) {
        if (publication.derived() != null) {
            List<Problem> problems = publication.derived().problems();
            problems.stream()
                    .filter(problem -> !toldProblems.contains(problem))
                    .forEach(problem -> LOG.warn(problem.sentence()));
            toldProblems = new HashSet<>(problems);
        }
        if (!publication.changed().isEmpty()) {
            LOG.info("published {}", String.join(", ", publication.changed()));
        }
        if (publication.ok()) {
            publishedOnce = true;
            trouble = "";
        } else {
            trouble = String.join("; ", publication.failures());
            publication.failures().forEach(LOG::warn);
        }
    }

    /** Stops, waiting for a running scan. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
