package io.latencyscheduler.discovery.fact;

import java.util.List;
import java.util.Set;

/**
 * Everything read from one host, each source on its own.
 *
 * @param pciFunctions network functions on the PCI bus, in the order of their addresses
 * @param interfaces kernel interfaces, in the order of their names
 * @param cpuManagerPolicy the kubelet's, such as {@code static}; {@code none} when the kubelet keeps no state
 * @param iommu whether an IOMMU is active
 * @param unreadDevices PCI addresses and interfaces that are there but could not be read: nothing is concluded about them
 * @param problems all that was skipped, for people
 */
public record HostFacts(
        Fact<List<PciFunction>> pciFunctions,
        Fact<List<NetworkInterface>> interfaces,
        Fact<Routes> routes,
        Fact<OpenVSwitch> openVSwitch,
        Fact<List<PtpClock>> ptpClocks,
        Fact<List<Hugepages>> hugepages,
        Fact<Cpus> cpus,
        Fact<Kernel> kernel,
        Fact<String> cpuManagerPolicy,
        Fact<Boolean> iommu,
        Fact<Machine> machine,
        Set<String> unreadDevices,
        List<Problem> problems) {
    public HostFacts {
        unreadDevices = Set.copyOf(unreadDevices);
        problems = List.copyOf(problems);
    }
}
