package io.latencyscheduler.scheduler.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.client.Collector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricTest {
    @Test
    void shouldOfferEveryMetricWithItsHelp() {
        Map<String, String> offered = new HashMap<>();
        for (Collector.MetricFamilySamples family :
                Collections.list(new SchedulerMetrics().registry().metricFamilySamples())) {
            offered.put(family.name, family.help);
        }

        for (Metric metric : Metric.values()) {
            if (metric.kind() == Metric.Kind.INFO) {
                continue;
            }
            assertThat(offered).containsEntry(metric.fullName().replaceFirst("_total$", ""), metric.help());
        }
    }

    @Test
    void shouldFollowTheRulesOfNaming() {
        for (Metric metric : Metric.values()) {
            assertThat(metric.fullName()).matches("[a-z_]+");
            assertThat(metric.fullName().endsWith("_total")).isEqualTo(metric.kind() == Metric.Kind.COUNTER);
            assertThat(metric.help()).endsWith(".");
        }
    }

    @Test
    void shouldDocumentEveryMetric() throws IOException {
        String page = Files.readString(
                Path.of(System.getProperty("repository.root"), "docs", "reference", "scheduler-metrics.md"));
        for (Metric metric : Metric.values()) {
            assertThat(page)
                    .contains("| `%s` | %s | %s | %s |"
                            .formatted(
                                    metric.fullName(),
                                    metric.kind().name().toLowerCase(Locale.ROOT),
                                    String.join(", ", metric.labels()),
                                    metric.help()));
        }
    }
}
