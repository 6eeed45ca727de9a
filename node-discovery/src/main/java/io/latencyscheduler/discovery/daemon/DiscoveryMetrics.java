package io.latencyscheduler.discovery.daemon;

import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.discovery.derive.Derived;
import io.latencyscheduler.discovery.fact.Problem;
import io.latencyscheduler.discovery.publish.Publication;
import io.latencyscheduler.discovery.publish.Publication.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Records what happens. */
final class DiscoveryMetrics {
    private final Timer scans;
    private final MeterRegistry registry;
    private final Counter requests;
    private final Counter hotPlugEvents;
    private final MultiGauge problems;
    private final MultiGauge ports;
    private final AtomicLong lastPublicationSeconds = new AtomicLong();

    DiscoveryMetrics(MeterRegistry registry) {
        scans = Timer.builder(DiscoveryMetric.SCAN_DURATION.metricName())
                .description(DiscoveryMetric.SCAN_DURATION.help())
                .register(registry);
        this.registry = registry;
        // Registered before the first one happens, so that a rate can be taken of it.
        Arrays.stream(Outcome.values()).forEach(this::publications);
        requests = counter(DiscoveryMetric.API_REQUESTS, registry);
        hotPlugEvents = counter(DiscoveryMetric.HOT_PLUG_EVENTS, registry);
        problems = MultiGauge.builder(DiscoveryMetric.PROBLEMS.metricName())
                .description(DiscoveryMetric.PROBLEMS.help())
                .register(registry);
        ports = MultiGauge.builder(DiscoveryMetric.PORTS.metricName())
                .description(DiscoveryMetric.PORTS.help())
                .register(registry);
        TimeGauge.builder(DiscoveryMetric.LAST_PUBLICATION.metricName(), lastPublicationSeconds::get, TimeUnit.SECONDS)
                .description(DiscoveryMetric.LAST_PUBLICATION.help())
                .register(registry);
    }

    private static Counter counter(DiscoveryMetric metric, MeterRegistry registry) {
        return Counter.builder(metric.metricName()).description(metric.help()).register(registry);
    }

    private Counter publications(Outcome outcome) {
        return Counter.builder(DiscoveryMetric.PUBLICATIONS.metricName())
                .description(DiscoveryMetric.PUBLICATIONS.help())
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(registry);
    }

    void scanned(Duration took) {
        scans.record(took);
    }

    void hotPlugEvent() {
        hotPlugEvents.increment();
    }

    void published(Publication publication, Instant now) {
        publications(publication.outcome()).increment();
        requests.increment(publication.requests());
        if (publication.ok()) {
            lastPublicationSeconds.set(now.getEpochSecond());
        }
        Derived derived = publication.derived();
        if (derived != null) {
            Map<String, Long> bySource = new TreeMap<>();
            for (Problem problem : derived.problems()) {
                bySource.merge(problem.source(), 1L, Long::sum);
            }
            problems.register(
                    bySource.entrySet().stream()
                            .map(entry -> MultiGauge.Row.of(Tags.of("source", entry.getKey()), entry.getValue()))
                            .toList(),
                    true);
            ports.register(
                    Arrays.stream(Role.values())
                            .map(role -> MultiGauge.Row.of(
                                    Tags.of("role", role.wireName()),
                                    derived.inventory().ports().stream()
                                            .filter(port -> port.role() == role)
                                            .count()))
                            .toList(),
                    true);
        }
    }
}
