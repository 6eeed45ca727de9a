package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The chart under test. */
final class Chart {
    static final Path ROOT = Path.of(System.getProperty("repository.root"));
    static final Path FOLDER = ROOT.resolve("charts/latency-scheduler");
    static final String RELEASE = "latency-scheduler";
    static final String NAMESPACE = "latency-scheduler";
    private static final YAMLMapper YAML = new YAMLMapper();

    private Chart() {}

    static Helm helm() {
        return new Helm(FOLDER);
    }

    /** The text that Helm renders for a Kubernetes version, without hooks. */
    static String render(String kubeVersion, String values) {
        return render(RELEASE, kubeVersion, values);
    }

    static String render(String release, String kubeVersion, String values) {
        Path file = null;
        try {
            TemplateCommand template =
                    helm().template().withName(release).withNamespace(NAMESPACE).withKubeVersion(kubeVersion);
            if (!values.isBlank()) {
                file = Files.createTempFile("values-", ".yaml");
                Files.writeString(file, values);
                template.withValuesFile(file);
            }
            return template.call();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } finally {
            delete(file);
        }
    }

    private static void delete(@org.jspecify.annotations.Nullable Path file) {
        try {
            if (file != null) {
                Files.delete(file);
            }
        } catch (IOException left) {
            throw new UncheckedIOException(left);
        }
    }

    /** Every object of rendered text. */
    static List<ObjectNode> objects(String rendered) {
        try (MappingIterator<JsonNode> documents =
                YAML.readerFor(JsonNode.class).readValues(rendered)) {
            List<ObjectNode> objects = new ArrayList<>();
            while (documents.hasNext()) {
                if (documents.next() instanceof ObjectNode object && object.has("kind")) {
                    objects.add(object);
                }
            }
            return objects;
        } catch (IOException malformed) {
            throw new UncheckedIOException(malformed);
        }
    }

    static ObjectNode object(List<ObjectNode> objects, String kind, String name) {
        return objects.stream()
                .filter(object -> kind(object).equals(kind) && name(object).equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + kind + " " + name + " among "
                        + objects.stream().map(Chart::title).toList()));
    }

    static String kind(JsonNode object) {
        return object.path("kind").asText();
    }

    static String name(JsonNode object) {
        return object.at("/metadata/name").asText();
    }

    static String title(JsonNode object) {
        return kind(object) + " " + name(object);
    }

    /** YAML or JSON. */
    static JsonNode tree(String text) {
        try {
            return YAML.readTree(text);
        } catch (IOException malformed) {
            throw new UncheckedIOException(malformed);
        }
    }

    static String yaml(JsonNode object) {
        try {
            return YAML.writeValueAsString(object);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
