package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.ledger.NodeState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The path that would serve a pod on a node.
 *
 * @param tier the slowest that keeps the pod's latency there; null for a pod that states no latency
 * @param ports owned ports that the pod then takes
 * @param borrowed whether it is faster than the pod's own tier, for want of that on the node
 * @param measuredNs the measured p99.9 that decided; -1 when the configured range did
 */
record Path(@Nullable Tier tier, int ports, boolean borrowed, long measuredNs) {
    /** Slowest, and so cheapest, first. */
    private static final Tier[] CHEAPEST_FIRST = {Tier.KERNEL, Tier.OVS_DPDK, Tier.DPDK};

    /** Null when no path of the node keeps the pod's latency. Allocates only for a pod that takes ports or states one. */
    static @Nullable Path choose(TierSettings settings, PodDemand demand, NodeState node, Instant now) {
        int asked = demand.interfaces().orElse(0);
        if (demand.latencyNs().isEmpty()) {
            return new Path(null, asked, false, -1);
        }
        long latencyNs = demand.latencyNs().getAsLong();
        Tier own = settings.tierOf(latencyNs);
        for (Tier tier : CHEAPEST_FIRST) {
            if (!Promise.has(node, tier)) {
                continue;
            }
            long measuredNs = Promise.measuredNs(settings, node, tier, now);
            boolean keeps = measuredNs >= 0 ? measuredNs <= latencyNs : latencyNs >= settings.fromNs(tier);
            if (keeps) {
                int ports = asked == 0 && tier == Tier.DPDK ? 1 : asked;
                boolean borrowed = own != null && tier.compareTo(own) < 0 && asked == 0;
                return new Path(tier, ports, borrowed, measuredNs);
            }
        }
        return null;
    }

    /** The latency it keeps, as measured or configured; 0 for a pod that states none. */
    long keepsNs(TierSettings settings) {
        return tier == null ? 0 : measuredNs >= 0 ? measuredNs : settings.fromNs(tier);
    }

    /** In words, for the event. */
    String why(TierSettings settings, long latencyNs) {
        if (tier == null) {
            return "";
        }
        String text = "latency " + Durations.format(latencyNs) + " by tier " + tier.wireName();
        String by = measuredNs >= 0
                ? ", measured p99.9 " + Durations.format(measuredNs)
                : ", configured from " + Durations.format(settings.fromNs(tier));
        return text + by + (borrowed ? ", borrowed" : "");
    }
}
