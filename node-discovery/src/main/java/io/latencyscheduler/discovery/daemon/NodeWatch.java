package io.latencyscheduler.discovery.daemon;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.discovery.publish.ObservedNode;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Meta;
import io.latencyscheduler.kube.Reflector;
import io.latencyscheduler.kube.ReflectorMetrics;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Follows this node's Node object, so that a re-created node or a label taken away is mended at once. Thread-safe. */
final class NodeWatch implements AutoCloseable {
    /** A Node with the little of it that concerns us, so that heartbeats do not count as changes. */
    private record Seen(Meta meta, ObservedNode node) {}

    private final Reflector<Seen> reflector;
    private final Wakeup wakeup;
    private volatile @Nullable ObservedNode current;

    NodeWatch(Clients clients, String nodeName, Wakeup wakeup) {
        this.wakeup = wakeup;
        this.reflector = new Reflector<>(
                clients,
                Resource.NODES,
                Reflector.Options.DEFAULT.selecting(Map.of("fieldSelector", "metadata.name=" + nodeName)),
                NodeWatch::decode,
                Seen::meta,
                new Handler(),
                ReflectorMetrics.NONE);
    }

    NodeWatch start() {
        reflector.start();
        return this;
    }

    /** The node as last seen; null when there is none, or nothing is known yet. */
    @Nullable
    ObservedNode current() {
        return current;
    }

    /** Whether the server has been asked and has answered. */
    boolean hasSynced() {
        return reflector.hasSynced();
    }

    @Override
    public void close() {
        reflector.close();
    }

    private static Seen decode(JsonParser parser) throws IOException {
        JsonNode node = parser.readValueAsTree();
        JsonNode metadata = node.path("metadata");
        return new Seen(
                new Meta(
                        metadata.path("name").asText(),
                        metadata.path("uid").asText(),
                        metadata.path("resourceVersion").asText()),
                ObservedNode.of(Json.object().set("metadata", metadata)));
    }

    private final class Handler implements Reflector.Handler<Seen> {
        @Override
        public void onAdd(Seen seen) {
            current = seen.node();
            wakeup.call();
        }

        @Override
        public void onUpdate(Seen before, Seen seen) {
            current = seen.node();
            if (!before.node().equals(seen.node())) {
                wakeup.call();
            }
        }

        @Override
        public void onDelete(Seen last) {
            current = null;
        }
    }
}
