package io.latencyscheduler.scheduler.offline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What placement depends on, at one moment: enough to decide again elsewhere, with nothing else of the objects in it.
 *
 * @param takenAt the moment; agents' heartbeats are judged by it
 * @param properties of the scheduler, by full name; those absent have their defaults
 * @param objects of the API server, each with its {@code kind}
 */
public record Snapshot(Instant takenAt, Map<String, String> properties, List<JsonNode> objects) {
    private static final String KIND = "Snapshot";

    public Snapshot {
        properties = Map.copyOf(properties);
        objects = List.copyOf(objects);
    }

    /** Writes the file whole or not at all, an object a line. */
    public void write(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Path whole = Files.createTempFile(folder == null ? Path.of(".") : folder, ".snapshot", "");
        try {
            try (BufferedWriter out = Files.newBufferedWriter(whole)) {
                ObjectNode head = Json.object()
                        .put("apiVersion", Keys.GROUP + "/" + Keys.VERSION)
                        .put("kind", KIND)
                        .put("takenAt", takenAt.toString());
                head.set("properties", Json.toTree(new TreeMap<>(properties)));
                String text = Json.text(head);
                out.write(text, 0, text.length() - 1);
                out.write(",\"items\":[");
                String separator = "\n";
                for (JsonNode object : objects) {
                    out.write(separator);
                    out.write(Json.text(object));
                    separator = ",\n";
                }
                out.write("\n]}\n");
            }
            Files.move(whole, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    /**
     * Reads a snapshot, or what {@code kubectl get nodes,pods,… -A -o json} prints, which is taken for the present state.
     *
     * @throws IllegalArgumentException with one sentence when the file is neither
     */
    public static Snapshot read(Path file, Instant now) throws IOException {
        try {
            return parse(file.toString(), Files.readAllBytes(file), now);
        } catch (NoSuchFileException missing) {
            throw new IllegalArgumentException(file + ": no such file", missing);
        }
    }

    /** As {@link #read}; {@code file} is the name for people. */
    static Snapshot parse(String file, byte[] json, Instant now) throws IOException {
        JsonNode tree;
        try {
            tree = Json.tree(json);
        } catch (com.fasterxml.jackson.core.JsonProcessingException malformed) {
            throw new IllegalArgumentException(file + ": not JSON: " + malformed.getOriginalMessage(), malformed);
        }
        String kind = tree.path("kind").asText("");
        if (!(kind.equals(KIND) || kind.equals("List")) || !tree.path("items").isArray()) {
            throw new IllegalArgumentException(file + ": kind '" + kind
                    + "' must be Snapshot, as the subcommand snapshot writes, or List, as kubectl get -o json prints");
        }
        Instant takenAt = now;
        String text = tree.path("takenAt").asText("");
        if (kind.equals(KIND)) {
            try {
                takenAt = Instant.parse(text);
            } catch (DateTimeException malformed) {
                throw new IllegalArgumentException(
                        file + ": takenAt '" + text + "' must be a time such as 2026-01-31T12:00:00Z", malformed);
            }
        }
        Map<String, String> properties = new TreeMap<>();
        tree.path("properties")
                .fields()
                .forEachRemaining(
                        entry -> properties.put(entry.getKey(), entry.getValue().asText()));
        List<JsonNode> objects = new ArrayList<>();
        for (JsonNode object : tree.path("items")) {
            if (holdsInfinity(object)) {
                throw new IllegalArgumentException(
                        file + ": " + object.path("kind").asText("an object") + " '"
                                + object.path("metadata").path("name").asText("")
                                + "' holds a number that is too large; the largest is " + Double.MAX_VALUE);
            }
            objects.add(object);
        }
        return new Snapshot(takenAt, properties, objects);
    }

    /** What a number such as 1e999 is read as, and could not be written again. */
    private static boolean holdsInfinity(JsonNode value) {
        if (value.isContainerNode()) {
            for (JsonNode inner : value) {
                if (holdsInfinity(inner)) {
                    return true;
                }
            }
        }
        return value.isFloatingPointNumber() && Double.isInfinite(value.doubleValue());
    }
}
