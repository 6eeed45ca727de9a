package io.latencyscheduler.discovery.daemon;

import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.discovery.derive.Derived;
import io.latencyscheduler.discovery.fact.Problem;
import io.latencyscheduler.discovery.publish.Publication;
import io.latencyscheduler.discovery.publish.Publication.Outcome;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import io.prometheus.client.SimpleCollector;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Records what happens. Thread-safe. */
final class DiscoveryMetrics {
    private static final double NS_PER_SECOND = 1e9;

    private final CollectorRegistry registry = new CollectorRegistry();
    private final Histogram scans = register(
            DiscoveryMetric.SCAN_DURATION,
            Histogram.build().buckets(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10));
    private final Counter publications = register(DiscoveryMetric.PUBLICATIONS, Counter.build());
    private final Counter requests = register(DiscoveryMetric.API_REQUESTS, Counter.build());
    private final Gauge problems = register(DiscoveryMetric.PROBLEMS, Gauge.build());
    private final Gauge ports = register(DiscoveryMetric.PORTS, Gauge.build());
    private final Gauge lastPublication = register(DiscoveryMetric.LAST_PUBLICATION, Gauge.build());
    private final Counter hotPlugEvents = register(DiscoveryMetric.HOT_PLUG_EVENTS, Counter.build());

    DiscoveryMetrics() {
        // Registered before the first one happens, so that a rate can be taken of it.
        Arrays.stream(Outcome.values()).forEach(outcome -> publications.labels(wireName(outcome)));
    }

    private <C extends SimpleCollector<?>> C register(DiscoveryMetric metric, SimpleCollector.Builder<?, C> builder) {
        builder.name(metric.fullName());
        builder.help(metric.help());
        builder.labelNames(metric.labels().toArray(String[]::new));
        return builder.register(registry);
    }

    /** What to copy into the page that is served. */
    CollectorRegistry registry() {
        return registry;
    }

    void scanned(Duration took) {
        scans.observe(took.toNanos() / NS_PER_SECOND);
    }

    void hotPlugEvent() {
        hotPlugEvents.inc();
    }

    void published(Publication publication, Instant now) {
        publications.labels(wireName(publication.outcome())).inc();
        requests.inc(publication.requests());
        if (publication.ok()) {
            lastPublication.set(now.getEpochSecond());
        }
        Derived derived = publication.derived();
        if (derived != null) {
            Map<String, Long> bySource = new TreeMap<>();
            for (Problem problem : derived.problems()) {
                bySource.merge(problem.source(), 1L, Long::sum);
            }
            problems.clear();
            bySource.forEach((source, count) -> problems.labels(source).set(count));
            for (Role role : Role.values()) {
                ports.labels(role.wireName())
                        .set(derived.inventory().ports().stream()
                                .filter(port -> port.role() == role)
                                .count());
            }
        }
    }

    private static String wireName(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }
}
