package io.latencyscheduler.discovery.derive;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.discovery.config.ConfigReader;
import io.latencyscheduler.discovery.fact.Cpus;
import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.HostFacts;
import io.latencyscheduler.discovery.fact.Kernel;
import io.latencyscheduler.discovery.fact.NetworkInterface;
import io.latencyscheduler.discovery.fact.OpenVSwitch;
import io.latencyscheduler.discovery.fact.PciFunction;
import io.latencyscheduler.discovery.fact.Problem;
import io.latencyscheduler.discovery.fact.Routes;
import io.latencyscheduler.discovery.host.DeviceTables;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DerivationTest {
    private static final String UID = "uid-1";
    private static final DeviceCatalogue CATALOGUE = DeviceTables.shipped();
    private static final Routes ROUTES = new Routes(Set.of("eno1"), Set.of("eno1"));

    private static PciFunction x710(int function) {
        return new PciFunction(
                "0000:05:00." + function,
                "8086:1572",
                "X710",
                "vfio-pci",
                0,
                30 + function,
                List.of(),
                List.of(),
                0,
                List.of(),
                null,
                null);
    }

    private static PciFunction i225() {
        return new PciFunction(
                "0000:01:00.0",
                "8086:15f3",
                "I225-V",
                "igc",
                -1,
                null,
                List.of(),
                List.of("enp1s0"),
                0,
                List.of(),
                null,
                "ptp0");
    }

    private static NetworkInterface netdev(String name, @Nullable String device, long linkRateBps) {
        return new NetworkInterface(
                name,
                device,
                device == null ? null : "igc",
                -1,
                linkRateBps > 0,
                linkRateBps,
                null,
                List.of(),
                List.of(),
                4,
                null,
                null,
                null);
    }

    private static HostFacts facts(
            Fact<List<PciFunction>> functions,
            List<NetworkInterface> interfaces,
            Fact<Routes> routes,
            Fact<OpenVSwitch> openVSwitch,
            Set<String> unread) {
        return new HostFacts(
                functions,
                Fact.known(interfaces),
                routes,
                openVSwitch,
                Fact.known(List.of()),
                Fact.known(List.of()),
                Fact.known(new Cpus("2-3", "", 1)),
                Fact.known(new Kernel("6.1", false)),
                Fact.known("static"),
                Fact.known(true),
                Fact.unread("not asked"),
                unread,
                List.of());
    }

    private static HostFacts facts(List<PciFunction> functions, List<NetworkInterface> interfaces) {
        return facts(Fact.known(functions), interfaces, Fact.known(ROUTES), Fact.known(OpenVSwitch.NONE), Set.of());
    }

    private static Derived derive(HostFacts facts, @Nullable NodeInventory earlier, String... properties) {
        Map<String, String> map = new java.util.HashMap<>();
        for (String property : properties) {
            map.put(property.split("=", 2)[0], property.split("=", 2)[1]);
        }
        var reading = ConfigReader.read(map);
        assertThat(reading.faults()).isEmpty();
        return new Derivation(reading.value(), CATALOGUE).derive(facts, UID, earlier);
    }

    private static Port port(Derived derived, String name) {
        return derived.inventory().port(name).orElseThrow();
    }

    @Test
    void shouldGiveTheSameForTheSame() {
        HostFacts facts =
                facts(List.of(x710(0), x710(1), i225()), List.of(netdev("enp1s0", "0000:01:00.0", 1_000_000_000)));
        assertThat(derive(facts, null)).isEqualTo(derive(facts, null));
    }

    @Test
    void shouldKeepThePortsWhenThePciBusCannotBeRead() {
        Derived before = derive(facts(List.of(x710(0), x710(1)), List.of()), null);
        HostFacts blind =
                facts(Fact.unread("EIO"), List.of(), Fact.known(ROUTES), Fact.known(OpenVSwitch.NONE), Set.of());
        Derived now = derive(blind, before.inventory());
        assertThat(now.inventory()).isEqualTo(before.inventory());
        assertThat(now.labels()).containsEntry(NodeLabel.DPDK_NICS.key(), "2");
    }

    @Test
    void shouldPublishNoPortsWhenNothingWasEverKnown() {
        HostFacts blind =
                facts(Fact.unread("EIO"), List.of(), Fact.known(ROUTES), Fact.known(OpenVSwitch.NONE), Set.of());
        Derived now = derive(blind, null);
        assertThat(now.inventoryKnown()).isFalse();
        assertThat(now.labels()).doesNotContainKeys(NodeLabel.DPDK_NICS.key(), "dpdk", NodeLabel.TSN_GATES.key());
    }

    @Test
    void shouldIgnoreWhatWasKnownOfAnotherNodeOfThisName() {
        Derived before = derive(facts(List.of(x710(0)), List.of()), null);
        NodeInventory other = new NodeInventory(
                "uid-0", before.inventory().ports(), false, before.inventory().hugepages(), "");
        HostFacts blind =
                facts(Fact.unread("EIO"), List.of(), Fact.known(ROUTES), Fact.known(OpenVSwitch.NONE), Set.of());
        assertThat(derive(blind, other).inventoryKnown()).isFalse();
    }

    @Test
    void shouldKeepOneUnreadableDeviceAndDropOneThatIsGone() {
        Derived before = derive(facts(List.of(x710(0), x710(1), x710(2)), List.of()), null);
        HostFacts now = facts(
                Fact.known(List.of(x710(0))),
                List.of(),
                Fact.known(ROUTES),
                Fact.known(OpenVSwitch.NONE),
                Set.of("0000:05:00.1"));
        assertThat(derive(now, before.inventory()).inventory().ports().stream().map(Port::name))
                .containsExactly("0000:05:00.0", "0000:05:00.1");
    }

    @Test
    void shouldOwnNoNewPortWhileOpenVSwitchCannotBeRead() {
        Derived before = derive(facts(List.of(x710(0)), List.of()), null);
        HostFacts now = facts(
                Fact.known(List.of(x710(0), x710(1))), List.of(), Fact.known(ROUTES), Fact.unread("timeout"), Set.of());
        Derived derived = derive(now, before.inventory());
        assertThat(port(derived, "0000:05:00.0").role()).isEqualTo(Role.OWNED);
        assertThat(port(derived, "0000:05:00.1").role()).isEqualTo(Role.EXTERNAL);
        assertThat(port(derived, "0000:05:00.1").roleReason())
                .isEqualTo("Open vSwitch could not be read: somebody may use it");
    }

    @Test
    void shouldKeepAGatedPortAndItsRateWhileItsCableIsPulled() {
        Derived up = derive(facts(List.of(i225()), List.of(netdev("enp1s0", "0000:01:00.0", 2_500_000_000L))), null);
        Derived down = derive(facts(List.of(i225()), List.of(netdev("enp1s0", "0000:01:00.0", 0))), up.inventory());
        assertThat(port(down, "enp1s0").role()).isEqualTo(Role.GATED);
        assertThat(port(down, "enp1s0").linkRateBps()).isEqualTo(2_500_000_000L);
        assertThat(port(down, "enp1s0").linkUp()).isFalse();
    }

    @Test
    void shouldGateAVirtualInterfaceThatARuleNamesWithItsRate() {
        HostFacts facts = facts(List.of(), List.of(netdev("tsn0", null, 0), netdev("veth1", null, 10_000_000_000L)));
        Derived derived = derive(
                facts,
                null,
                "discovery.ports[0].match.netdev=tsn0",
                "discovery.ports[0].role=gated",
                "discovery.ports[0].name=uplink0",
                "discovery.ports[0].linkRate=1Gbps");
        assertThat(derived.inventory().ports()).hasSize(1);
        assertThat(port(derived, "uplink0").netdev()).isEqualTo("tsn0");
        assertThat(port(derived, "uplink0").linkRateBps()).isEqualTo(1_000_000_000L);
        assertThat(derived.labels()).containsEntry(NodeLabel.GATED_PORTS.key(), "1");
    }

    @Test
    void shouldRefuseToGateAPortOfUnknownRateAndSayWhatToSet() {
        Derived derived = derive(
                facts(List.of(), List.of(netdev("tsn0", null, 0))),
                null,
                "discovery.ports[0].match.netdev=tsn0",
                "discovery.ports[0].role=gated");
        assertThat(port(derived, "tsn0").role()).isEqualTo(Role.EXTERNAL);
        assertThat(derived.problems().stream().map(Problem::sentence))
                .containsExactly("ports: tsn0: discovery.ports[0] says gated, but the link rate is unknown: set"
                        + " discovery.ports[0].link-rate");
    }

    @Test
    void shouldGateOnlyTheFirstOfTwoPortsThatOneRuleNames() {
        Derived derived = derive(
                facts(List.of(), List.of(netdev("tsn0", null, 0), netdev("tsn1", null, 0))),
                null,
                "discovery.ports[0].match.netdev=tsn*",
                "discovery.ports[0].role=gated",
                "discovery.ports[0].name=uplink0",
                "discovery.ports[0].link-rate=1Gbps");
        assertThat(port(derived, "uplink0").netdev()).isEqualTo("tsn0");
        assertThat(port(derived, "tsn1").role()).isEqualTo(Role.EXTERNAL);
        assertThat(derived.problems()).hasSize(1);
    }

    @Test
    void shouldNeverOwnThePortOfTheDefaultRoute() {
        PciFunction nic = new PciFunction(
                "0000:02:00.0",
                "8086:1521",
                "I350",
                "igb",
                0,
                null,
                List.of(),
                List.of("eno1"),
                0,
                List.of(),
                null,
                null);
        Derived derived = derive(
                facts(List.of(nic), List.of(netdev("eno1", "0000:02:00.0", 1_000_000_000))),
                null,
                "discovery.ports[0].match.driver=igb",
                "discovery.ports[0].role=owned");
        assertThat(port(derived, "0000:02:00.0").role()).isEqualTo(Role.MANAGEMENT);
        assertThat(derived.problems()).hasSize(1);
    }

    @Test
    void shouldOwnOneFunctionPerIommuGroup() {
        PciFunction first = new PciFunction(
                "0000:03:00.0", "8086:1521", "I350", "vfio-pci", 0, 6, List.of(), List.of(), 0, List.of(), null, null);
        PciFunction second = new PciFunction(
                "0000:03:00.1", "8086:1521", "I350", "vfio-pci", 0, 6, List.of(), List.of(), 0, List.of(), null, null);
        Derived derived = derive(facts(List.of(first, second), List.of()), null);
        assertThat(derived.labels()).containsEntry(NodeLabel.DPDK_NICS.key(), "1");
        assertThat(port(derived, "0000:03:00.1").roleReason())
                .isEqualTo("shares IOMMU group 6 with 0000:03:00.0: it goes where that one goes");
    }

    @Test
    void shouldWriteOnlyValidLabelValues() {
        assertThat(LabelValues.valid("static")).isEqualTo("static");
        assertThat(LabelValues.valid("3.1.0 (DPDK/22.11)")).isEqualTo("3.1.0__DPDK_22.11");
        assertThat(LabelValues.valid("-")).isEqualTo("unknown");
        assertThat(LabelValues.valid("x".repeat(80))).hasSize(63);
    }

    @Test
    void shouldCountCpuRanges() {
        assertThat(CpuRanges.count("2-5,8")).isEqualTo(5);
        assertThat(CpuRanges.count("")).isZero();
        assertThat(CpuRanges.count("5-2,x,3-")).isZero();
    }
}
