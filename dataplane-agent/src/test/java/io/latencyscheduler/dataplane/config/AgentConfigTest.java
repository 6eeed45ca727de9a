package io.latencyscheduler.dataplane.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.Reading;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class AgentConfigTest {
    private static Reading<AgentConfig> read(Map<String, String> properties) {
        Map<String, String> all = new HashMap<>(properties);
        all.putIfAbsent("dataplane.node-name", "node-1");
        return AgentConfig.read(
                new Binder(new MapConfigurationPropertySource(all)).bindOrCreate("dataplane", AgentProperties.class));
    }

    @Test
    void shouldHaveTheseDefaults() {
        assertThat(read(Map.of()))
                .isEqualTo(new Reading<>(
                        new AgentConfig(
                                "node-1",
                                Path.of("/run/latency-scheduler"),
                                AgentConfig.Backend.AUTO,
                                64,
                                List.of(),
                                false,
                                1_000,
                                OptionalInt.empty(),
                                "none",
                                Duration.ofSeconds(30),
                                true,
                                Map.of()),
                        List.of(),
                        List.of()));
    }

    @Test
    void shouldReadEveryPropertyUnderItsName() {
        Map<String, String> properties = new HashMap<>();
        properties.put("dataplane.run-directory", "/var/run/ls");
        properties.put("dataplane.backend", "dpdk");
        properties.put("dataplane.memory-megabytes", "128");
        properties.put("dataplane.cpus", "2, 3");
        properties.put("dataplane.idle", "spin");
        properties.put("dataplane.guard", "2us");
        properties.put("dataplane.tai-offset-seconds", "37");
        properties.put("dataplane.clock-source", "kernel");
        properties.put("dataplane.heartbeat", "10s");
        properties.put("dataplane.evict-refused", "false");
        properties.put("dataplane.ports.uplink0.backend", "af-packet");
        properties.put("dataplane.ports.uplink0.devargs", "net_null0");
        properties.put("dataplane.ports.uplink0.guard", "500ns");
        properties.put("dataplane.ports.uplink0.vxlan", "true");
        properties.put("dataplane.ports.uplink0.max-sdu-bytes", "512");
        properties.put("dataplane.ports.uplink0.best-effort", "true");
        properties.put("dataplane.ports.uplink0.reserved[0].name", "ptp");
        properties.put("dataplane.ports.uplink0.reserved[0].period", "125ms");
        properties.put("dataplane.ports.uplink0.reserved[0].offset", "5us");
        properties.put("dataplane.ports.uplink0.reserved[0].window", "2us");
        Reading<AgentConfig> reading = read(properties);
        assertThat(reading.faults()).isEmpty();
        assertThat(reading.value())
                .isEqualTo(new AgentConfig(
                        "node-1",
                        Path.of("/var/run/ls"),
                        AgentConfig.Backend.DPDK,
                        128,
                        List.of(2, 3),
                        true,
                        2_000,
                        OptionalInt.of(37),
                        "kernel",
                        Duration.ofSeconds(10),
                        false,
                        Map.of(
                                "uplink0",
                                new AgentConfig.Port(
                                        AgentConfig.Backend.AF_PACKET,
                                        "net_null0",
                                        500,
                                        true,
                                        512,
                                        true,
                                        List.of(new ReservedWindow("ptp", 125_000_000, 5_000, 2_000))))));
    }

    @Test
    void shouldReportAllFaultsAtOnceEachWithItsPropertyAndValue() {
        Reading<AgentConfig> reading = read(Map.of(
                "dataplane.node-name", " ",
                "dataplane.run-directory", "relative",
                "dataplane.backend", "xdp",
                "dataplane.memory-megabytes", "1",
                "dataplane.cpus", "a",
                "dataplane.idle", "busy",
                "dataplane.guard", "-1",
                "dataplane.heartbeat", "2h",
                "dataplane.ports.p.max-sdu-bytes", "9000"));
        assertThat(reading.faults())
                .extracting(Fault::key)
                .contains(
                        "dataplane.node-name",
                        "dataplane.run-directory",
                        "dataplane.backend",
                        "dataplane.memory-megabytes",
                        "dataplane.cpus",
                        "dataplane.idle",
                        "dataplane.guard",
                        "dataplane.heartbeat",
                        "dataplane.ports.p.max-sdu-bytes");
        assertThat(reading.faults())
                .extracting(Fault::sentence)
                .contains("dataplane.backend: 'xdp' must be auto, dpdk or af-packet");
    }

    @Test
    void shouldRefuseARunDirectoryWhoseSocketsWouldBeTooLong() {
        assertThat(read(Map.of("dataplane.run-directory", "/" + "a".repeat(90))).faults())
                .extracting(Fault::key)
                .containsExactly("dataplane.run-directory");
    }
}
