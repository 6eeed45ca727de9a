package io.latencyscheduler.dataplane.ovs.plan;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What Open vSwitch's database says, reduced to what the overlay is about.
 *
 * @param dpdk whether the daemon runs with DPDK
 * @param bridges all bridges, the agent's and others'
 */
public record SwitchState(boolean dpdk, List<Bridge> bridges) {
    /** Key in {@code external_ids} that marks a row as the agent's; nothing without it is ever changed. */
    public static final String OWNER = "latency-scheduler.io/owner";

    /** Value of {@link #OWNER}. */
    public static final String AGENT = "dataplane-agent";

    public SwitchState {
        bridges = List.copyOf(bridges);
    }

    /** A row of Bridge. */
    public record Bridge(
            String name, String datapathType, String failMode, Map<String, String> externalIds, List<Port> ports) {
        public Bridge {
            externalIds = Map.copyOf(externalIds);
            ports = List.copyOf(ports);
        }

        public boolean owned() {
            return AGENT.equals(externalIds.get(OWNER));
        }
    }

    /**
     * A row of Port with its one Interface.
     *
     * @param ofport number in OpenFlow; 0 while it has none. A bridge's local port has 65534
     * @param error what the daemon says is wrong with it; empty when nothing is
     */
    public record Port(
            String name,
            String type,
            Map<String, String> options,
            int mtuRequest,
            Map<String, String> externalIds,
            int ofport,
            String error) {
        public Port {
            options = Map.copyOf(options);
            externalIds = Map.copyOf(externalIds);
        }

        public boolean owned() {
            return AGENT.equals(externalIds.get(OWNER));
        }
    }

    public Optional<Bridge> bridge(String name) {
        return bridges.stream().filter(bridge -> bridge.name().equals(name)).findFirst();
    }

    /** Whether the daemon has made the bridge: its local port has its number. */
    public boolean made(String bridge) {
        return port(bridge, bridge).filter(local -> local.ofport() > 0).isPresent();
    }

    /** The port of a bridge, if both are there. */
    public Optional<Port> port(String bridge, String name) {
        return bridge(bridge)
                .flatMap(found -> found.ports().stream()
                        .filter(port -> port.name().equals(name))
                        .findFirst());
    }
}
