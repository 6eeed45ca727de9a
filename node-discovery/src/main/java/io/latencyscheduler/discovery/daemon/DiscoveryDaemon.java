package io.latencyscheduler.discovery.daemon;

import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.host.DeviceTables;
import io.latencyscheduler.discovery.host.HostFiles;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.discovery.host.HotPlugEvents;
import io.latencyscheduler.discovery.publish.Publisher;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.ObjectClient;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.simpleclient.bridge.SimpleclientCollector;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.support.GenericApplicationContext;

/** The daemon: the loop, the node's watch, hot-plug events, and a web server for health and metrics. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class DiscoveryDaemon {
    /**
     * What the daemon works with.
     *
     * @param nodeName the Node to publish for
     * @param files the host
     * @param clients to the API server; closed with the daemon
     */
    public record Task(String nodeName, HostFiles files, DiscoveryConfig config, Clients clients) {}

    /**
     * Starts, and returns at once; it runs until the context is closed.
     *
     * @param properties for Spring, such as {@code server.port}
     */
    public static ConfigurableApplicationContext start(Task task, Map<String, String> properties) {
        List<String> arguments = properties.entrySet().stream()
                .map(entry -> "--" + entry.getKey() + "=" + entry.getValue())
                .toList();
        return new SpringApplicationBuilder(DiscoveryDaemon.class)
                .bannerMode(Banner.Mode.OFF)
                // Field of every line where logs are JSON.
                .properties(Map.of("logging.structured.json.add.node", task.nodeName()))
                .initializers((GenericApplicationContext context) -> context.registerBean(Task.class, () -> task))
                .run(arguments.toArray(String[]::new));
    }

    @Bean
    Wakeup wakeup() {
        return new Wakeup();
    }

    @Bean
    DiscoveryMetrics discoveryMetrics(ObjectProvider<PrometheusRegistry> page) {
        DiscoveryMetrics metrics = new DiscoveryMetrics();
        page.ifAvailable(registry -> {
            SimpleclientCollector.builder()
                    .collectorRegistry(metrics.registry())
                    .register(registry);
            Info.builder()
                    .name(DiscoveryMetric.BUILD_INFO.fullName())
                    .help(DiscoveryMetric.BUILD_INFO.help())
                    .labelNames(DiscoveryMetric.BUILD_INFO.labels().toArray(String[]::new))
                    .register(registry)
                    .setLabelValues(Optional.ofNullable(
                                    DiscoveryDaemon.class.getPackage().getImplementationVersion())
                            .orElse("development"));
        });
        return metrics;
    }

    @Bean(destroyMethod = "close")
    Clients clients(Task task) {
        return task.clients();
    }

    @Bean(destroyMethod = "close")
    NodeWatch nodeWatch(Task task, Clients clients, Wakeup wakeup) {
        return new NodeWatch(clients, task.nodeName(), wakeup).start();
    }

    @Bean(destroyMethod = "close")
    HotPlugEvents hotPlugEvents(Task task, Wakeup wakeup, DiscoveryMetrics metrics) {
        return HotPlugEvents.start(HostReader.isLive(task.files()), () -> {
            metrics.hotPlugEvent();
            wakeup.call();
        });
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    DiscoveryLoop discoveryLoop(Task task, Clients clients, NodeWatch watch, Wakeup wakeup, DiscoveryMetrics metrics) {
        Publisher publisher = new Publisher(
                new ObjectClient(clients.commands()),
                task.nodeName(),
                task.config(),
                new Derivation(task.config(), DeviceTables.shipped()));
        return new DiscoveryLoop(
                new HostReader(task.files()),
                publisher,
                watch::current,
                new Pace(task.config().rescanInterval(), ThreadLocalRandom.current()),
                wakeup,
                metrics,
                InstantSource.system());
    }

    /** Ready once the node's facts are published; what fails later does not take them back. */
    @Bean
    HealthIndicator publicationHealthIndicator(DiscoveryLoop loop) {
        return () -> loop.publishedOnce()
                ? Health.up().withDetail("lastFailure", loop.trouble()).build()
                : Health.down().withDetail("cause", loop.trouble()).build();
    }

    /** Alive while the loop's thread is. */
    @Bean
    HealthIndicator loopHealthIndicator(DiscoveryLoop loop) {
        return () -> loop.alive() ? Health.up().build() : Health.down().build();
    }
}
