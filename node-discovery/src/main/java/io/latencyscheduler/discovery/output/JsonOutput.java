package io.latencyscheduler.discovery.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.discovery.derive.Derived;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The JSON of {@code --dry-run}: {@code {"labels":{…},"inventory":{…}}}. */
public final class JsonOutput {
    private static final ObjectWriter PRETTY = Json.mapperBuilder().build().writerWithDefaultPrettyPrinter();

    private JsonOutput() {}

    /** The whole document, indented, with a line feed at its end. */
    public static String of(Derived derived) {
        ObjectNode document = Json.object();
        document.set("labels", Json.toTree(derived.labels()));
        document.set("inventory", inventory(derived.inventory()));
        return pretty(document);
    }

    /**
     * The inventory as the {@code spec} of its custom resource: features sorted, absent values left out, and numbers of the
     * node types a parser would give them, so that trees compare.
     */
    public static JsonNode inventory(NodeInventory inventory) {
        try {
            JsonNode tree = Json.tree(Json.bytes(inventory));
            for (JsonNode port : tree.path("ports")) {
                ArrayNode features = Json.array();
                port.path("features")
                        .valueStream()
                        .map(JsonNode::asText)
                        .sorted()
                        .forEach(features::add);
                ((ObjectNode) port).set("features", features);
            }
            return tree;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Indented JSON with a line feed at its end. */
    public static String pretty(JsonNode tree) {
        try {
            return PRETTY.writeValueAsString(tree) + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
