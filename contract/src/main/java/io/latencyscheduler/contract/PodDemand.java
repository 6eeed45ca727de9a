package io.latencyscheduler.contract;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a pod asks of the network, read from its annotations by {@link DemandReader}.
 *
 * @param latencyNs the latency it tolerates; empty when it states none
 * @param interfaces the DPDK ports it owns; empty when it states none (then 1 if its tier is dpdk, else 0)
 * @param streams its periodic streams
 * @param talksTo label selector of the pods it exchanges frames with
 * @param group the group it is placed with, all or none
 * @param startByNs when it must be placed, after creation
 */
public record PodDemand(
        OptionalLong latencyNs,
        OptionalInt interfaces,
        List<StreamDemand> streams,
        Optional<String> talksTo,
        Optional<Group> group,
        OptionalLong startByNs) {

    /** A pod that asks nothing. */
    public static final PodDemand ORDINARY = new PodDemand(
            OptionalLong.empty(),
            OptionalInt.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty());

    public PodDemand {
        streams = List.copyOf(streams);
    }

    /** Pods placed all or none. */
    public record Group(String name, int size) {}

    /** Whether the pod asks for neither latency, ports nor streams, so any node's network will do. */
    public boolean isOrdinary() {
        return latencyNs.isEmpty() && interfaces.isEmpty() && streams.isEmpty();
    }
}
