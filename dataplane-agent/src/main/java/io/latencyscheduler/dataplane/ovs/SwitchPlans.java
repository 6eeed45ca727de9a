package io.latencyscheduler.dataplane.ovs;

import io.latencyscheduler.dataplane.overlay.OverlayConfig;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedBridge;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedPort;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The switch that a configuration asks for. */
final class SwitchPlans {
    /** The VXLAN port: one for all nodes, which the flows name. */
    static final String TUNNEL = "tsn-vxlan";

    /** The engine's vhost-user port. */
    static final String ENGINE = "tsn-engine";

    /** The port of the uplink. */
    static final String UPLINK = "tsn-uplink";

    private static final String USER_SPACE = "netdev";

    private SwitchPlans() {}

    static SwitchPlan of(OverlayConfig config, Path engineSocket) {
        List<WantedBridge> bridges = new ArrayList<>();
        if (config.hasUplink()) {
            // Standalone: the way between the nodes stays open while no agent runs.
            bridges.add(new WantedBridge(
                    config.physicalBridge(),
                    USER_SPACE,
                    "standalone",
                    List.of(new WantedPort(
                            UPLINK,
                            "dpdk",
                            Map.of("dpdk-devargs", config.uplinkDevargs()),
                            config.uplinkMtu(),
                            Map.of()))));
        }
        List<WantedPort> ports = new ArrayList<>();
        ports.add(new WantedPort(
                TUNNEL,
                "vxlan",
                Map.of(
                        "remote_ip",
                        "flow",
                        "key",
                        Integer.toString(config.vni()),
                        "dst_port",
                        Integer.toString(config.udpPort()),
                        "tos",
                        "inherit"),
                0,
                Map.of()));
        if (!config.enginePort().isEmpty()) {
            // The engine serves the socket and the switch is its client, so that either may restart.
            ports.add(new WantedPort(
                    ENGINE,
                    "dpdkvhostuserclient",
                    Map.of("vhost-server-path", engineSocket.toString()),
                    config.podMtu(),
                    Map.of()));
        }
        bridges.add(new WantedBridge(config.bridge(), USER_SPACE, "secure", ports));
        return new SwitchPlan(bridges);
    }
}
