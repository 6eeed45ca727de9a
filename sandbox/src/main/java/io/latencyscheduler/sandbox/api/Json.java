package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Trees in and out of bytes, and the few ways of walking them that everything here uses. */
public final class Json {
    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final ObjectMapper YAML = YAMLMapper.builder().build();

    private Json() {}

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    public static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    /** @throws ApiFailure 400 when the bytes are not one JSON value */
    public static JsonNode parse(byte[] bytes) {
        try {
            JsonNode tree = JSON.readTree(bytes);
            if (tree == null || tree.isMissingNode()) {
                throw ApiFailure.badRequest("the request has no body");
            }
            return tree;
        } catch (JsonProcessingException e) {
            throw ApiFailure.badRequest("the body is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw ApiFailure.badRequest("the body cannot be read: " + e.getMessage());
        }
    }

    /** @throws ApiFailure 400 when the bytes are not one YAML document */
    public static JsonNode parseYaml(byte[] bytes) {
        try {
            return YAML.readTree(bytes);
        } catch (IOException e) {
            throw ApiFailure.badRequest("the body is not YAML: " + e.getMessage());
        }
    }

    /** Bytes that this server wrote itself. */
    public static ObjectNode parseOwn(byte[] bytes) {
        return (ObjectNode) parse(bytes);
    }

    public static byte[] bytes(JsonNode tree) {
        try {
            return JSON.writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that cannot be written", e);
        }
    }

    /** @throws ApiFailure 400 when the tree is not an object */
    public static ObjectNode asObject(JsonNode tree) {
        if (tree instanceof ObjectNode object) {
            return object;
        }
        throw ApiFailure.badRequest("the body must be a JSON object, not " + tree.getNodeType());
    }

    public static String text(JsonNode tree, String pointer) {
        return tree.at(pointer).asText("");
    }

    /** The child object of that name, made when absent or null. */
    public static ObjectNode child(ObjectNode parent, String name) {
        if (parent.get(name) instanceof ObjectNode present) {
            return present;
        }
        return parent.putObject(name);
    }

    public static ObjectNode metadata(ObjectNode object) {
        return child(object, "metadata");
    }

    public static Map<String, String> strings(JsonNode tree) {
        Map<String, String> strings = new LinkedHashMap<>();
        tree.properties()
                .forEach(entry -> strings.put(entry.getKey(), entry.getValue().asText()));
        return Map.copyOf(strings);
    }

    /** Removes members that are null, as the API server's typed objects do. */
    public static void stripNulls(JsonNode tree) {
        if (tree instanceof ObjectNode object) {
            Iterator<JsonNode> members = object.elements();
            while (members.hasNext()) {
                JsonNode member = members.next();
                if (member.isNull()) {
                    members.remove();
                } else {
                    stripNulls(member);
                }
            }
        } else if (tree instanceof ArrayNode array) {
            array.forEach(Json::stripNulls);
        }
    }
}
