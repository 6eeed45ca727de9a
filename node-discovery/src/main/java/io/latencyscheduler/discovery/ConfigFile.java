package io.latencyscheduler.discovery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A YAML file of properties, made flat. */
final class ConfigFile {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private ConfigFile() {}

    /**
     * Properties such as {@code discovery.ports[0].role}.
     *
     * @throws IllegalArgumentException in one sentence for a person, when the file cannot be read or is no YAML mapping
     */
    static Map<String, String> read(Path file) {
        try {
            JsonNode tree = YAML.readTree(Files.readString(file));
            Map<String, String> properties = new TreeMap<>();
            if (tree.isObject()) {
                flatten("", tree, properties);
            } else if (!tree.isMissingNode() && !tree.isNull()) {
                throw new IllegalArgumentException(file + " must be a YAML mapping that begins with 'discovery:'");
            }
            return properties;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(file + " is not YAML: " + e.getOriginalMessage(), e);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("there is no file " + file, e);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void flatten(String key, JsonNode value, Map<String, String> properties) {
        if (value.isObject()) {
            value.properties()
                    .forEach(entry -> flatten(
                            key.isEmpty() ? entry.getKey() : key + "." + entry.getKey(), entry.getValue(), properties));
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                flatten(key + "[" + i + "]", value.get(i), properties);
            }
        } else if (!value.isNull()) {
            properties.put(key, value.asText());
        }
    }
}
