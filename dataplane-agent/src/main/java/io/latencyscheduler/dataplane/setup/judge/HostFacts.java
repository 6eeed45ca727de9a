package io.latencyscheduler.dataplane.setup.judge;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What matters of a host.
 *
 * @param hugepages 2 MB pages reserved
 * @param freeHugepages of these, in nobody's use
 * @param iommu whether the kernel runs an IOMMU
 * @param vfioPci whether the driver vfio-pci is there
 * @param unsafeNoIommu whether vfio may work without an IOMMU; empty where vfio does not say
 * @param isolatedCpus CPUs kept from the kernel's scheduler, ascending
 * @param lockableBytes limit of memory that may be locked; {@link Long#MAX_VALUE} when there is none
 * @param openVSwitch what runs of Open vSwitch
 * @param devices network devices on PCI, by address
 */
public record HostFacts(
        long hugepages,
        long freeHugepages,
        boolean iommu,
        boolean vfioPci,
        Optional<Boolean> unsafeNoIommu,
        List<Integer> isolatedCpus,
        long lockableBytes,
        OpenVSwitch openVSwitch,
        Map<String, Device> devices) {
    public HostFacts {
        isolatedCpus = List.copyOf(isolatedCpus);
        devices = Map.copyOf(devices);
    }

    /** What runs of Open vSwitch. */
    public enum OpenVSwitch {
        /** Its database does not answer. */
        ABSENT,
        /** It runs without DPDK. */
        PLAIN,
        /** It runs with DPDK. */
        DPDK
    }

    /**
     * A network device.
     *
     * @param address PCI address
     * @param driver bound driver; empty when none is
     * @param netdev kernel interface; empty when none
     * @param inUse why it must not be taken from the kernel, in words; empty when it may
     */
    public record Device(String address, String driver, String netdev, String inUse) {}
}
