package io.latencyscheduler.dataplane.overlay;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.dataplane.overlay.Attachment.Key;
import io.latencyscheduler.dataplane.overlay.Links.HostLink;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The overlay without Open vSwitch: a bridge, a VXLAN interface, veth pairs, all of the kernel. Frames of the engine come in
 * by a veth pair of their own ({@link #ENGINE_LINK}), which an AF_PACKET port opens.
 */
public final class KernelNetwork implements NodeNetwork {
    /** The engine's end of its way into the bridge. */
    public static final String ENGINE_LINK = "tsn-engine";

    private static final String ENGINE_BRIDGE_LINK = "tsn-engine-br";
    private static final String TUNNEL = "tsn-vxlan";
    private static final String EVERYBODY = "00:00:00:00:00:00";

    private final OverlayConfig config;
    private final Supplier<String> localAddress;
    private final Links links;

    /** {@code localAddress}: the node's end of the tunnels, empty while it is not known. */
    public KernelNetwork(OverlayConfig config, Supplier<String> localAddress, Links links) {
        this.config = config;
        this.localAddress = localAddress;
        this.links = links;
    }

    @Override
    public Kind kind() {
        return Kind.KERNEL;
    }

    @Override
    public synchronized void reconcile(Collection<Peer> peers) {
        if (!links.exists(config.bridge())) {
            links.batch(List.of(
                    "link add dev " + config.bridge() + " type bridge mcast_snooping 0",
                    "link set dev " + config.bridge() + " mtu " + config.podMtu() + " up"));
        }
        if (!links.exists(TUNNEL)) {
            addTunnel();
        }
        if (!config.enginePort().isEmpty() && !links.exists(ENGINE_LINK)) {
            links.batch(List.of(
                    "link add dev " + ENGINE_LINK + " mtu " + config.podMtu() + " type veth peer name "
                            + ENGINE_BRIDGE_LINK + " mtu " + config.podMtu(),
                    "link set dev " + ENGINE_BRIDGE_LINK + " master " + config.bridge() + " up",
                    // A pod's address stays where its interface is: what the engine sends for it teaches nothing.
                    "link set dev " + ENGINE_BRIDGE_LINK + " type bridge_slave learning off flood off mcast_flood off",
                    "link set dev " + ENGINE_LINK + " up"));
        }
        followPeers(peers);
        for (HostLink link : links.hostLinks()) {
            if (!link.alive()) {
                links.delete(link.name());
            }
        }
    }

    private void addTunnel() {
        String local = localAddress.get();
        if (local.isEmpty()) {
            throw new NetworkException(
                    "the node's own address is not known: its Node has no InternalIP; set dataplane.overlay.address");
        }
        links.batch(List.of(
                "link add dev " + TUNNEL + " mtu " + config.podMtu() + " type vxlan id " + config.vni() + " dstport "
                        + config.udpPort() + " local " + local + " tos inherit",
                "link set dev " + TUNNEL + " master " + config.bridge() + " up"));
    }

    /** Frames for everybody go to each peer; what the peers teach goes with them. */
    private void followPeers(Collection<Peer> peers) {
        Set<String> wanted = peers.stream().map(Peer::address).collect(Collectors.toCollection(TreeSet::new));
        Set<String> present = new HashSet<>();
        List<String> changes = new ArrayList<>();
        for (JsonNode entry : links.json("bridge", "-json", "fdb", "show", "dev", TUNNEL)) {
            String destination = entry.path("dst").asText("");
            String mac = entry.path("mac").asText();
            if (mac.equals(EVERYBODY)) {
                present.add(destination);
            }
            if (!destination.isEmpty() && !wanted.contains(destination)) {
                changes.add("fdb del " + mac + " dev " + TUNNEL + " dst " + destination + " self");
            }
        }
        for (String peer : wanted) {
            if (!present.contains(peer)) {
                changes.add("fdb append " + EVERYBODY + " dev " + TUNNEL + " dst " + peer + " self permanent");
            }
        }
        if (!changes.isEmpty()) {
            links.bridgeBatch(changes);
        }
    }

    @Override
    public synchronized void attach(Attachment attachment) {
        links.create(attachment);
        String host = attachment.key().hostLink();
        try {
            links.batch(List.of("link set dev " + host + " master " + config.bridge()));
        } catch (NetworkException failed) {
            links.delete(host);
            throw failed;
        }
    }

    @Override
    public synchronized void detach(Key key) {
        links.delete(key.hostLink());
    }

    @Override
    public synchronized List<String> check(Attachment attachment) {
        List<String> faults = new ArrayList<>(links.check(attachment));
        String host = attachment.key().hostLink();
        boolean joined = links.json("ip", "-json", "link", "show", "master", config.bridge()).stream()
                .anyMatch(link -> link.path("ifname").asText().equals(host));
        if (!joined) {
            faults.add(host + " is not in bridge " + config.bridge());
        }
        return faults;
    }

    @Override
    public Set<Key> attachments() {
        return links.hostLinks().stream().map(HostLink::key).collect(Collectors.toSet());
    }

    @Override
    public Set<Key> attachments(String network) {
        return links.hostLinks().stream()
                .filter(link -> link.network().equals(network))
                .map(HostLink::key)
                .collect(Collectors.toSet());
    }

    @Override
    public void close() {
        // Nothing is followed.
    }
}
