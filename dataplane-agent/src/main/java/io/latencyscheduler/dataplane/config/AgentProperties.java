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
 * @param ports per gated port, by its name in the inventory
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
        @DefaultValue Map<String, PortProperties> ports) {

    /**
     * What differs on one port.
     *
     * @param backend as above
     * @param devargs DPDK device arguments instead of the derived ones, such as {@code net_af_xdp0,iface=eth1}
     * @param guard as above
     * @param vxlan whether its frames are wrapped in VXLAN: 50 bytes more on the wire
     * @param maxSduBytes largest frame with FCS
     * @param bestEffort whether frames of class 0 pass outside timed windows
     * @param reserved windows that no pod may have
     */
    public record PortProperties(
            @DefaultValue("") String backend,
            @DefaultValue("") String devargs,
            @DefaultValue("") String guard,
            @DefaultValue("false") String vxlan,
            @DefaultValue("1522") String maxSduBytes,
            @DefaultValue("false") String bestEffort,
            @DefaultValue List<ReservedProperties> reserved) {}

    /** A reserved window: {@code [offset + k*period, + window)}. */
    public record ReservedProperties(
            @DefaultValue("") String name,
            @DefaultValue("") String period,
            @DefaultValue("0") String offset,
            @DefaultValue("") String window) {}
}
