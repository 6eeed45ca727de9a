package io.latencyscheduler.dataplane.ovs;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.dataplane.overlay.Attachment;
import io.latencyscheduler.dataplane.overlay.Attachment.Key;
import io.latencyscheduler.dataplane.overlay.Commands;
import io.latencyscheduler.dataplane.overlay.Links;
import io.latencyscheduler.dataplane.overlay.Links.HostLink;
import io.latencyscheduler.dataplane.overlay.NetworkException;
import io.latencyscheduler.dataplane.overlay.NodeNetwork;
import io.latencyscheduler.dataplane.overlay.OverlayConfig;
import io.latencyscheduler.dataplane.overlay.Peer;
import io.latencyscheduler.dataplane.ovs.plan.Flow;
import io.latencyscheduler.dataplane.ovs.plan.FlowPlanner;
import io.latencyscheduler.dataplane.ovs.plan.FlowPlanner.PodPort;
import io.latencyscheduler.dataplane.ovs.plan.SwitchChange;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedPort;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState.Bridge;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState.Port;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The overlay on Open vSwitch with DPDK. Bridges and ports go through its database, flows through OpenFlow; a pod's
 * attachment is written into the {@code external_ids} of its port.
 */
public final class OvsNetwork implements NodeNetwork {
    private static final String PREFIX = "latency-scheduler.io/";
    private static final String IF_NAME = PREFIX + "if-name";
    private static final String NETWORK = PREFIX + "network";
    private static final String NETNS = PREFIX + "netns";
    private static final String MAC = PREFIX + "mac";
    private static final String IPV4 = PREFIX + "ipv4";
    private static final Duration PORT_PATIENCE = Duration.ofSeconds(5);

    private final OverlayConfig config;
    private final Path engineSocket;
    private final Links links;
    private final OvsdbSession session;
    private final FlowTable flows;
    private List<String> peers = List.of(); // guarded by this

    /**
     * Follows a switch that may not run yet.
     *
     * @param engineSocket vhost-user socket of the engine's port
     * @param onChange told on a thread of the connection that the switch changed; must return at once
     */
    public OvsNetwork(OverlayConfig config, Path engineSocket, Links links, Commands commands, Runnable onChange) {
        this.config = config;
        this.engineSocket = engineSocket;
        this.links = links;
        this.session = new OvsdbSession(config.ovsdb(), onChange);
        Path runDirectory = config.ovsdb().toAbsolutePath().getParent();
        this.flows = new FlowTable(commands, runDirectory == null ? Path.of("/") : runDirectory, config.bridge());
    }

    /** Whether a database answers at the socket and its switch runs with DPDK. */
    public static boolean available(Path ovsdb) {
        try (OvsdbSession session = new OvsdbSession(ovsdb, () -> {})) {
            return session.state().dpdk();
        } catch (NetworkException absent) {
            return false;
        }
    }

    @Override
    public Kind kind() {
        return Kind.OVS_DPDK;
    }

    @Override
    public synchronized void reconcile(Collection<Peer> wantedPeers) {
        peers = wantedPeers.stream().map(Peer::address).sorted().distinct().toList();
        SwitchState state = session.state();
        if (!state.dpdk()) {
            throw new NetworkException("Open vSwitch runs without DPDK; set it up with"
                    + " 'ovs-vsctl set Open_vSwitch . other_config:dpdk-init=true'");
        }
        SwitchPlan.Difference difference = SwitchPlans.of(config, engineSocket).from(state);
        List<SwitchChange> changes = new ArrayList<>(difference.changes());
        changes.addAll(orphans(state));
        session.transact(changes);
        joinAgain();
        if (config.hasUplink() && !config.address().isEmpty()) {
            addressUplink();
        }
        if (!difference.refusals().isEmpty()) {
            throw new NetworkException(String.join("; ", difference.refusals()));
        }
        if (!session.state().made(config.bridge())) {
            throw new NetworkException("ovs-vswitchd has not made bridge " + config.bridge() + " yet; is it running?");
        }
        flows.bringTo(wantedFlows());
    }

    /** Ports whose container is gone: its namespace took the other end of the pair with it. */
    private List<SwitchChange> orphans(SwitchState state) {
        Set<String> present = links.hostLinks().stream().map(HostLink::name).collect(Collectors.toSet());
        List<SwitchChange> gone = new ArrayList<>();
        for (Port port : podPorts(state)) {
            String netns = port.externalIds().getOrDefault(NETNS, "");
            if (!present.contains(port.name()) || !Files.exists(Path.of(netns))) {
                gone.add(new SwitchChange.RemovePort(config.bridge(), port.name()));
            }
        }
        return gone;
    }

    /** Pods whose interface is there and their port is not: the database was lost, or an attachment was cut short. */
    private void joinAgain() {
        Set<String> ports = podPorts(session.state()).stream().map(Port::name).collect(Collectors.toSet());
        for (HostLink link : links.hostLinks()) {
            if (ports.contains(link.name())) {
                continue;
            }
            if (!link.alive()) {
                links.delete(link.name());
                continue;
            }
            links.inside(link.netns(), link.key().ifName())
                    .ifPresentOrElse(
                            inside -> session.transact(List.of(new SwitchChange.AddPort(
                                    config.bridge(),
                                    podPort(link.network(), link.key(), link.netns(), inside.mac(), inside.ipv4())))),
                            () -> links.delete(link.name()));
        }
    }

    private void addressUplink() {
        String bridge = config.physicalBridge();
        for (JsonNode link : links.json("ip", "-json", "addr", "show")) {
            if (link.path("ifname").asText().equals(bridge)) {
                boolean addressed = false;
                for (JsonNode address : link.path("addr_info")) {
                    addressed |= config.address()
                            .equals(address.path("local").asText() + "/"
                                    + address.path("prefixlen").asText());
                }
                if (!addressed || !link.path("flags").toString().contains("\"UP\"")) {
                    links.batch(List.of(
                            "addr replace " + config.address() + " dev " + bridge, "link set dev " + bridge + " up"));
                }
            }
        }
    }

    private List<Flow> wantedFlows() {
        SwitchState state = session.state();
        List<PodPort> pods = new ArrayList<>();
        for (Port port : podPorts(state)) {
            if (port.ofport() > 0) {
                String ipv4 = port.externalIds().getOrDefault(IPV4, "");
                pods.add(new PodPort(
                        port.ofport(),
                        port.externalIds().getOrDefault(MAC, ""),
                        ipv4.isEmpty() ? List.of() : List.of(ipv4.split(" ", -1))));
            }
        }
        return FlowPlanner.plan(pods, peers, number(state, SwitchPlans.TUNNEL), number(state, SwitchPlans.ENGINE));
    }

    private int number(SwitchState state, String port) {
        return state.port(config.bridge(), port).map(Port::ofport).orElse(0);
    }

    private List<Port> podPorts(SwitchState state) {
        return state.bridge(config.bridge()).map(Bridge::ports).orElse(List.of()).stream()
                .filter(port -> port.owned() && port.externalIds().containsKey(SwitchPlan.CONTAINER))
                .toList();
    }

    @Override
    public synchronized void attach(Attachment attachment) {
        Key key = attachment.key();
        if (session.state().bridge(config.bridge()).filter(Bridge::owned).isEmpty()) {
            throw new NetworkException("bridge " + config.bridge() + " is not set up yet");
        }
        detach(key);
        links.create(attachment);
        try {
            List<String> ipv4 = attachment.addresses().stream()
                    .filter(address -> !address.contains(":"))
                    .map(address -> address.substring(0, address.indexOf('/')))
                    .toList();
            session.transact(List.of(new SwitchChange.AddPort(
                    config.bridge(), podPort(attachment.network(), key, attachment.netns(), attachment.mac(), ipv4))));
            session.await(
                    state -> state.port(config.bridge(), key.hostLink())
                            .filter(port -> port.ofport() > 0)
                            .isPresent(),
                    PORT_PATIENCE,
                    () -> "Open vSwitch did not take " + key.hostLink() + ": "
                            + session.state()
                                    .port(config.bridge(), key.hostLink())
                                    .map(Port::error)
                                    .filter(error -> !error.isEmpty())
                                    .orElse("ovs-vswitchd does not answer; is it running?"));
            flows.bringTo(wantedFlows());
        } catch (NetworkException failed) {
            undo(key);
            throw failed;
        }
    }

    private void undo(Key key) {
        try {
            detach(key);
        } catch (NetworkException alsoFailed) {
            links.delete(key.hostLink());
        }
    }

    private static WantedPort podPort(String network, Key key, String netns, String mac, List<String> ipv4) {
        Map<String, String> ids = new HashMap<>();
        ids.put(SwitchPlan.CONTAINER, key.containerId());
        ids.put(IF_NAME, key.ifName());
        ids.put(NETWORK, network);
        ids.put(NETNS, netns);
        ids.put(MAC, mac);
        ids.put(IPV4, String.join(" ", ipv4));
        return new WantedPort(key.hostLink(), "", Map.of(), 0, ids);
    }

    @Override
    public synchronized void detach(Key key) {
        boolean joined =
                podPorts(session.state()).stream().anyMatch(port -> port.name().equals(key.hostLink()));
        if (joined) {
            session.transact(List.of(new SwitchChange.RemovePort(config.bridge(), key.hostLink())));
            flows.bringTo(wantedFlows());
        }
        links.delete(key.hostLink());
    }

    @Override
    public synchronized List<String> check(Attachment attachment) {
        List<String> faults = new ArrayList<>(links.check(attachment));
        String host = attachment.key().hostLink();
        Port port = session.state().port(config.bridge(), host).orElse(null);
        if (port == null) {
            faults.add(host + " is not a port of " + config.bridge());
        } else if (!port.error().isEmpty()) {
            faults.add("Open vSwitch: " + port.error());
        }
        return faults;
    }

    @Override
    public synchronized Set<Key> attachments() {
        return podPorts(session.state()).stream().map(OvsNetwork::key).collect(Collectors.toSet());
    }

    @Override
    public synchronized Set<Key> attachments(String network) {
        return podPorts(session.state()).stream()
                .filter(port -> network.equals(port.externalIds().get(NETWORK)))
                .map(OvsNetwork::key)
                .collect(Collectors.toSet());
    }

    private static Key key(Port port) {
        Map<String, String> ids = port.externalIds();
        return new Key(ids.getOrDefault(SwitchPlan.CONTAINER, ""), ids.getOrDefault(IF_NAME, ""));
    }

    @Override
    public void close() {
        session.close();
    }
}
