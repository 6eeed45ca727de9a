package io.latencyscheduler.dataplane.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class AgentMetricTest {
    @Test
    void shouldFollowTheRulesOfNaming() {
        for (AgentMetric metric : AgentMetric.values()) {
            assertThat(metric.fullName()).matches("[a-z_]+");
            assertThat(metric.fullName().endsWith("_total")).isEqualTo(metric.kind() == AgentMetric.Kind.COUNTER);
            assertThat(metric.help()).endsWith(".");
        }
    }

    @Test
    void shouldBeTheTableOfTheDocumentation() throws IOException {
        String table = Arrays.stream(AgentMetric.values())
                .map(metric -> "| `%s` | %s | %s | %s |"
                        .formatted(
                                metric.fullName(),
                                metric.kind().name().toLowerCase(Locale.ROOT),
                                String.join(", ", metric.labels()),
                                metric.help()))
                .collect(Collectors.joining("\n"));
        assertThat(Path.of(System.getProperty("repository.root"), "docs", "reference", "agent-metrics.md"))
                .content()
                .as("the table must be\n%s", table)
                .contains(table);
    }
}
