package io.latencyscheduler.dataplane.paths;

import io.latencyscheduler.contract.NodeDataplane.Method;
import io.latencyscheduler.contract.Tier;
import java.time.Duration;
import java.util.List;

/**
 * One path to measure, and with what; or, as a pair without a peer, the answers to other nodes' probes.
 *
 * @param tier whose path it is
 * @param method loop or pair
 * @param peer the other node of a pair; empty for a loop, and for the answers
 * @param rate probes per second
 * @param timeout a probe that takes longer is lost
 * @param bridge whether it needs the probe's own Open vSwitch bridge
 * @param arguments of {@code path-probe}, the common ones left out
 */
public record Probe(
        Tier tier, Method method, String peer, int rate, Duration timeout, boolean bridge, List<String> arguments) {
    public Probe {
        arguments = List.copyOf(arguments);
    }

    /** For people, such as {@code kernel loop}. */
    public String display() {
        if (method == Method.PAIR && peer.isEmpty()) {
            return "answers to other nodes";
        }
        return tier.wireName() + " " + method.wireName() + (peer.isEmpty() ? "" : " to " + peer);
    }
}
