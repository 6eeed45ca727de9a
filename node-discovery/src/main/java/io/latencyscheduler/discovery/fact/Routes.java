package io.latencyscheduler.discovery.fact;

import java.util.Set;

/**
 * Which interfaces the host's own traffic uses.
 *
 * @param defaultInterfaces those that carry a default route, IPv4 or IPv6
 * @param routedInterfaces those that carry any IPv4 route or a global IPv6 address
 */
public record Routes(Set<String> defaultInterfaces, Set<String> routedInterfaces) {
    public Routes {
        defaultInterfaces = Set.copyOf(defaultInterfaces);
        routedInterfaces = Set.copyOf(routedInterfaces);
    }
}
