package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Feature;
import io.latencyscheduler.contract.NodeInventory.HugepagePool;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.discovery.fact.HostFacts;
import io.latencyscheduler.discovery.fact.NetworkInterface;
import io.latencyscheduler.discovery.fact.OpenVSwitch;
import io.latencyscheduler.discovery.fact.PciFunction;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Summaries of facts and inventory as labels. A label whose source could not be read is left out. */
final class Labels {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    private final SortedMap<String, String> labels = new TreeMap<>();

    private Labels() {}

    /** @param rolesKnown false while it could not be read who uses the ports, and nothing earlier says it */
    static SortedMap<String, String> of(
            HostFacts facts, NodeInventory inventory, boolean portsKnown, boolean rolesKnown, boolean bare) {
        Labels labels = new Labels();
        if (portsKnown) {
            labels.ports(inventory);
        }
        if (rolesKnown) {
            labels.count(NodeLabel.DPDK_NICS, inventory.ports(), port -> port.role() == Role.OWNED);
            labels.count(NodeLabel.GATED_PORTS, inventory.ports(), port -> port.role() == Role.GATED);
        }
        if (facts.pciFunctions().value() != null) {
            labels.virtualFunctions(
                    facts.pciFunctions().value(), facts.interfaces().orElse(List.of()), inventory);
        }
        if (facts.openVSwitch().value() != null) {
            labels.openVSwitch(facts.openVSwitch().value());
        }
        labels.system(facts);
        if (bare) {
            labels.bare(facts, inventory, rolesKnown);
        }
        return labels.labels;
    }

    private void ports(NodeInventory inventory) {
        List<Port> ports = inventory.ports();
        count(NodeLabel.DPDK_CAPABLE_NICS, ports, has(Feature.DPDK));
        count(NodeLabel.TSN_NICS, ports, has(Feature.LAUNCH_TIME).or(has(Feature.GATES)));
        count(NodeLabel.TSN_LAUNCH_TIME, ports, has(Feature.LAUNCH_TIME));
        count(NodeLabel.TSN_GATES, ports, has(Feature.GATES));
        count(NodeLabel.TSN_FRAME_PREEMPTION, ports, has(Feature.FRAME_PREEMPTION));
        count(NodeLabel.HARDWARE_TIMESTAMPING, ports, has(Feature.HARDWARE_TIMESTAMPING));
        count(NodeLabel.SRIOV_NICS, ports, has(Feature.SRIOV));
        put(
                NodeLabel.FASTEST_LINK_MBPS,
                ports.stream().mapToLong(Port::linkRateBps).max().orElse(0) / 1_000_000);
    }

    private static Predicate<Port> has(Feature feature) {
        return port -> port.features().contains(feature);
    }

    private void count(NodeLabel label, List<Port> ports, Predicate<Port> which) {
        put(label, ports.stream().filter(which).count());
    }

    private void virtualFunctions(
            List<PciFunction> functions, List<NetworkInterface> interfaces, NodeInventory inventory) {
        List<PciFunction> existing = functions.stream()
                .filter(function -> function.physicalFunction() != null)
                .toList();
        put(NodeLabel.SRIOV_VFS, existing.size());
        put(
                NodeLabel.SRIOV_VFS_TOTAL,
                functions.stream().mapToInt(PciFunction::sriovTotalVfs).sum());
        put(
                NodeLabel.SRIOV_VFS_FREE,
                existing.stream()
                        .filter(function -> inventory.ports().stream()
                                .anyMatch(port ->
                                        function.address().equals(port.pciAddress()) && unused(port, interfaces)))
                        .count());
    }

    /** Not the node's own, and nothing of the host built on it. */
    private static boolean unused(Port port, List<NetworkInterface> interfaces) {
        if (port.role() == Role.MANAGEMENT) {
            return false;
        }
        return port.role() == Role.OWNED
                || interfaces.stream()
                        .filter(netdev -> netdev.name().equals(port.netdev()))
                        .allMatch(netdev -> netdev.master() == null
                                && netdev.uppers().isEmpty()
                                && !Boolean.TRUE.equals(netdev.linkUp()));
    }

    private void openVSwitch(OpenVSwitch openVSwitch) {
        put(NodeLabel.OVS_DPDK, openVSwitch.dpdkInitialized());
        put(NodeLabel.OVS_VERSION, openVSwitch.running() ? openVSwitch.version() : "none");
        put(
                NodeLabel.OVS_VHOST_USER_PORTS,
                openVSwitch.bridges().stream()
                        .flatMap(bridge -> bridge.ports().stream())
                        .filter(port -> port.type().startsWith("dpdkvhostuser"))
                        .count());
    }

    private void system(HostFacts facts) {
        if (facts.ptpClocks().value() != null) {
            put(
                    NodeLabel.PTP,
                    facts.ptpClocks().value().stream()
                            .filter(clock -> clock.device() != null)
                            .count());
        }
        if (facts.hugepages().value() != null) {
            put(NodeLabel.HUGEPAGES_2MI, pages(facts, 2 * MIB));
            put(NodeLabel.HUGEPAGES_1GI, pages(facts, GIB));
        }
        if (facts.cpus().value() != null) {
            put(NodeLabel.ISOLATED_CPUS, CpuRanges.count(facts.cpus().value().isolated()));
            put(NodeLabel.NOHZ_FULL_CPUS, CpuRanges.count(facts.cpus().value().nohzFull()));
            put(NodeLabel.NUMA_NODES, facts.cpus().value().numaNodes());
        }
        if (facts.machine().value() != null) {
            put(NodeLabel.CPU_SOCKETS, facts.machine().value().cpuSockets());
            put(NodeLabel.CPU_CORES, facts.machine().value().cpuCores());
            put(NodeLabel.MEMORY_GIB, facts.machine().value().memoryBytes() / GIB);
        }
        if (facts.cpuManagerPolicy().value() != null) {
            put(NodeLabel.CPU_MANAGER_POLICY, facts.cpuManagerPolicy().value());
        }
        if (facts.iommu().value() != null) {
            put(NodeLabel.IOMMU, facts.iommu().value());
        }
        if (facts.kernel().value() != null) {
            put(NodeLabel.REAL_TIME_KERNEL, facts.kernel().value().realTime());
        }
    }

    private static long pages(HostFacts facts, long pageSizeBytes) {
        return Derivation.pools(facts.hugepages().orElse(List.of())).stream()
                .filter(pool -> pool.pageSizeBytes() == pageSizeBytes)
                .mapToLong(HugepagePool::total)
                .sum();
    }

    private void bare(HostFacts facts, NodeInventory inventory, boolean rolesKnown) {
        if (facts.openVSwitch().value() != null) {
            labels.put(
                    Keys.OVS_DPDK_LABEL,
                    String.valueOf(facts.openVSwitch().value().dpdkInitialized()));
        }
        if (rolesKnown) {
            labels.put(
                    Keys.DPDK_LABEL,
                    String.valueOf(inventory.ports().stream()
                            .filter(port -> port.role() == Role.OWNED)
                            .count()));
        }
    }

    private void put(NodeLabel label, Object value) {
        labels.put(label.key(), LabelValues.valid(String.valueOf(value)));
    }
}
