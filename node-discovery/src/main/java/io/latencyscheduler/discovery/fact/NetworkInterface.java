package io.latencyscheduler.discovery.fact;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A kernel network interface.
 *
 * @param name such as {@code eth0}
 * @param device the device behind it: a PCI address, or the name of a platform or virtio device; null for a virtual one
 * @param driver driver of that device; null when there is none
 * @param numaNode -1 when the machine does not say
 * @param linkUp whether it has carrier; null when it does not say, as while it is down
 * @param linkRateBps bits per second; 0 when unknown
 * @param master the bond, bridge or Open vSwitch it belongs to; null when it stands alone
 * @param uppers interfaces built on top of it, such as VLANs
 * @param lowers interfaces it is built on
 * @param txQueues transmit queues
 * @param ptpClock hardware clock of its device; null when it has none
 * @param hardwareTimestamping whether it stamps frames in hardware, as its driver says; null when it did not say
 * @param framePreemption true when its driver says that it has frame preemption; null when it did not say
 */
public record NetworkInterface(
        String name,
        @Nullable String device,
        @Nullable String driver,
        int numaNode,
        @Nullable Boolean linkUp,
        long linkRateBps,
        @Nullable String master,
        List<String> uppers,
        List<String> lowers,
        int txQueues,
        @Nullable String ptpClock,
        @Nullable Boolean hardwareTimestamping,
        @Nullable Boolean framePreemption) {
    public NetworkInterface {
        uppers = List.copyOf(uppers);
        lowers = List.copyOf(lowers);
    }
}
