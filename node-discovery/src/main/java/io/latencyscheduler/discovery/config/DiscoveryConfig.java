package io.latencyscheduler.discovery.config;

import java.time.Duration;
import java.util.List;

/**
 * What may be configured, below the key {@code discovery}.
 *
 * @param ports rules for ports, the first match counts
 * @param gatedPorts whether unused ports with TSN hardware become gated without a rule
 * @param bareLabels whether the unprefixed {@code ovs-dpdk} and {@code dpdk} are written too
 * @param rescanInterval time between two scans without a hot-plug event
 * @param nodeFeature whether the facts are also published as a NodeFeature object of Node Feature Discovery
 * @param nodeFeatureNamespace namespace of that object
 */
public record DiscoveryConfig(
        List<PortRule> ports,
        GatedPorts gatedPorts,
        boolean bareLabels,
        Duration rescanInterval,
        boolean nodeFeature,
        String nodeFeatureNamespace) {
    /** All defaults. */
    public static final DiscoveryConfig DEFAULTS = new DiscoveryConfig(
            List.of(), GatedPorts.AUTO, true, Duration.ofSeconds(60), false, "node-feature-discovery");

    public DiscoveryConfig {
        ports = List.copyOf(ports);
    }

    /** Who makes a port gated. */
    public enum GatedPorts {
        /** A rule, or TSN hardware that nobody uses. */
        AUTO,
        /** A rule alone. */
        CONFIGURED
    }
}
