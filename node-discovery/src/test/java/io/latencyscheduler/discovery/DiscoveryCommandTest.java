package io.latencyscheduler.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class DiscoveryCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new DiscoveryCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Test
    void shouldPrintLabelsAndInventoryOfARecordedHost() throws IOException {
        assertThat(run(
                        "--dry-run",
                        "--host-root",
                        RecordedHostsTest.HOSTS.resolve("x710-vfio").toString()))
                .isZero();
        assertThat(Json.tree(out.toString()).path("labels").path("dpdk").asText())
                .isEqualTo("4");
        assertThat(Json.tree(out.toString()).path("inventory").path("ports")).hasSize(6);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void shouldTakeSettingsFromTheCommandLine() {
        assertThat(run(
                        "--dry-run",
                        "-o",
                        "table",
                        "--host-root",
                        RecordedHostsTest.HOSTS.resolve("x710-vfio").toString(),
                        "--discovery.ports[0].match.pci-address=0000:05:00.0",
                        "--discovery.ports[0].role=external"))
                .isZero();
        assertThat(out.toString()).contains("configured by discovery.ports[0]").contains("dpdk-nics              3");
    }

    @Test
    void shouldRefuseWithOneSentencePerFaultAndNoStackTrace() {
        assertThat(run("--dry-run", "--discovery.ports[0].role=mine", "--discovery.nonsense=1"))
                .isEqualTo(DiscoveryCommand.USAGE);
        assertThat(err.toString().lines()).hasSize(3).noneMatch(line -> line.contains("Exception"));
        assertThat(run("--dry-run", "--host-root", "/no/such/folder")).isEqualTo(DiscoveryCommand.USAGE);
        assertThat(run("--dry-run", "--nonsense")).isEqualTo(DiscoveryCommand.USAGE);
        assertThat(run("--dry-run", "--once")).isEqualTo(DiscoveryCommand.USAGE);
        assertThat(err.toString())
                .contains("--host-root: '/no/such/folder' must be a folder")
                .contains("unknown argument '--nonsense'")
                .doesNotContain("\tat ");
    }
}
