package io.latencyscheduler.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.derive.Derived;
import io.latencyscheduler.discovery.fact.Problem;
import io.latencyscheduler.discovery.host.DeviceTables;
import io.latencyscheduler.discovery.host.HostFiles;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.discovery.output.JsonOutput;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole results for whole machines. Each folder of {@code src/test/hosts} holds a tree and beside it what is expected;
 * {@code -Drecorded.hosts.update=true} writes the expectations anew, to be read before they are committed.
 */
class RecordedHostsTest {
    static final Path HOSTS =
            Path.of(System.getProperty("repository.root", "..")).resolve("node-discovery/src/test/hosts");

    static Stream<Path> hosts() throws IOException {
        try (Stream<Path> folders = Files.list(HOSTS)) {
            return folders.filter(Files::isDirectory).sorted().toList().stream();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hosts")
    void shouldConcludeWhatIsWrittenBesideTheTree(Path host) throws IOException {
        Derived derived = new Derivation(DiscoveryConfig.DEFAULTS, DeviceTables.shipped())
                .derive(new HostReader(new HostFiles(host)).read(), "", null);
        compare(host.resolve("labels.json"), Json.toTree(derived.labels()));
        compare(host.resolve("inventory.json"), JsonOutput.inventory(derived.inventory()));
        compare(
                host.resolve("problems.json"),
                Json.toTree(derived.problems().stream().map(Problem::sentence).toList()));
    }

    private static void compare(Path expected, JsonNode actual) throws IOException {
        if (Boolean.getBoolean("recorded.hosts.update")) {
            Files.writeString(expected, JsonOutput.pretty(actual));
        }
        assertThat(JsonOutput.pretty(actual)).isEqualTo(Files.readString(expected));
    }

    @Test
    void shouldHaveAtLeastTwelveMachines() throws IOException {
        List<String> names = hosts().map(host -> host.getFileName().toString()).toList();
        assertThat(names)
                .hasSizeGreaterThanOrEqualTo(12)
                .contains("x710-vfio", "ovs-dpdk", "industrial-pc", "plain-vm", "broken", "no-nic");
    }
}
