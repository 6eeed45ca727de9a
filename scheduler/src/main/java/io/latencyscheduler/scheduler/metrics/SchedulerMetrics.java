package io.latencyscheduler.scheduler.metrics;

import io.latencyscheduler.kube.ReflectorMetrics;
import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import java.util.EnumMap;
import java.util.Map;

/** Records {@link Metric}s in a registry of its own. Thread-safe. */
public final class SchedulerMetrics implements ReflectorMetrics {
    private static final double NS_PER_SECOND = 1e9;

    private final CollectorRegistry registry = new CollectorRegistry();
    private final Map<Metric, Collector> collectors = new EnumMap<>(Metric.class);

    public SchedulerMetrics() {
        for (Metric metric : Metric.values()) {
            if (metric.kind() == Metric.Kind.INFO) {
                continue;
            }
            String[] labels = metric.labels().toArray(String[]::new);
            collectors.put(
                    metric,
                    switch (metric.kind()) {
                        case COUNTER ->
                            Counter.build(metric.fullName(), metric.help())
                                    .labelNames(labels)
                                    .register(registry);
                        case GAUGE ->
                            Gauge.build(metric.fullName(), metric.help())
                                    .labelNames(labels)
                                    .register(registry);
                        case HISTOGRAM ->
                            Histogram.build(metric.fullName(), metric.help())
                                    .labelNames(labels)
                                    .buckets(metric.buckets())
                                    .register(registry);
                        case INFO -> throw new IllegalStateException(metric + " is not recorded here");
                    });
        }
    }

    /** What to copy into the page that is served. */
    public CollectorRegistry registry() {
        return registry;
    }

    public void count(Metric metric, String... labels) {
        add(metric, 1, labels);
    }

    public void add(Metric metric, double amount, String... labels) {
        ((Counter) collector(metric)).labels(labels).inc(amount);
    }

    public void set(Metric metric, double value, String... labels) {
        ((Gauge) collector(metric)).labels(labels).set(value);
    }

    public void observe(Metric metric, double value, String... labels) {
        ((Histogram) collector(metric)).labels(labels).observe(value);
    }

    public void observeNs(Metric metric, long durationNs, String... labels) {
        observe(metric, durationNs / NS_PER_SECOND, labels);
    }

    private Collector collector(Metric metric) {
        Collector collector = collectors.get(metric);
        if (collector == null) {
            throw new IllegalStateException(metric + " is not registered");
        }
        return collector;
    }

    @Override
    public void event(String resource, String type) {
        count(Metric.WATCH_EVENTS, resource, type);
    }

    @Override
    public void listed(String resource, int objects, long durationNs) {
        count(Metric.WATCH_LISTS, resource);
    }

    @Override
    public void failed(String resource) {
        count(Metric.WATCH_FAILURES, resource);
    }

    @Override
    public void undecodable(String resource) {
        count(Metric.UNDECODABLE_OBJECTS, resource);
    }
}
