package io.latencyscheduler.dataplane.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.dataplane.paths.ProbePlanner.Peer;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The nodes that a node measures to: the next two in the ring of all names, so that each node is measured to by two,
 * however many there are. Not thread-safe.
 */
public final class PeerDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(PeerDirectory.class);
    private static final int PEERS = 2;
    /** Nodes come and go slowly, and a list of thousands is no small question. */
    private static final Duration REFRESH = Duration.ofMinutes(10);

    private static final Duration RETRY = Duration.ofMinutes(1);

    private final ObjectClient objects;
    private final String nodeName;
    private List<Peer> peers = List.of();
    private long refreshAtNs = System.nanoTime();

    public PeerDirectory(ObjectClient objects, String nodeName) {
        this.objects = objects;
        this.nodeName = nodeName;
    }

    /** The peers; those of before while the API server cannot be read. */
    public List<Peer> current() {
        if (System.nanoTime() - refreshAtNs >= 0) {
            try {
                Map<String, String> addresses = new TreeMap<>();
                for (JsonNode node : objects.list(Resource.NODES, "", Map.of("resourceVersion", "0"))) {
                    addresses.put(node.at("/metadata/name").asText(), internalIp(node));
                }
                peers = next(addresses, nodeName);
                refreshAtNs = System.nanoTime() + REFRESH.toNanos();
            } catch (IOException unread) {
                LOG.warn("nodes to measure to cannot be listed: {}", unread.getMessage());
                refreshAtNs = System.nanoTime() + RETRY.toNanos();
            }
        }
        return peers;
    }

    private static String internalIp(JsonNode node) {
        for (JsonNode address : node.at("/status/addresses")) {
            if (address.path("type").asText().equals("InternalIP")) {
                return address.path("address").asText();
            }
        }
        return "";
    }

    /** The next nodes after {@code own}, round the ring; those without an address are passed over. */
    static List<Peer> next(Map<String, String> addresses, String own) {
        TreeMap<String, String> ring = new TreeMap<>(addresses);
        List<String> names = new ArrayList<>(ring.tailMap(own, false).keySet());
        names.addAll(ring.headMap(own, false).keySet());
        return names.stream()
                .filter(name -> !ring.getOrDefault(name, "").isEmpty())
                .limit(PEERS)
                .map(name -> new Peer(name, ring.getOrDefault(name, "")))
                .toList();
    }
}
