package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.NodeDataplane.MeasuredPath;
import io.latencyscheduler.contract.Tier;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the tiers promise where nobody has measured, and how much of the fast nodes is kept for those that need them. The
 * defaults are the thesis's: below 800 µs infeasible, then dpdk, from 5 ms ovs-dpdk, from 10 ms kernel.
 *
 * @param dpdkFromNs the least latency that an owned port is believed to keep
 * @param ovsDpdkFromNs likewise for Open vSwitch with DPDK; at least {@code dpdkFromNs}
 * @param kernelFromNs likewise for the kernel's stack; at least {@code ovsDpdkFromNs}
 * @param measured whether fresh measurements of a node decide for that node
 * @param measuredFreshFor a measurement older than this says nothing
 * @param measuredMinSamples one of fewer samples says nothing
 * @param reservedPorts free owned ports that a pod of a lower tier leaves on a node when it borrows
 * @param reservedCpuPercent share of a faster node's CPU, 0 to 100, that pods of lower tiers leave free there
 */
public record TierSettings(
        long dpdkFromNs,
        long ovsDpdkFromNs,
        long kernelFromNs,
        Measured measured,
        Duration measuredFreshFor,
        long measuredMinSamples,
        int reservedPorts,
        int reservedCpuPercent) {

    /** Whether measurements decide. */
    public enum Measured {
        OFF,
        DECIDE
    }

    public static final TierSettings DEFAULT = new TierSettings(
            800_000, 5_000_000, 10_000_000, Measured.DECIDE, MeasuredPath.WINDOW, MeasuredPath.MIN_SAMPLES, 1, 10);

    public TierSettings {
        if (dpdkFromNs < 0 || dpdkFromNs > ovsDpdkFromNs || ovsDpdkFromNs > kernelFromNs) {
            throw new IllegalArgumentException("tiers: '" + Durations.format(dpdkFromNs) + ", "
                    + Durations.format(ovsDpdkFromNs) + ", " + Durations.format(kernelFromNs)
                    + "' must be three latencies that do not fall");
        }
        if (reservedPorts < 0 || reservedCpuPercent < 0 || reservedCpuPercent > 100) {
            throw new IllegalArgumentException("reserve: '" + reservedPorts + " ports, " + reservedCpuPercent
                    + " percent' must be 0 or more ports and 0 to 100 percent");
        }
    }

    /** The least latency that a tier is believed to keep. */
    public long fromNs(Tier tier) {
        return switch (tier) {
            case DPDK -> dpdkFromNs;
            case OVS_DPDK -> ovsDpdkFromNs;
            case KERNEL -> kernelFromNs;
        };
    }

    /** The slowest tier believed to keep the latency; null when none is. */
    public @Nullable Tier tierOf(long latencyNs) {
        if (latencyNs >= kernelFromNs) {
            return Tier.KERNEL;
        }
        if (latencyNs >= ovsDpdkFromNs) {
            return Tier.OVS_DPDK;
        }
        return latencyNs >= dpdkFromNs ? Tier.DPDK : null;
    }
}
