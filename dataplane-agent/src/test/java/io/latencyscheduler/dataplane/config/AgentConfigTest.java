package io.latencyscheduler.dataplane.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.dataplane.devices.DeviceSettings;
import io.latencyscheduler.dataplane.devices.FunctionSettings;
import io.latencyscheduler.dataplane.kubelet.KubeletSettings;
import io.latencyscheduler.dataplane.overlay.OverlayConfig;
import io.latencyscheduler.dataplane.paths.PathSettings;
import io.latencyscheduler.dataplane.plan.LatePolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

public class AgentConfigTest {
    /** The configuration that these properties give, on {@code node-1} unless they name another. */
    public static Reading<AgentConfig> read(Map<String, String> properties) {
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
                                false,
                                Map.of(),
                                new OverlayConfig(
                                        OverlayConfig.Mode.NONE,
                                        "tsn-int",
                                        "tsn-phy",
                                        "",
                                        "",
                                        7437,
                                        4789,
                                        1500,
                                        "",
                                        Path.of("/var/run/openvswitch/db.sock"),
                                        250),
                                new PathSettings(
                                        100,
                                        PathSettings.Devices.AUTOMATIC,
                                        Optional.of(Path.of("/var/run/openvswitch/db.sock")),
                                        false,
                                        9466,
                                        OptionalInt.empty()),
                                DeviceSettings.DEFAULT,
                                "",
                                KubeletSettings.OFF),
                        List.of(),
                        List.of()));
    }

    @Test
    void shouldReadEveryPropertyUnderItsName() {
        Map<String, String> properties = new HashMap<>();
        properties.put("dataplane.run-directory", "/var/run/ls");
        properties.put("dataplane.overlay.mode", "ovs");
        properties.put("dataplane.overlay.bridge", "br-int");
        properties.put("dataplane.overlay.physical-bridge", "br-phy");
        properties.put("dataplane.overlay.uplink-devargs", "0000:05:00.0");
        properties.put("dataplane.overlay.address", "10.0.10.11/24");
        properties.put("dataplane.overlay.vni", "42");
        properties.put("dataplane.overlay.udp-port", "8472");
        properties.put("dataplane.overlay.uplink-mtu", "9000");
        properties.put("dataplane.overlay.engine-port", "uplink0");
        properties.put("dataplane.overlay.ovsdb", "/run/ovs/db.sock");
        properties.put("dataplane.overlay.max-attachments", "110");
        properties.put("dataplane.backend", "dpdk");
        properties.put("dataplane.memory-megabytes", "128");
        properties.put("dataplane.cpus", "2, 3");
        properties.put("dataplane.idle", "spin");
        properties.put("dataplane.guard", "2us");
        properties.put("dataplane.tai-offset-seconds", "37");
        properties.put("dataplane.clock-source", "kernel");
        properties.put("dataplane.heartbeat", "10s");
        properties.put("dataplane.evict-refused", "false");
        properties.put("dataplane.check-cgroup", "true");
        properties.put("dataplane.devices.driver", "vfio-pci");
        properties.put("dataplane.devices.vlan", "42");
        properties.put("dataplane.devices.trust", "true");
        properties.put("dataplane.devices.spoof-check", "false");
        properties.put("dataplane.devices.virtual-functions[0000:05:00.0]", "8");
        properties.put("dataplane.library-directory", "/opt/ls");
        properties.put("dataplane.device-plugin.enabled", "true");
        properties.put("dataplane.device-plugin.kubelet-directory", "/var/kubelet");
        properties.put("dataplane.device-plugin.cdi-directory", "/etc/cdi");
        properties.put("dataplane.paths.rate", "250");
        properties.put("dataplane.paths.dpdk", "net_null0 net_null1");
        properties.put("dataplane.paths.peers", "auto");
        properties.put("dataplane.paths.peer-port", "9000");
        properties.put("dataplane.paths.cpu", "3");
        properties.put("dataplane.ports.uplink0.backend", "af-packet");
        properties.put("dataplane.ports.uplink0.devargs", "net_null0");
        properties.put("dataplane.ports.uplink0.guard", "500ns");
        properties.put("dataplane.ports.uplink0.vxlan", "true");
        properties.put("dataplane.ports.uplink0.max-sdu-bytes", "512");
        properties.put("dataplane.ports.uplink0.best-effort", "true");
        properties.put("dataplane.ports.uplink0.late-policy", "next-window");
        properties.put("dataplane.ports.uplink0.offload", "gates");
        properties.put("dataplane.ports.uplink0.kernel-interface", "veth-agent");
        properties.put("dataplane.ports.uplink0.launch-ahead", "4us");
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
                        true,
                        Map.of(
                                "uplink0",
                                new AgentConfig.Port(
                                        AgentConfig.Backend.AF_PACKET,
                                        "net_null0",
                                        500,
                                        true,
                                        512,
                                        true,
                                        LatePolicy.NEXT_WINDOW,
                                        AgentConfig.Offload.GATES,
                                        "veth-agent",
                                        4_000,
                                        List.of(new ReservedWindow("ptp", 125_000_000, 5_000, 2_000)))),
                        new OverlayConfig(
                                OverlayConfig.Mode.OVS,
                                "br-int",
                                "br-phy",
                                "0000:05:00.0",
                                "10.0.10.11/24",
                                42,
                                8472,
                                9000,
                                "uplink0",
                                Path.of("/run/ovs/db.sock"),
                                110),
                        new PathSettings(
                                250,
                                new PathSettings.Devices(false, List.of("net_null0", "net_null1")),
                                Optional.of(Path.of("/run/ovs/db.sock")),
                                true,
                                9000,
                                OptionalInt.of(3)),
                        new DeviceSettings(
                                "vfio-pci",
                                new FunctionSettings(FunctionSettings.NO_MAC, 42, true, false),
                                Map.of("0000:05:00.0", 8)),
                        "/opt/ls",
                        new KubeletSettings(true, Path.of("/var/kubelet"), Path.of("/etc/cdi"))));
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
                "dataplane.paths.rate", "20",
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
                        "dataplane.paths.rate",
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
