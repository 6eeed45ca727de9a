package io.latencyscheduler.scheduler.view;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.ledger.GatedPort;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.ledger.OwnedPorts;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.Promise;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One node with what its network offers and who holds it.
 *
 * @param name of the Node
 * @param generation as {@link NodeState#generation()}: what changed since is what has a higher one
 * @param ready whether its kubelet says so
 * @param schedulable whether new pods may come at all
 * @param simulated whether nothing real stands behind it
 * @param inventoried whether discovery has described it
 * @param paths the latencies it keeps, fastest path first, with what was measured
 * @param ownedPorts ports that belong to one pod each
 * @param headroom ports that exist less ports held; negative when more are held than exist
 * @param gatedPorts ports whose time is divided
 * @param agent its dataplane-agent; null without one
 * @param pods the pods here that ask something of the network
 * @param ordinaryPods how many pods here ask nothing
 */
public record NodeView(
        String name,
        long generation,
        boolean ready,
        boolean schedulable,
        boolean simulated,
        boolean inventoried,
        List<PathView> paths,
        List<OwnedPortView> ownedPorts,
        int headroom,
        List<GatedPortView> gatedPorts,
        @Nullable AgentView agent,
        List<PodView> pods,
        int ordinaryPods) {

    /** A path, the latency it is believed to keep, and the measurement, whether or not it decides. */
    public record PathView(
            Tier tier,
            long promisedNs,
            boolean decidedByMeasurement,
            NodeDataplane.@Nullable Quantiles measured,
            @Nullable Instant measuredAt) {}

    /** A port that belongs to one pod; {@code pod} is null while it is free. */
    public record OwnedPortView(
            String name,
            String model,
            long linkRateBps,
            int numaNode,
            @Nullable String driver,
            @Nullable String pod) {}

    /** A port whose time is divided; {@code utilisation} is the share of its time that is taken, 0 to 1. */
    public record GatedPortView(
            String name,
            String backend,
            long linkRateBps,
            boolean linkUp,
            long guardNs,
            double utilisation,
            NodeDataplane.@Nullable Quantiles emission,
            List<WindowView> windows) {}

    /** A window {@code [offsetNs + k*periodNs, + windowNs)}; {@code pod} is null when local configuration reserved it. */
    public record WindowView(
            @Nullable String pod,
            String stream,
            long periodNs,
            long offsetNs,
            long windowNs,
            long deadlineNs,
            int trafficClass) {}

    /** The agent's word of itself. */
    public record AgentView(
            boolean live,
            Instant heartbeat,
            String version,
            NodeDataplane.Clock clock,
            List<NodeDataplane.Condition> conditions) {}

    /**
     * A pod that asks something of the network.
     *
     * @param latencyNs what it tolerates; null when it does not say
     * @param tier the path that serves it; null when it states no latency
     * @param promisedNs what that path keeps now; null likewise
     * @param interfaces ports it holds
     * @param streams how many streams it has
     * @param assumed whether its binding is still on the way
     */
    public record PodView(
            String pod,
            String uid,
            @Nullable Long latencyNs,
            @Nullable Tier tier,
            @Nullable Long promisedNs,
            List<String> interfaces,
            int streams,
            boolean assumed) {}

    /** A copy of the node as it stands. On the scheduler's thread. */
    public static NodeView of(NodeState node, Predicate<String> assumed, TierSettings tiers, Instant now) {
        List<Promise> promises = Promise.of(tiers, node, now);
        List<PodView> pods = new ArrayList<>();
        int ordinary = 0;
        for (PodInfo pod : node.pods()) {
            Allocation allocation = node.allocation(pod);
            if (allocation == null && pod.demand().value().isOrdinary()) {
                ordinary++;
            } else {
                pods.add(pod(pod, allocation, promises, assumed.test(pod.uid())));
            }
        }
        pods.sort(Comparator.comparing(PodView::pod));
        return new NodeView(
                node.name(),
                node.generation(),
                ready(node),
                !node.node().spec().unschedulable(),
                "true".equals(node.labels().get(Keys.SIMULATED_LABEL)),
                node.inventory() != null,
                paths(promises, node.dataplane()),
                ownedPorts(node),
                node.ownedPorts().headroom(),
                gatedPorts(node),
                agent(node.dataplane(), now),
                List.copyOf(pods),
                ordinary);
    }

    private static boolean ready(NodeState node) {
        for (Pod.Condition condition : node.node().status().conditions()) {
            if (condition.type().equals("Ready")) {
                return condition.status().equals("True");
            }
        }
        return false;
    }

    private static PodView pod(PodInfo pod, @Nullable Allocation allocation, List<Promise> promises, boolean assumed) {
        PodDemand demand = pod.demand().value();
        Tier tier = allocation == null ? null : allocation.tier();
        Long promised = null;
        for (Promise promise : promises) {
            if (promise.tier() == tier) {
                promised = promise.latencyNs();
            }
        }
        return new PodView(
                pod.key(),
                pod.uid(),
                demand.latencyNs().isPresent() ? demand.latencyNs().getAsLong() : null,
                tier,
                promised,
                allocation == null ? List.of() : allocation.interfaces(),
                allocation == null ? 0 : allocation.streams().size(),
                assumed);
    }

    private static List<PathView> paths(List<Promise> promises, @Nullable NodeDataplane dataplane) {
        List<PathView> paths = new ArrayList<>(promises.size());
        for (Promise promise : promises) {
            NodeDataplane.MeasuredPath measured = null;
            for (NodeDataplane.MeasuredPath path :
                    dataplane == null ? List.<NodeDataplane.MeasuredPath>of() : dataplane.paths()) {
                boolean thisPath = path.tier() == promise.tier() && path.method() == NodeDataplane.Method.LOOP;
                measured = thisPath ? path : measured;
            }
            paths.add(new PathView(
                    promise.tier(),
                    promise.latencyNs(),
                    promise.measured(),
                    measured == null ? null : measured.latency(),
                    measured == null ? null : measured.measuredAt()));
        }
        return paths;
    }

    private static List<OwnedPortView> ownedPorts(NodeState node) {
        OwnedPorts owned = node.ownedPorts();
        List<OwnedPortView> ports = new ArrayList<>(owned.total());
        for (NodeInventory.Port port : owned.all()) {
            String holder = owned.holder(port.name());
            PodInfo pod = holder == null ? null : node.pod(holder);
            ports.add(new OwnedPortView(
                    port.name(),
                    port.model(),
                    port.linkRateBps(),
                    port.numaNode(),
                    port.driver(),
                    pod == null ? holder : pod.key()));
        }
        return ports;
    }

    private static List<GatedPortView> gatedPorts(NodeState node) {
        List<GatedPortView> ports = new ArrayList<>();
        for (GatedPort port : node.gatedPorts().values()) {
            List<WindowView> windows = new ArrayList<>();
            port.state()
                    .reserved()
                    .forEach(reserved -> windows.add(new WindowView(
                            null,
                            reserved.name(),
                            reserved.periodNs(),
                            reserved.offsetNs(),
                            reserved.windowNs(),
                            reserved.periodNs(),
                            -1)));
            for (PodInfo pod : node.pods()) {
                Allocation allocation = node.allocation(pod);
                for (Allocation.StreamAllocation stream :
                        allocation == null ? List.<Allocation.StreamAllocation>of() : allocation.streams()) {
                    if (stream.port().equals(port.name())) {
                        windows.add(new WindowView(
                                pod.key(),
                                stream.name(),
                                stream.windowPeriodNs(),
                                stream.offsetNs(),
                                stream.windowNs(),
                                stream.deadlineNs(),
                                stream.trafficClass()));
                    }
                }
            }
            ports.add(new GatedPortView(
                    port.name(),
                    port.state().backend(),
                    port.state().linkRateBps(),
                    port.state().linkUp(),
                    port.state().guardNs(),
                    port.timetable().utilisation(),
                    port.state().emission(),
                    windows));
        }
        return ports;
    }

    private static @Nullable AgentView agent(@Nullable NodeDataplane dataplane, Instant now) {
        return dataplane == null
                ? null
                : new AgentView(
                        dataplane.liveAt(now),
                        dataplane.heartbeatTime(),
                        dataplane.agentVersion(),
                        dataplane.clock(),
                        dataplane.conditions());
    }
}
