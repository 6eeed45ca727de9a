package io.latencyscheduler.discovery.fact;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A PCI network function, whether the kernel drives it or not. A function bound to a userspace driver has vanished from
 * {@code /sys/class/net} and is found here alone.
 *
 * @param address domain, bus, device and function, such as {@code 0000:05:00.0}
 * @param vendorDevice ids such as {@code 8086:15f3}
 * @param model vendor and device in words; the ids where nobody named it
 * @param driver the bound driver; null when none is
 * @param numaNode -1 when the machine does not say
 * @param iommuGroup null without an IOMMU
 * @param iommuGroupHolders other functions of the same group that a kernel driver holds: VFIO then refuses the group
 * @param netdevs kernel interfaces, in the order of their names; empty while bound to a userspace driver
 * @param sriovTotalVfs virtual functions it can create; 0 without SR-IOV
 * @param virtualFunctions addresses of those it has created
 * @param physicalFunction address of the function it belongs to; null unless it is a virtual function
 * @param ptpClock its hardware clock, such as {@code ptp0}
 */
public record PciFunction(
        String address,
        String vendorDevice,
        String model,
        @Nullable String driver,
        int numaNode,
        @Nullable Integer iommuGroup,
        List<String> iommuGroupHolders,
        List<String> netdevs,
        int sriovTotalVfs,
        List<String> virtualFunctions,
        @Nullable String physicalFunction,
        @Nullable String ptpClock) {
    public PciFunction {
        iommuGroupHolders = List.copyOf(iommuGroupHolders);
        netdevs = List.copyOf(netdevs);
        virtualFunctions = List.copyOf(virtualFunctions);
    }
}
