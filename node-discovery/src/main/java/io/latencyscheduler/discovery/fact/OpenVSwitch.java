package io.latencyscheduler.discovery.fact;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Open vSwitch of the host as its database tells it.
 *
 * @param running false when there is none or it is stopped; then all else is empty
 * @param version such as {@code 3.1.0}; empty when it does not say
 * @param dpdkInitialized whether its DPDK datapath is ready
 * @param bridges its bridges
 */
public record OpenVSwitch(boolean running, String version, boolean dpdkInitialized, List<Bridge> bridges) {
    /** There is none, or it is stopped. */
    public static final OpenVSwitch NONE = new OpenVSwitch(false, "", false, List.of());

    public OpenVSwitch {
        bridges = List.copyOf(bridges);
    }

    /** A bridge; {@code datapathType} is {@code netdev} for the userspace datapath. */
    public record Bridge(String name, String datapathType, List<Port> ports) {
        public Bridge {
            ports = List.copyOf(ports);
        }
    }

    /**
     * One interface of a bridge.
     *
     * @param name interface name, which is the netdev for a kernel interface
     * @param type such as {@code dpdk}, {@code dpdkvhostuserclient}, {@code internal}; empty for a kernel interface
     * @param dpdkDevice value of {@code dpdk-devargs}, a PCI address for a physical port; null when it has none
     */
    public record Port(String name, String type, @Nullable String dpdkDevice) {}
}
