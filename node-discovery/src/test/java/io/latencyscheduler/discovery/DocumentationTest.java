package io.latencyscheduler.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.discovery.daemon.DiscoveryMetric;
import io.latencyscheduler.discovery.derive.NodeLabel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reference pages say what the code says. */
class DocumentationTest {
    private static final Path REFERENCE =
            Path.of(System.getProperty("repository.root", "..")).resolve("docs/reference");

    @Test
    void shouldListEveryLabelWithItsMeaning() throws IOException {
        String table = Arrays.stream(NodeLabel.values())
                .map(label -> "| `" + label.key() + "` | " + label.form().words() + " | " + label.meaning() + " |\n")
                .collect(Collectors.joining());
        assertThat(Files.readString(REFERENCE.resolve("node-labels.md"))).contains(table + "<!-- end -->");
    }

    @Test
    void shouldListEveryMetricWithItsMeaning() throws IOException {
        String table = Arrays.stream(DiscoveryMetric.values())
                .map(metric -> "| `%s` | %s | %s | %s |%n"
                        .formatted(
                                metric.fullName(),
                                metric.kind().name().toLowerCase(Locale.ROOT),
                                String.join(", ", metric.labels()),
                                metric.help()))
                .collect(Collectors.joining());
        assertThat(Files.readString(REFERENCE.resolve("node-discovery.md"))).contains(table + "<!-- end -->");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "discovery.ports[n].match.netdev",
                "discovery.ports[n].match.pci-address",
                "discovery.ports[n].match.vendor-device",
                "discovery.ports[n].match.driver",
                "discovery.ports[n].role",
                "discovery.ports[n].name",
                "discovery.ports[n].link-rate",
                "discovery.gated-ports",
                "discovery.publish.bare-labels",
                "discovery.publish.node-feature.enabled",
                "discovery.publish.node-feature.namespace",
                "discovery.rescan-interval",
                "server.port"
            })
    void shouldListEverySetting(String key) throws IOException {
        assertThat(Files.readString(REFERENCE.resolve("node-discovery.md"))).contains("| `" + key + "` |");
    }
}
