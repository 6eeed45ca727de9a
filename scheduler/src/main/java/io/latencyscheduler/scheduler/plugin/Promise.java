package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.ledger.NodeState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The least latency that a path of a node is believed to keep.
 *
 * @param tier the path
 * @param latencyNs its fresh measured p99.9, else the start of the tier's configured range
 * @param measured whether it was measured
 */
public record Promise(Tier tier, long latencyNs, boolean measured) {

    /** The promises of all paths that the node has, fastest first. */
    public static List<Promise> of(TierSettings settings, NodeState node, Instant now) {
        List<Promise> promises = new ArrayList<>(3);
        for (Tier tier : Tier.values()) {
            if (has(node, tier)) {
                long measuredNs = measuredNs(settings, node, tier, now);
                promises.add(new Promise(tier, measuredNs >= 0 ? measuredNs : settings.fromNs(tier), measuredNs >= 0));
            }
        }
        return promises;
    }

    /** Whether the node has the path at all, free or not. */
    static boolean has(NodeState node, Tier tier) {
        return switch (tier) {
            case DPDK -> node.ownedPorts().total() > 0;
            case OVS_DPDK -> node.ovsDpdk();
            case KERNEL -> true;
        };
    }

    /** The fresh p99.9 of a node's path; -1 when there is none, or measurements do not decide. Allocates nothing. */
    static long measuredNs(TierSettings settings, NodeState node, Tier tier, Instant now) {
        NodeDataplane dataplane = node.dataplane();
        if (settings.measured() == TierSettings.Measured.OFF || dataplane == null) {
            return -1;
        }
        for (NodeDataplane.MeasuredPath path : dataplane.paths()) {
            if (path.tier() == tier
                    && path.method() == NodeDataplane.Method.LOOP
                    && path.latency().samples() >= settings.measuredMinSamples()
                    && !path.measuredAt().plus(settings.measuredFreshFor()).isBefore(now)) {
                return path.latency().p999Ns();
            }
        }
        return -1;
    }
}
