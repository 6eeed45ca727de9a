package io.latencyscheduler.contract;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Spec of the cluster-scoped custom resource of the same name: what node-discovery found on one node. The API server
 * raises {@code metadata.generation} when, and only when, the facts change.
 *
 * @param nodeUid UID of the Node object it was written for; a re-created node is a different one
 * @param ports every network port, in the order of their names
 * @param ovsDpdk whether an Open vSwitch with an initialised DPDK datapath runs there
 * @param hugepages pools per NUMA node
 * @param isolatedCpus CPUs isolated from the kernel's scheduler, as ranges such as {@code 2-5,8}; empty when none
 */
public record NodeInventory(
        String nodeUid, List<Port> ports, boolean ovsDpdk, List<HugepagePool> hugepages, String isolatedCpus) {
    /** {@code kind} of the resource. */
    public static final String KIND = "NodeInventory";

    /** What is absent in an object of the API reads as null: such an object is none. */
    public NodeInventory {
        Objects.requireNonNull(nodeUid, "nodeUid");
        ports = List.copyOf(ports);
        hugepages = List.copyOf(hugepages);
    }

    /** Who may use a port. */
    public enum Role implements WireName {
        /** Belongs to one pod at a time. */
        OWNED("owned"),
        /** Run by the agent; its time is divided into windows. */
        GATED("gated"),
        /** The node's own traffic. Never given away. */
        MANAGEMENT("management"),
        /** Used by somebody else: another device plugin, an Open vSwitch uplink. Not counted. */
        EXTERNAL("external");

        private final String wireName;

        Role(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /** What a port can do, each its own fact: none is concluded from another. */
    public enum Feature implements WireName {
        /** A DPDK poll mode driver serves the device. */
        DPDK("dpdk"),
        /** Sends a frame at a launch time stated in its descriptor. */
        LAUNCH_TIME("launch-time"),
        /** Has an 802.1Qbv gate engine in hardware. */
        GATES("gates"),
        /** Frame preemption, 802.1Qbu. */
        FRAME_PREEMPTION("frame-preemption"),
        /** Stamps frames in hardware. */
        HARDWARE_TIMESTAMPING("hardware-timestamping"),
        /** Is an SR-IOV virtual function. */
        VIRTUAL_FUNCTION("virtual-function"),
        /** Can create SR-IOV virtual functions. */
        SRIOV("sriov");

        private final String wireName;

        Feature(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /**
     * One network port.
     *
     * @param name what allocations call it: the configured name of a gated port, else the PCI address, else the netdev
     * @param pciAddress such as {@code 0000:05:00.0}; null for a port that is no PCI function
     * @param netdev the kernel interface; null while bound to a userspace driver
     * @param model vendor and device in words
     * @param vendorDevice PCI ids such as {@code 8086:15f3}; null for a port that is no PCI function
     * @param driver the bound driver; null when none is
     * @param numaNode -1 when the machine does not say
     * @param linkRateBps bits per second; 0 when unknown, which is never guessed
     * @param linkUp null when it cannot be read, as for a port bound to a userspace driver
     * @param role who may use it
     * @param roleReason why it has that role, in words
     * @param features what it can do
     * @param physicalFunction PCI address of the function that a virtual function belongs to; null for any other port
     * @param iommuGroup functions of one group can only go to one pod; null when there is no IOMMU
     * @param ptpClock the port's hardware clock, such as {@code ptp0}; null when it has none
     * @param txQueues transmit queues; 0 when unknown, as for a port bound to a userspace driver
     */
    public record Port(
            String name,
            @Nullable String pciAddress,
            @Nullable String netdev,
            String model,
            @Nullable String vendorDevice,
            @Nullable String driver,
            int numaNode,
            long linkRateBps,
            @Nullable Boolean linkUp,
            Role role,
            String roleReason,
            Set<Feature> features,
            @Nullable String physicalFunction,
            @Nullable Integer iommuGroup,
            @Nullable String ptpClock,
            int txQueues) {
        public Port {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(role, "role");
            features = Set.copyOf(features);
        }
    }

    /** Hugepages of one size on one NUMA node. How many are free is left out: it changes with every pod. */
    public record HugepagePool(int numaNode, long pageSizeBytes, long total) {}

    /** The port of this name, if there is one. */
    public Optional<Port> port(String name) {
        return ports.stream().filter(port -> port.name().equals(name)).findFirst();
    }
}
