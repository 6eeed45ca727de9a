package io.latencyscheduler.dataplane.paths;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.dataplane.paths.PathSettings.Devices;
import io.latencyscheduler.dataplane.paths.ProbePlanner.Peer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProbePlannerTest {
    private static final Path FOLDER = Path.of("/run/latency-scheduler/paths");
    private static final String OVS_PROBE = "ovs-dpdk loop: dpdk --from"
            + " virtio_user0,path=/run/latency-scheduler/paths/probe0.sock,server=1 --to"
            + " virtio_user1,path=/run/latency-scheduler/paths/probe1.sock,server=1";

    private static final PathSettings DEFAULT = new PathSettings(
            100, Devices.AUTOMATIC, Optional.of(Path.of("/run/ovs.sock")), false, 9466, OptionalInt.empty());

    record Row(
            String name,
            PathSettings settings,
            @Nullable NodeInventory inventory,
            Set<String> held,
            List<Peer> peers,
            List<String> expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static PathSettings settings(int rate, Devices dpdk, Optional<Path> ovs) {
        return new PathSettings(rate, dpdk, ovs, false, 9466, OptionalInt.empty());
    }

    private static Port function(String address, Role role, String physicalFunction, @Nullable Integer iommuGroup) {
        return new Port(
                address,
                address,
                null,
                "VF",
                "8086:154c",
                "vfio-pci",
                0,
                0,
                null,
                role,
                "test",
                Set.of(),
                physicalFunction,
                iommuGroup,
                null,
                0);
    }

    private static NodeInventory inventory(boolean ovsDpdk, Port... ports) {
        return new NodeInventory("uid", List.of(ports), ovsDpdk, List.of(), "");
    }

    static Stream<Row> rows() {
        NodeInventory functions = inventory(
                false,
                function("0000:05:02.0", Role.OWNED, "0000:05:00.0", 7),
                function("0000:05:02.1", Role.OWNED, "0000:05:00.0", 8),
                function("0000:05:02.2", Role.OWNED, "0000:05:00.0", 9),
                function("0000:06:02.0", Role.OWNED, "0000:06:00.0", 10));
        return Stream.of(
                new Row(
                        "the kernel's path alone while the inventory is not known",
                        DEFAULT,
                        null,
                        Set.of(),
                        List.of(),
                        List.of("kernel loop: kernel")),
                new Row(
                        "nothing at rate 0",
                        settings(0, Devices.AUTOMATIC, DEFAULT.ovsDatabase()),
                        functions,
                        Set.of(),
                        List.of(),
                        List.of()),
                new Row(
                        "Open vSwitch's path where its DPDK datapath runs",
                        DEFAULT,
                        inventory(true),
                        Set.of(),
                        List.of(),
                        List.of("kernel loop: kernel", OVS_PROBE)),
                new Row(
                        "not Open vSwitch's path when that is off",
                        settings(100, Devices.AUTOMATIC, Optional.empty()),
                        inventory(true),
                        Set.of(),
                        List.of(),
                        List.of("kernel loop: kernel")),
                new Row(
                        "the last two free functions of one port",
                        DEFAULT,
                        functions,
                        Set.of(),
                        List.of(),
                        List.of("kernel loop: kernel", "dpdk loop: dpdk --from 0000:05:02.1 --to 0000:05:02.2")),
                new Row(
                        "other functions when a pod holds one",
                        DEFAULT,
                        functions,
                        Set.of("0000:05:02.2"),
                        List.of(),
                        List.of("kernel loop: kernel", "dpdk loop: dpdk --from 0000:05:02.0 --to 0000:05:02.1")),
                new Row(
                        "no functions when pods hold all but one of each port",
                        DEFAULT,
                        functions,
                        Set.of("0000:05:02.2", "0000:05:02.0"),
                        List.of(),
                        List.of("kernel loop: kernel")),
                new Row(
                        "no function of a role other than owned",
                        DEFAULT,
                        inventory(
                                false,
                                function("0000:05:02.0", Role.GATED, "0000:05:00.0", 7),
                                function("0000:05:02.1", Role.EXTERNAL, "0000:05:00.0", 8),
                                function("0000:05:02.2", Role.OWNED, "0000:05:00.0", 9)),
                        Set.of(),
                        List.of(),
                        List.of("kernel loop: kernel")),
                new Row(
                        "with hugepages where there is no IOMMU",
                        DEFAULT,
                        inventory(
                                false,
                                function("0000:05:02.0", Role.OWNED, "0000:05:00.0", null),
                                function("0000:05:02.1", Role.OWNED, "0000:05:00.0", null)),
                        Set.of(),
                        List.of(),
                        List.of(
                                "kernel loop: kernel",
                                "dpdk loop: dpdk --from 0000:05:02.0 --to 0000:05:02.1 --hugepages")),
                new Row(
                        "the configured devices, whatever the inventory says",
                        settings(100, new Devices(false, List.of("net_null0", "net_null1")), Optional.empty()),
                        null,
                        Set.of(),
                        List.of(),
                        List.of("kernel loop: kernel", "dpdk loop: dpdk --from net_null0 --to net_null1")),
                new Row(
                        "round trips to the peers",
                        DEFAULT,
                        null,
                        Set.of(),
                        List.of(new Peer("node-b", "10.0.0.2")),
                        List.of("kernel loop: kernel", "kernel pair to node-b: udp --address 10.0.0.2 --port 9466")),
                new Row(
                        "answers to other nodes, also when it knows none yet",
                        new PathSettings(100, Devices.NONE, Optional.empty(), true, 9467, OptionalInt.empty()),
                        null,
                        Set.of(),
                        List.of(),
                        List.of("kernel loop: kernel", "answers to other nodes: reflect --port 9467")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void shouldMeasure(Row row) {
        List<String> plan = new ArrayList<>();
        for (Probe probe : new ProbePlanner(row.settings(), FOLDER).plan(row.inventory(), row.held(), row.peers())) {
            plan.add(probe.display() + ": " + String.join(" ", probe.arguments()));
        }

        assertThat(plan).isEqualTo(row.expected());
    }
}
