package io.latencyscheduler.discovery.output;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.WireName;
import io.latencyscheduler.discovery.derive.Derived;
import java.io.IOException;

/** The JSON of {@code --dry-run}: {@code {"labels":{…},"inventory":{…}}}. */
public final class JsonOutput {
    private static final ObjectMapper MAPPER = new ObjectMapper()
            .setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL)
            .registerModule(new SimpleModule().addSerializer(new WireNameSerializer()));

    private JsonOutput() {}

    /** The whole document, indented, with a line feed at its end. */
    public static String of(Derived derived) {
        ObjectNode document = MAPPER.createObjectNode();
        document.set("labels", MAPPER.valueToTree(derived.labels()));
        document.set("inventory", inventory(derived.inventory()));
        return pretty(document);
    }

    /** The inventory as the {@code spec} of its custom resource; features sorted, absent values left out. */
    public static JsonNode inventory(NodeInventory inventory) {
        ObjectNode tree = MAPPER.valueToTree(inventory);
        for (JsonNode port : tree.path("ports")) {
            var features = MAPPER.createArrayNode();
            port.path("features").valueStream().map(JsonNode::asText).sorted().forEach(features::add);
            ((ObjectNode) port).set("features", features);
        }
        return tree;
    }

    /** Indented JSON with a line feed at its end. */
    public static String pretty(JsonNode tree) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(tree) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class WireNameSerializer extends StdSerializer<WireName> {
        WireNameSerializer() {
            super(WireName.class);
        }

        @Override
        public void serialize(WireName value, JsonGenerator generator, SerializerProvider provider) throws IOException {
            generator.writeString(value.wireName());
        }
    }
}
