package io.latencyscheduler.dataplane;

import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.control.StatusBuilder.Verdict;
import io.latencyscheduler.dataplane.kube.PeerWatch;
import io.latencyscheduler.dataplane.overlay.Commands;
import io.latencyscheduler.dataplane.overlay.KernelNetwork;
import io.latencyscheduler.dataplane.overlay.Links;
import io.latencyscheduler.dataplane.overlay.NodeNetwork;
import io.latencyscheduler.dataplane.overlay.OverlayConfig;
import io.latencyscheduler.dataplane.overlay.OverlayConfig.Mode;
import io.latencyscheduler.dataplane.overlay.OverlayLoop;
import io.latencyscheduler.dataplane.ovs.OvsNetwork;
import io.latencyscheduler.kube.Clients;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The node's overlay with what follows it; empty in mode {@code none}. */
final class Overlay implements AutoCloseable {
    /** Condition of NodeDataplane: pods can be attached. */
    private static final String OVERLAY_READY = "OverlayReady";

    private final @Nullable NodeNetwork network;
    private final @Nullable OverlayLoop loop;
    private final @Nullable PeerWatch peers;

    private Overlay(@Nullable NodeNetwork network, @Nullable OverlayLoop loop, @Nullable PeerWatch peers) {
        this.network = network;
        this.loop = loop;
        this.peers = peers;
    }

    /** Starts following nodes and switch; {@code onVerdict} is told when {@link #verdicts} changes. */
    static Overlay start(AgentConfig config, Clients clients, Runnable onVerdict) {
        OverlayConfig overlay = config.overlay();
        if (overlay.mode() == Mode.NONE) {
            return new Overlay(null, null, null);
        }
        AtomicReference<@Nullable OverlayLoop> started = new AtomicReference<>();
        Runnable wake = () -> {
            OverlayLoop loop = started.get();
            if (loop != null) {
                loop.wake();
            }
        };
        PeerWatch peers = new PeerWatch(clients, config.nodeName(), wake);
        Commands commands = Commands.system();
        Links links = new Links(commands);
        boolean kernel = overlay.mode() == Mode.KERNEL
                || (overlay.mode() == Mode.AUTO && !OvsNetwork.available(overlay.ovsdb()));
        NodeNetwork network = kernel
                ? new KernelNetwork(overlay, () -> ownAddress(overlay, peers), links)
                : new OvsNetwork(overlay, config.engineSocket(), links, commands, wake);
        OverlayLoop loop = new OverlayLoop(network, peers::peers, onVerdict);
        started.set(loop);
        loop.start();
        return new Overlay(network, loop, peers);
    }

    private static String ownAddress(OverlayConfig overlay, PeerWatch peers) {
        String set = overlay.address();
        return set.isEmpty() ? peers.localAddress() : set.substring(0, set.indexOf('/'));
    }

    @Nullable
    NodeNetwork network() {
        return network;
    }

    /** What carries it; asked only where there is one. */
    NodeNetwork.Kind kind() {
        return network == null ? NodeNetwork.Kind.KERNEL : network.kind();
    }

    /** What keeps new pods off the network; empty when nothing does. */
    String problem() {
        return loop == null ? "" : loop.problem();
    }

    /** What carries it, as the node's label has it; empty while nothing does. */
    String carrier() {
        return network == null || !problem().isEmpty() ? "" : network.kind().wireName();
    }

    /** What the node's status says of it. */
    List<Verdict> verdicts() {
        if (network == null) {
            return List.of();
        }
        String problem = problem();
        String carrier = network.kind() == NodeNetwork.Kind.OVS_DPDK ? "OvsDpdk" : "Kernel";
        return List.of(new Verdict(
                OVERLAY_READY,
                problem.isEmpty(),
                problem.isEmpty() ? carrier : carrier + "NotReady",
                problem.isEmpty() ? "pods are attached through " + words(network.kind()) : problem));
    }

    private static String words(NodeNetwork.Kind kind) {
        return switch (kind) {
            case OVS_DPDK -> "Open vSwitch with DPDK";
            case KERNEL -> "the kernel's bridge and VXLAN";
        };
    }

    @Override
    public void close() {
        if (loop != null) {
            loop.close();
        }
        if (peers != null) {
            peers.close();
        }
    }
}
