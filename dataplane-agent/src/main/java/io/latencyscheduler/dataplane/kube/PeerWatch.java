package io.latencyscheduler.dataplane.kube;

import com.fasterxml.jackson.databind.ObjectReader;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.dataplane.overlay.Peer;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Meta;
import io.latencyscheduler.kube.Reflector;
import io.latencyscheduler.kube.ReflectorMetrics;
import io.latencyscheduler.kube.Resource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Follows the nodes of the cluster: where tunnels lead. A node's end of the tunnel is its annotation
 * {@value #ADDRESS}, else its InternalIP. Thread-safe.
 */
public final class PeerWatch implements AutoCloseable {
    /** Node annotation: IPv4 address of the node on the network of the tunnels. */
    public static final String ADDRESS = Keys.PREFIX + "overlay-address";

    private final String nodeName;
    private final Runnable onChange;
    private final Reflector<NodeObject> nodes;
    private final Map<String, String> addresses = new TreeMap<>(); // by node, guarded by this

    /** What is read of a Node. */
    record NodeObject(Metadata metadata, @Nullable Status status) {
        record Metadata(
                String name,
                @Nullable String uid,
                String resourceVersion,
                @Nullable Map<String, String> annotations) {}

        record Status(@Nullable List<Address> addresses) {}

        record Address(String type, String address) {}

        Meta meta() {
            String uid = metadata.uid();
            return new Meta(metadata.name(), uid == null ? "" : uid, metadata.resourceVersion());
        }

        /** Empty where it has none. */
        String tunnelAddress() {
            Map<String, String> annotations = metadata.annotations();
            String set = annotations == null ? null : annotations.get(ADDRESS);
            if (set != null) {
                return set;
            }
            List<Address> known = status == null ? null : status.addresses();
            return known == null
                    ? ""
                    : known.stream()
                            .filter(address -> address.type().equals("InternalIP")
                                    && !address.address().contains(":"))
                            .map(Address::address)
                            .findFirst()
                            .orElse("");
        }
    }

    /** Begins to follow; {@code onChange} is told on a reflector's thread and must return at once. */
    public PeerWatch(Clients clients, String nodeName, Runnable onChange) {
        this.nodeName = nodeName;
        this.onChange = onChange;
        ObjectReader reader = Json.readerFor(NodeObject.class);
        this.nodes = new Reflector<>(
                        clients,
                        Resource.NODES,
                        Reflector.Options.DEFAULT,
                        reader::readValue,
                        NodeObject::meta,
                        new Handler(),
                        ReflectorMetrics.NONE)
                .start();
    }

    /** The other nodes that have an address; null before the first complete picture. */
    public synchronized @Nullable Collection<Peer> peers() {
        if (!nodes.hasSynced()) {
            return null;
        }
        return addresses.entrySet().stream()
                .filter(entry ->
                        !entry.getKey().equals(nodeName) && !entry.getValue().isEmpty())
                .map(entry -> new Peer(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** This node's own address; empty while it is not known. */
    public synchronized String localAddress() {
        return addresses.getOrDefault(nodeName, "");
    }

    @Override
    public void close() {
        nodes.close();
    }

    private final class Handler implements Reflector.Handler<NodeObject> {
        @Override
        public void onAdd(NodeObject node) {
            put(node);
        }

        @Override
        public void onUpdate(NodeObject before, NodeObject node) {
            put(node);
        }

        @Override
        public void onDelete(NodeObject last) {
            synchronized (PeerWatch.this) {
                addresses.remove(last.metadata().name());
            }
            onChange.run();
        }

        @Override
        public void onListed() {
            onChange.run();
        }
    }

    private void put(NodeObject node) {
        String address = node.tunnelAddress();
        boolean other;
        synchronized (this) {
            other = !address.equals(addresses.put(node.metadata().name(), address));
        }
        if (other) {
            onChange.run();
        }
    }
}
