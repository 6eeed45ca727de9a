package io.latencyscheduler.discovery.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.discovery.config.DiscoveryConfig.GatedPorts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigReaderTest {
    @Test
    void shouldPinTheDefaults() {
        assertThat(ConfigReader.read(Map.of()).value())
                .isEqualTo(new DiscoveryConfig(
                        List.of(), GatedPorts.AUTO, true, Duration.ofSeconds(60), false, "node-feature-discovery"));
    }

    @Test
    void shouldReadEveryProperty() {
        Reading<DiscoveryConfig> reading = ConfigReader.read(Map.of(
                "discovery.ports[0].match.netdev", "tsn0",
                "discovery.ports[0].match.pci-address", "0000:05:00.*",
                "discovery.ports[0].match.vendor-device", "8086:15f?",
                "discovery.ports[0].match.driver", "igc",
                "discovery.ports[0].role", "gated",
                "discovery.ports[0].name", "uplink0",
                "discovery.ports[0].link-rate", "2500Mbps",
                "discovery.gated-ports", "configured",
                "discovery.publish.bare-labels", "false",
                "discovery.rescan-interval", "5s"));
        assertThat(reading.faults()).isEmpty();
        assertThat(reading.value())
                .isEqualTo(new DiscoveryConfig(
                        List.of(new PortRule(
                                "discovery.ports[0]",
                                new Match("tsn0", "0000:05:00.*", "8086:15f?", "igc"),
                                Role.GATED,
                                "uplink0",
                                2_500_000_000L)),
                        GatedPorts.CONFIGURED,
                        false,
                        Duration.ofSeconds(5),
                        false,
                        "node-feature-discovery"));
    }

    @Test
    void shouldReportEveryFaultAtOnceWithValueAndAcceptedForm() {
        Reading<DiscoveryConfig> reading = ConfigReader.read(Map.of(
                "discovery.ports[0].role", "mine",
                "discovery.ports[0].linkRate", "fast",
                "discovery.publish.bare-labels", "yes",
                "discovery.rescan-interval", "1ms",
                "discovery.rescan", "1s"));
        assertThat(reading.faults().stream().map(Fault::sentence))
                .containsExactlyInAnyOrder(
                        "discovery.ports[0].match: '' must be at least one of netdev, pci-address, vendor-device and driver",
                        "discovery.ports[0].role: 'mine' must be owned, gated, management or external",
                        "discovery.ports[0].linkRate: 'fast' must be " + LinkRates.ACCEPTED,
                        "discovery.publish.bare-labels: 'yes' must be true or false",
                        "discovery.rescan-interval: '1ms' must be at least 1s, such as 60s",
                        "discovery.rescan: '1s' must be removed: there is no such setting");
    }
}
