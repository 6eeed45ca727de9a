package io.latencyscheduler.dataplane.overlay;

/**
 * Another node of the overlay.
 *
 * @param node name of its Node object
 * @param address IPv4 address of its end of the tunnel
 */
public record Peer(String node, String address) {}
