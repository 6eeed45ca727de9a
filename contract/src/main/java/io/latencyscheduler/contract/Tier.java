package io.latencyscheduler.contract;

import java.util.Optional;

/** The kinds of path a node can offer, fastest first. */
public enum Tier implements WireName {
    /** A port that one pod owns and drives with DPDK. */
    DPDK("dpdk"),
    /** A vhost-user port of an Open vSwitch with the DPDK datapath. */
    OVS_DPDK("ovs-dpdk"),
    /** The kernel's network stack. Every node has it. */
    KERNEL("kernel");

    private final String wireName;

    Tier(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }

    /** The tier of this spelling, if any. */
    public static Optional<Tier> ofWireName(String text) {
        for (Tier tier : values()) {
            if (tier.wireName.equals(text)) {
                return Optional.of(tier);
            }
        }
        return Optional.empty();
    }
}
