package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.discovery.fact.NetworkInterface;
import io.latencyscheduler.discovery.fact.OpenVSwitch;
import io.latencyscheduler.discovery.fact.OpenVSwitch.Bridge;
import io.latencyscheduler.discovery.fact.OpenVSwitch.Port;
import io.latencyscheduler.discovery.fact.Routes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who already uses which interface or device of the host. */
final class HostUse {
    private final Set<String> carriesDefaultRoute;
    private final Set<String> routed;
    private final Map<String, String> bridgeOfNetdev = new HashMap<>();
    private final Map<String, String> bridgeOfDevice = new HashMap<>();

    HostUse(List<NetworkInterface> interfaces, Routes routes, OpenVSwitch openVSwitch) {
        this.routed = routes.routedInterfaces();
        for (Bridge bridge : openVSwitch.bridges()) {
            for (Port port : bridge.ports()) {
                if (port.dpdkDevice() != null) {
                    // Options may follow the address: 0000:05:00.0,representor=[0]
                    bridgeOfDevice.put(port.dpdkDevice().split(",", 2)[0], bridge.name());
                } else if (port.type().isEmpty() || port.type().equals("system")) {
                    bridgeOfNetdev.put(port.name(), bridge.name());
                }
            }
        }
        this.carriesDefaultRoute = below(routes.defaultInterfaces(), interfaces);
    }

    /** The interfaces themselves and all they are built on: bonds, VLANs, bridges, and uplinks of an Open vSwitch bridge. */
    private Set<String> below(Set<String> tops, List<NetworkInterface> interfaces) {
        Map<String, NetworkInterface> byName = new HashMap<>();
        interfaces.forEach(netdev -> byName.put(netdev.name(), netdev));
        Set<String> found = new HashSet<>();
        Deque<String> ahead = new ArrayDeque<>(tops);
        while (!ahead.isEmpty()) {
            String name = ahead.remove();
            if (!found.add(name)) {
                continue;
            }
            NetworkInterface netdev = byName.get(name);
            if (netdev != null) {
                ahead.addAll(netdev.lowers());
            }
            bridgeOfNetdev.forEach((port, bridge) -> {
                if (bridge.equals(name) && !port.equals(name)) {
                    ahead.add(port);
                }
            });
        }
        return found;
    }

    /** Whether the node's own way out runs through this port. */
    boolean management(Candidate port) {
        return port.netdevName() != null && carriesDefaultRoute.contains(port.netdevName());
    }

    /** The Open vSwitch bridge the port belongs to; null when to none. */
    @Nullable
    String bridge(Candidate port) {
        if (port.pciAddress() != null && bridgeOfDevice.containsKey(port.pciAddress())) {
            return bridgeOfDevice.get(port.pciAddress());
        }
        return port.netdevName() == null ? null : bridgeOfNetdev.get(port.netdevName());
    }

    /** What of the host sits on the port, completing "in use: "; null when nothing does. */
    @Nullable
    String otherUse(Candidate port) {
        NetworkInterface netdev = port.netdev();
        if (netdev == null) {
            return null;
        }
        if (netdev.master() != null) {
            return "part of " + netdev.master();
        }
        if (!netdev.uppers().isEmpty()) {
            return "carries " + String.join(", ", netdev.uppers());
        }
        return routed.contains(netdev.name()) ? "carries addresses of the host" : null;
    }
}
