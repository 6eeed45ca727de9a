package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.contract.Keys;

/**
 * Every label that discovery writes on a node, prefixed. A label that is absent is unknown: what was looked for and not
 * found is written as {@code 0} or {@code false}. Counts are integers, so that node affinity {@code Gt} and {@code Lt} work.
 */
public enum NodeLabel {
    DPDK_NICS("dpdk-nics", Form.COUNT, "owned ports: DPDK ports that can be given to a pod, in use or not"),
    DPDK_CAPABLE_NICS("dpdk-capable-nics", Form.COUNT, "ports that a DPDK driver serves, whatever is bound to them"),
    GATED_PORTS("gated-ports", Form.COUNT, "ports whose time is divided into windows"),
    OVS_DPDK("ovs-dpdk", Form.FLAG, "an Open vSwitch with an initialised DPDK datapath runs"),
    OVS_VERSION("ovs-version", Form.TEXT, "version of the running Open vSwitch; none when none runs"),
    OVS_VHOST_USER_PORTS("ovs-vhost-user-ports", Form.COUNT, "vhost-user ports of all bridges"),
    TSN_NICS("tsn-nics", Form.COUNT, "ports whose hardware has launch time or gates"),
    TSN_LAUNCH_TIME("tsn-launch-time", Form.COUNT, "ports that send a frame at a stated time"),
    TSN_GATES("tsn-gates", Form.COUNT, "ports with an 802.1Qbv gate engine"),
    TSN_FRAME_PREEMPTION("tsn-frame-preemption", Form.COUNT, "ports with frame preemption, 802.1Qbu"),
    HARDWARE_TIMESTAMPING("hardware-timestamping", Form.COUNT, "ports that stamp frames in hardware"),
    PTP("ptp", Form.COUNT, "PTP hardware clocks"),
    SRIOV_NICS("sriov-nics", Form.COUNT, "ports that can create virtual functions"),
    SRIOV_VFS("sriov-vfs", Form.COUNT, "virtual functions that exist"),
    SRIOV_VFS_TOTAL("sriov-vfs-total", Form.COUNT, "virtual functions that could exist"),
    SRIOV_VFS_FREE("sriov-vfs-free", Form.COUNT, "virtual functions that the host itself does not use"),
    FASTEST_LINK_MBPS("fastest-link-mbps", Form.COUNT, "highest known link rate, in megabits per second"),
    HUGEPAGES_2MI("hugepages-2mi", Form.COUNT, "2 MiB hugepages, free or not"),
    HUGEPAGES_1GI("hugepages-1gi", Form.COUNT, "1 GiB hugepages, free or not"),
    ISOLATED_CPUS("isolated-cpus", Form.COUNT, "CPUs isolated from the kernel's scheduler"),
    NOHZ_FULL_CPUS("nohz-full-cpus", Form.COUNT, "CPUs without a timer tick"),
    NUMA_NODES("numa-nodes", Form.COUNT, "NUMA nodes"),
    CPU_SOCKETS("cpu-sockets", Form.COUNT, "processor packages"),
    CPU_CORES("cpu-cores", Form.COUNT, "processor cores; threads of one core count once"),
    MEMORY_GIB("memory-gib", Form.COUNT, "memory in whole GiB, rounded down"),
    CPU_MANAGER_POLICY("cpu-manager-policy", Form.TEXT, "the kubelet's CPU manager policy, such as static"),
    IOMMU("iommu", Form.FLAG, "an IOMMU is active"),
    REAL_TIME_KERNEL("real-time-kernel", Form.FLAG, "the kernel is a PREEMPT_RT build");

    /** What a value looks like. */
    public enum Form {
        COUNT("integer"),
        FLAG("true or false"),
        TEXT("text");

        private final String words;

        Form(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    private final String name;
    private final Form form;
    private final String meaning;

    NodeLabel(String name, Form form, String meaning) {
        this.name = name;
        this.form = form;
        this.meaning = meaning;
    }

    /** The whole key. */
    public String key() {
        return Keys.PREFIX + name;
    }

    public Form form() {
        return form;
    }

    public String meaning() {
        return meaning;
    }
}
