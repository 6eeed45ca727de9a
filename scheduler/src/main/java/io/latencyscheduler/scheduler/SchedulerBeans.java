package io.latencyscheduler.scheduler;

import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.scheduler.config.EnvironmentConfig;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.metrics.Metric;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.simpleclient.bridge.SimpleclientCollector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;

/** What the process is made of. */
@Configuration(proxyBeanMethods = false)
class SchedulerBeans {
    @Bean
    SchedulerConfig schedulerConfig(ConfigurableEnvironment environment) {
        return EnvironmentConfig.read(environment);
    }

    @Bean
    SchedulerMetrics schedulerMetrics(ObjectProvider<PrometheusRegistry> page) {
        SchedulerMetrics metrics = new SchedulerMetrics();
        page.ifAvailable(registry -> {
            SimpleclientCollector.builder()
                    .collectorRegistry(metrics.registry())
                    .register(registry);
            Info.builder()
                    .name(Metric.BUILD_INFO.fullName())
                    .help(Metric.BUILD_INFO.help())
                    .labelNames(Metric.BUILD_INFO.labels().toArray(String[]::new))
                    .register(registry)
                    .setLabelValues(version());
        });
        return metrics;
    }

    /** Beans of type {@link Plugin} are added behind the scheduler's own. */
    @Bean(initMethod = "start", destroyMethod = "close")
    SchedulerRuntime scheduler(SchedulerConfig config, SchedulerMetrics metrics, ObjectProvider<Plugin> added)
            throws IOException {
        Clients clients = Clients.open(SchedulerRuntime.clientSettings(config, version()));
        return new SchedulerRuntime(
                config,
                clients,
                volumes -> {
                    List<Plugin> plugins = new ArrayList<>(
                            DefaultPlugins.create(config.tiers(), config.streams(), config.dpdkReadiness(), volumes));
                    added.orderedStream().forEach(plugins::add);
                    return plugins;
                },
                metrics);
    }

    /** Nothing where it is not enabled. */
    @Bean
    AdmissionPort admissionPort(SchedulerConfig config) throws IOException {
        return config.webhook().enabled() ? AdmissionPort.open(config, version()) : AdmissionPort.CLOSED;
    }

    private static String version() {
        @Nullable String version = SchedulerApplication.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
