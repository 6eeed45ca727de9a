package io.latencyscheduler.discovery.config;

import io.latencyscheduler.contract.NodeInventory.Role;
import org.jspecify.annotations.Nullable;

/**
 * What the operator says about some ports. The first rule that matches a port counts.
 *
 * @param key where it stands, such as {@code discovery.ports[0]}, for messages
 * @param match which ports
 * @param role null leaves it to the defaults
 * @param name of a gated port; null names it after its interface
 * @param linkRateBps bits per second, instead of what the kernel says; 0 when not given
 */
public record PortRule(
        String key,
        Match match,
        @Nullable Role role,
        @Nullable String name,
        long linkRateBps) {}
