package io.latencyscheduler.discovery;

import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.derive.Derived;
import io.latencyscheduler.discovery.fact.Problem;
import io.latencyscheduler.discovery.host.DeviceTables;
import io.latencyscheduler.discovery.host.HostFiles;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.discovery.output.JsonOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A machine whose files changed under the reader: lines of the input are edits of a small tree, {@code PATH=TEXT} writes,
 * {@code PATH>TARGET} links, {@code PATH} alone makes a folder, {@code -PATH} removes. Facts and labels come of it, or
 * problems with sentences; nothing throws, whatever the tree.
 */
public final class HostTreeFuzz {
    private static final int MOST_EDITS = 40;
    private static final Derivation DERIVATION = new Derivation(DiscoveryConfig.DEFAULTS, DeviceTables.shipped());

    private HostTreeFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        Path root = Files.createTempDirectory("host");
        try {
            new String(input, StandardCharsets.UTF_8).lines().limit(MOST_EDITS).forEach(line -> edit(root, line));
            Derived derived = DERIVATION.derive(new HostReader(new HostFiles(root)).read(), "", null);
            JsonOutput.inventory(derived.inventory());
            for (Problem problem : derived.problems()) {
                if (problem.sentence().isBlank()) {
                    throw new IllegalStateException("a problem without a sentence");
                }
            }
            derived.labels().forEach((key, value) -> {
                if (!value.matches("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")) {
                    throw new IllegalStateException("the API server would refuse the label " + key + "=" + value);
                }
            });
        } finally {
            remove(root);
        }
    }

    /** An edit that the file system refuses is none. */
    private static void edit(Path root, String line) {
        try {
            int at = Math.max(line.indexOf('='), line.indexOf('>'));
            Path file = root.resolve(at < 0 ? line.replaceFirst("^-", "") : line.substring(0, at))
                    .normalize();
            if (!file.startsWith(root) || file.equals(root) || !parentIsOurs(root, file)) {
                return;
            }
            if (line.startsWith("-")) {
                Files.deleteIfExists(file);
            } else if (at < 0) {
                Files.createDirectories(file);
            } else {
                Files.createDirectories(file.getParent());
                String value = line.substring(at + 1);
                if (line.charAt(at) == '>') {
                    Files.createSymbolicLink(file, Path.of(value));
                } else {
                    Files.writeString(file, value);
                }
            }
        } catch (IOException | IllegalArgumentException refused) {
            // The next one.
        }
    }

    /** No edit goes through a link that leads out of the tree. */
    private static boolean parentIsOurs(Path root, Path file) throws IOException {
        Path existing = file.getParent();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        return existing.toRealPath().startsWith(root.toRealPath()) && !Files.isSymbolicLink(file);
    }

    private static void remove(Path root) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(root)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            try {
                Files.delete(file);
            } catch (IOException kept) {
                throw new UncheckedIOException(kept);
            }
        }
    }
}
