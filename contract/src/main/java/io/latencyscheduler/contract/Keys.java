package io.latencyscheduler.contract;

/** Names of our API group and the prefix of every key that we own. */
public final class Keys {
    /** Group of our custom resources and prefix of our labels and annotations. */
    public static final String GROUP = "latency-scheduler.io";

    /** {@value #GROUP} followed by a slash. */
    public static final String PREFIX = GROUP + "/";

    /** Version of our custom resources. */
    public static final String VERSION = "v1alpha1";

    /** Plural of {@link NodeInventory}, as in the URL. */
    public static final String NODE_INVENTORIES = "nodeinventories";

    /** Plural of {@link NodeDataplane}, as in the URL. */
    public static final String NODE_DATAPLANES = "nodedataplanes";

    /** {@code spec.schedulerName} of the pods we place, unless configured otherwise. */
    public static final String SCHEDULER_NAME = "latency-scheduler";

    /** Pod annotation that carries the {@link Allocation}; written inside the Binding by the scheduler alone. */
    public static final String ALLOCATION = PREFIX + "allocation";

    /** Bare node label: free owned ports, a projection that the scheduler writes and never reads back. */
    public static final String DPDK_LABEL = "dpdk";

    /** Bare node label of the founding documents: {@code true} on a node whose Open vSwitch has DPDK. */
    public static final String OVS_DPDK_LABEL = "ovs-dpdk";

    /** Node label, written by the agent: what carries the overlay on the node, {@code ovs-dpdk} or {@code kernel}. */
    public static final String OVERLAY_LABEL = PREFIX + "overlay";

    /** Node annotation: the total adopted once from a hand-set {@link #DPDK_LABEL} on a node that nobody inventoried. */
    public static final String DPDK_TOTAL = PREFIX + "dpdk-total";

    /** Node label, value {@code true}: nothing real stands behind the node; whoever shows it says so. */
    public static final String SIMULATED_LABEL = PREFIX + "simulated";

    private Keys() {}
}
