package io.latencyscheduler.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import org.yaml.snakeyaml.LoaderOptions;

/** Reads YAML or JSON that a user wrote into an annotation: plain values only, in bounded size. Thread-safe. */
public final class Yaml {
    /** Longest text that is read: well above any list of streams. */
    public static final int MAX_CHARACTERS = 64 * 1024;

    private static final int MAX_DEPTH = 20;
    private static final ObjectMapper MAPPER = new ObjectMapper(YAMLFactory.builder()
                    .loaderOptions(limits())
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Yaml() {}

    private static LoaderOptions limits() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MAX_CHARACTERS);
        return options;
    }

    /**
     * Reads one document into maps, lists, strings, numbers, booleans or null. Tags make no types, aliases no graphs.
     *
     * @throws IllegalArgumentException with one line saying where the text is malformed
     */
    public static Object read(String text) {
        try {
            return MAPPER.readValue(text, Object.class);
        } catch (JsonProcessingException malformed) {
            String problem = malformed.getOriginalMessage();
            int line = malformed.getLocation() == null
                    ? 0
                    : malformed.getLocation().getLineNr();
            throw new IllegalArgumentException(
                    "not YAML or JSON" + (line > 0 ? " (line " + line + ")" : "") + ": "
                            + problem.lines().findFirst().orElse(""),
                    malformed);
        } catch (RuntimeException malformed) {
            throw new IllegalArgumentException(
                    "not YAML or JSON: "
                            + String.valueOf(malformed.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse(""),
                    malformed);
        }
    }
}
