package io.latencyscheduler.dataplane.overlay;

import java.nio.file.Path;

/**
 * The overlay's settings as values.
 *
 * @param mode what carries it
 * @param bridge name of the integration bridge
 * @param physicalBridge name of the bridge of the uplink; used where the agent runs the uplink
 * @param uplinkDevargs DPDK device arguments of the uplink; empty: the tunnel goes by the node's own routes
 * @param address the node's end of the tunnels with prefix length, put on the physical bridge; empty: the node's InternalIP
 * @param vni VXLAN network identifier
 * @param udpPort UDP port of VXLAN
 * @param uplinkMtu MTU of the network between the nodes
 * @param enginePort gated port of the inventory whose frames enter the overlay; empty: none
 * @param ovsdb unix socket of Open vSwitch's database
 * @param maxAttachments most interfaces on this node
 */
public record OverlayConfig(
        Mode mode,
        String bridge,
        String physicalBridge,
        String uplinkDevargs,
        String address,
        int vni,
        int udpPort,
        int uplinkMtu,
        String enginePort,
        Path ovsdb,
        int maxAttachments) {
    /** Outer Ethernet, IPv4, UDP and VXLAN headers (RFC 7348, section 5), in bytes. */
    public static final int VXLAN_OVERHEAD_BYTES = 50;

    /** What carries the overlay. */
    public enum Mode {
        /** No overlay: interfaces of other plugins are timed, none are made. */
        NONE,
        /** Open vSwitch where its database answers and DPDK runs, else the kernel. Decided once, at start. */
        AUTO,
        /** Open vSwitch with DPDK. */
        OVS,
        /** The kernel's bridge and VXLAN. */
        KERNEL
    }

    /** Largest MTU of a pod's interface. */
    public int podMtu() {
        return uplinkMtu - VXLAN_OVERHEAD_BYTES;
    }

    /** Whether the agent runs the uplink in Open vSwitch. */
    public boolean hasUplink() {
        return !uplinkDevargs.isEmpty();
    }
}
