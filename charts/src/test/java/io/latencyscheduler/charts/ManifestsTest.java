package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The manifests are the chart rendered; {@code make manifests} writes them with {@code -Dmanifests.write=true}. */
class ManifestsTest {
    private static final String NAMESPACE = """
            # Generated from charts/latency-scheduler by: make manifests
            # Kubernetes 1.21 and newer, for policy/v1. For an older one: helm template latency-scheduler
            # charts/latency-scheduler --namespace latency-scheduler --kube-version 1.20.0
            ---
            apiVersion: v1
            kind: Namespace
            metadata:
              name: latency-scheduler
              labels:
                pod-security.kubernetes.io/enforce: privileged
            """;
    private static final String FENCING = """
            # Generated from charts/latency-scheduler by: make manifests
            # Kubernetes 1.30 and newer. Fences what RBAC cannot: keys, and the node that a token belongs to.
            """;

    @ParameterizedTest
    @CsvSource({"install.yaml", "fencing.yaml"})
    void shouldBeWhatTheChartRenders(String file) throws IOException {
        List<ObjectNode> objects = Chart.objects(Chart.render("1.30.0", "{crds: {enabled: false}}"));
        Predicate<ObjectNode> policy = object -> Chart.kind(object).startsWith("ValidatingAdmissionPolicy");
        StringBuilder expected = new StringBuilder(file.equals("fencing.yaml") ? FENCING : NAMESPACE);
        objects.stream()
                .filter(file.equals("fencing.yaml") ? policy : policy.negate())
                .map(ManifestsTest::plain)
                .forEach(expected::append);

        Path manifest = Chart.ROOT.resolve("manifests").resolve(file);
        if (Boolean.getBoolean("manifests.write")) {
            Files.writeString(manifest, expected);
        }
        assertThat(manifest).as("run: make manifests").content().isEqualTo(expected.toString());
    }

    /** A chart can hold no file of another folder, and a link does not survive every way that a repository travels. */
    @Test
    void shouldHoldTheDefinitionsOfCustomResources() throws IOException {
        Path copies = Chart.FOLDER.resolve("files/crds");
        Map<String, String> definitions = texts(Chart.ROOT.resolve("manifests/crds"));
        if (Boolean.getBoolean("manifests.write")) {
            for (var definition : definitions.entrySet()) {
                Files.writeString(copies.resolve(definition.getKey()), definition.getValue());
            }
        }
        assertThat(definitions).hasSizeGreaterThan(1);
        assertThat(texts(copies)).as("run: make manifests").isEqualTo(definitions);
        List<String> rendered = Chart.objects(Chart.render("1.30.0", "")).stream()
                .filter(object -> Chart.kind(object).equals("CustomResourceDefinition"))
                .map(object -> object.at("/spec/names/plural").asText() + ".yaml")
                .toList();
        assertThat(rendered).containsExactlyInAnyOrderElementsOf(definitions.keySet());
    }

    private static Map<String, String> texts(Path folder) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                texts.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return texts;
    }

    /** Nobody's release: without the labels that say so. */
    private static String plain(ObjectNode object) {
        if (object.at("/metadata/labels") instanceof ObjectNode labels) {
            labels.remove(List.of("app.kubernetes.io/managed-by", "helm.sh/chart"));
        }
        return Chart.yaml(object);
    }
}
