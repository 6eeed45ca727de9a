package io.latencyscheduler.dataplane.config;

import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code dataplane.*} as text; {@link AgentConfig#read} turns them into values.
 *
 * @param nodeName name of this node's Node object
 * @param runDirectory folder of the pods' sockets, on the host
 * @param backend {@code auto}, {@code dpdk} or {@code af-packet}; auto: DPDK where its libraries are installed
 * @param memoryMegabytes memory of the frame pool
 * @param cpus CPUs of the poll threads, in the order of the ports' names; empty: not pinned
 * @param idle {@code adaptive}: sleep until the next launch time minus a margin, or {@code spin}
 * @param guard added to each window for emission error, unless a port says otherwise
 * @param taiOffsetSeconds TAI − UTC; {@code kernel}: what the kernel says
 * @param clockSource {@code none}: no source is expected; {@code kernel}: a service such as phc2sys or chrony must keep
 *     the kernel's clock
 * @param heartbeat how often {@code NodeDataplane} is written at least
 * @param evictRefused whether a pod whose allocation the node refuses is evicted
 * @param checkCgroup whether a process attaches to a pod's socket only from a control group of the pod; needs the host's
 *     PID namespace
 * @param ports per gated port, by its name in the inventory
 * @param overlay the network between the pods
 * @param paths what is measured of the node's paths
 * @param devices how the devices that pods own are made ready
 */
@ConfigurationProperties("dataplane")
public record AgentProperties(
        @DefaultValue("") String nodeName,
        @DefaultValue("/run/latency-scheduler") String runDirectory,
        @DefaultValue("auto") String backend,
        @DefaultValue("64") String memoryMegabytes,
        @DefaultValue("") String cpus,
        @DefaultValue("adaptive") String idle,
        @DefaultValue("1us") String guard,
        @DefaultValue("kernel") String taiOffsetSeconds,
        @DefaultValue("none") String clockSource,
        @DefaultValue("30s") String heartbeat,
        @DefaultValue("true") String evictRefused,
        @DefaultValue("false") String checkCgroup,
        @DefaultValue Map<String, PortProperties> ports,
        @DefaultValue OverlayProperties overlay,
        @DefaultValue PathProperties paths,
        @DefaultValue DeviceProperties devices,
        @DefaultValue("") String libraryDirectory,
        @DefaultValue DevicePluginProperties devicePlugin) {

    /**
     * What is offered to the kubelet; see {@link io.latencyscheduler.dataplane.kubelet.KubeletSettings}.
     *
     * @param enabled whether owned ports are
     * @param kubeletDirectory the kubelet's own directory
     * @param cdiDirectory where the container runtime looks for devices
     */
    public record DevicePluginProperties(
            @DefaultValue("false") String enabled,
            @DefaultValue("/var/lib/kubelet") String kubeletDirectory,
            @DefaultValue("/var/run/cdi") String cdiDirectory) {}

    /**
     * The devices that pods own; see {@link io.latencyscheduler.dataplane.devices.DeviceSettings}.
     *
     * @param driver driver that a pod's device is bound to; empty: the one it has
     * @param vlan VLAN of a pod's virtual function; 0: none
     * @param trust whether it may change its MAC address and receive all frames
     * @param spoofCheck whether frames from other MAC addresses are dropped
     * @param virtualFunctions how many virtual functions to make, by PCI address of the physical one
     */
    public record DeviceProperties(
            @DefaultValue("") String driver,
            @DefaultValue("0") String vlan,
            @DefaultValue("false") String trust,
            @DefaultValue("true") String spoofCheck,
            @DefaultValue Map<String, String> virtualFunctions) {}

    /**
     * The network between the pods; see {@link io.latencyscheduler.dataplane.overlay.OverlayConfig}.
     *
     * @param mode {@code none}, {@code auto}, {@code ovs} or {@code kernel}
     * @param bridge name of the integration bridge
     * @param physicalBridge name of the uplink's bridge
     * @param uplinkDevargs DPDK device arguments of the uplink, such as {@code 0000:05:00.0}; empty: the node's own routes
     * @param address the node's end of the tunnels, such as {@code 10.0.10.11/24}; empty: the Node's InternalIP
     * @param vni VXLAN network identifier
     * @param udpPort UDP port of VXLAN
     * @param uplinkMtu MTU between the nodes; pods have 50 bytes less
     * @param enginePort gated port whose frames enter the overlay
     * @param ovsdb unix socket of Open vSwitch's database
     * @param maxAttachments most interfaces on this node
     */
    public record OverlayProperties(
            @DefaultValue("none") String mode,
            @DefaultValue("tsn-int") String bridge,
            @DefaultValue("tsn-phy") String physicalBridge,
            @DefaultValue("") String uplinkDevargs,
            @DefaultValue("") String address,
            @DefaultValue("7437") String vni,
            @DefaultValue("4789") String udpPort,
            @DefaultValue("1500") String uplinkMtu,
            @DefaultValue("") String enginePort,
            @DefaultValue("/var/run/openvswitch/db.sock") String ovsdb,
            @DefaultValue("250") String maxAttachments) {}

    /**
     * How the latency of the node's paths is measured.
     *
     * @param rate probes per second and path; 0: nothing is measured
     * @param dpdk {@code auto}, {@code off}, or two DPDK devices separated by a space
     * @param peers {@code auto}: also to two other nodes; {@code none}
     * @param peerPort UDP port on which round trips are answered
     * @param cpu where the probes run; empty: anywhere
     */
    public record PathProperties(
            @DefaultValue("100") String rate,
            @DefaultValue("auto") String dpdk,
            @DefaultValue("none") String peers,
            @DefaultValue("9466") String peerPort,
            @DefaultValue("") String cpu) {}

    /**
     * What differs on one port.
     *
     * @param backend as above
     * @param devargs DPDK device arguments instead of the derived ones, such as {@code net_af_xdp0,iface=eth1}
     * @param guard as above
     * @param vxlan whether its frames are wrapped in VXLAN: 50 bytes more on the wire
     * @param maxSduBytes largest frame with FCS
     * @param bestEffort whether frames of class 0 pass outside timed windows
     * @param latePolicy what becomes of late frames of its streams: {@code drop}, {@code send-now} or {@code next-window}
     * @param offload what the card does instead of the engine: {@code none}, {@code gates} or
     *     {@code launch-time}
     * @param kernelInterface where received frames go that no process bound; empty: they are dropped
     * @param launchAhead calibrated path from the engine to the wire, taken off launch times
     * @param reserved windows that no pod may have
     */
    public record PortProperties(
            @DefaultValue("") String backend,
            @DefaultValue("") String devargs,
            @DefaultValue("") String guard,
            @DefaultValue("false") String vxlan,
            @DefaultValue("1522") String maxSduBytes,
            @DefaultValue("false") String bestEffort,
            @DefaultValue("drop") String latePolicy,
            @DefaultValue("none") String offload,
            @DefaultValue("") String kernelInterface,
            @DefaultValue("0") String launchAhead,
            @DefaultValue List<ReservedProperties> reserved) {}

    /** A reserved window: {@code [offset + k*period, + window)}. */
    public record ReservedProperties(
            @DefaultValue("") String name,
            @DefaultValue("") String period,
            @DefaultValue("0") String offset,
            @DefaultValue("") String window) {}
}
