package io.latencyscheduler.dataplane.paths;

import io.latencyscheduler.contract.NodeDataplane.Method;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.contract.Tier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which paths of a node are measured now: a function of what the node has and of what its pods hold.
 *
 * <p>No probe ever goes through a gated port or a device that a pod holds: the kernel's and Open vSwitch's paths are
 * measured between ends made for the purpose, the DPDK path between owned ports that are free.
 */
public final class ProbePlanner {
    /** A probe that takes longer is lost. */
    static final Duration TIMEOUT = Duration.ofSeconds(1);

    private static final int FROM = 0;
    private static final int TO = 1;

    private final PathSettings settings;
    private final Path socketFolder;

    /**
     * Another node.
     *
     * @param address IPv4 or IPv6
     */
    public record Peer(String node, String address) {}

    /** Sockets of the probe's own Open vSwitch ports lie in {@code socketFolder}. */
    public ProbePlanner(PathSettings settings, Path socketFolder) {
        this.settings = settings;
        this.socketFolder = socketFolder;
    }

    /**
     * What to measure.
     *
     * @param inventory null while it is not known
     * @param held names of the owned ports that pods hold
     * @param peers nodes to measure to
     */
    public List<Probe> plan(@Nullable NodeInventory inventory, Set<String> held, List<Peer> peers) {
        if (settings.rate() == 0) {
            return List.of();
        }
        List<Probe> probes = new ArrayList<>();
        probes.add(loop(Tier.KERNEL, false, List.of("kernel")));
        if (inventory != null && inventory.ovsDpdk() && settings.ovsDatabase().isPresent()) {
            probes.add(loop(Tier.OVS_DPDK, true, dpdk(virtioUser(FROM), virtioUser(TO), false)));
        }
        devices(inventory, held).ifPresent(arguments -> probes.add(loop(Tier.DPDK, false, arguments)));
        String port = String.valueOf(settings.peerPort());
        if (settings.peers()) {
            probes.add(pair("", List.of("reflect", "--port", port)));
        }
        for (Peer peer : peers) {
            probes.add(pair(peer.node(), List.of("udp", "--address", peer.address(), "--port", port)));
        }
        return probes;
    }

    /** Path of the unix socket of an end of the Open vSwitch path. */
    Path socket(int end) {
        return socketFolder.resolve("probe" + end + ".sock");
    }

    private Probe loop(Tier tier, boolean bridge, List<String> arguments) {
        return new Probe(tier, Method.LOOP, "", settings.rate(), TIMEOUT, bridge, arguments);
    }

    private Probe pair(String peer, List<String> arguments) {
        return new Probe(Tier.KERNEL, Method.PAIR, peer, settings.rate(), TIMEOUT, false, arguments);
    }

    private String virtioUser(int end) {
        return "virtio_user" + end + ",path=" + socket(end) + ",server=1";
    }

    private Optional<List<String>> devices(@Nullable NodeInventory inventory, Set<String> held) {
        if (!settings.dpdk().named().isEmpty()) {
            return Optional.of(dpdk(
                    settings.dpdk().named().get(FROM), settings.dpdk().named().get(TO), false));
        }
        if (!settings.dpdk().automatic() || inventory == null) {
            return Optional.empty();
        }
        return freePair(inventory, held)
                .map(pair -> dpdk(
                        String.valueOf(pair.get(FROM).pciAddress()),
                        String.valueOf(pair.get(TO).pciAddress()),
                        pair.get(FROM).iommuGroup() == null));
    }

    /**
     * Two free virtual functions of one physical port, which its switch joins without a cable; the last ones, since pods
     * are given the first.
     */
    private static Optional<List<Port>> freePair(NodeInventory inventory, Set<String> held) {
        Map<String, List<Port>> byPhysicalFunction = new TreeMap<>();
        for (Port port : inventory.ports()) {
            String physicalFunction = port.physicalFunction();
            boolean usable = port.role() == Role.OWNED
                    && port.pciAddress() != null
                    && port.netdev() == null
                    && port.driver() != null
                    && !held.contains(port.name());
            if (usable && physicalFunction != null) {
                byPhysicalFunction
                        .computeIfAbsent(physicalFunction, name -> new ArrayList<>())
                        .add(port);
            }
        }
        return byPhysicalFunction.values().stream()
                .filter(ports -> ports.size() >= 2)
                .findFirst()
                .map(ports -> ports.subList(ports.size() - 2, ports.size()));
    }

    /** Without an IOMMU a device reaches memory by its physical address, which only hugepages keep. */
    private static List<String> dpdk(String from, String to, boolean hugepages) {
        List<String> arguments = new ArrayList<>(List.of("dpdk", "--from", from, "--to", to));
        if (hugepages) {
            arguments.add("--hugepages");
        }
        return arguments;
    }
}
