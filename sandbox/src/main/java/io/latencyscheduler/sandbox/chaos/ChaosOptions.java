package io.latencyscheduler.sandbox.chaos;

import io.latencyscheduler.sandbox.envtest.Assets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What the commands of this package have in common. */
final class ChaosOptions {
    private ChaosOptions() {}

    /** @throws IllegalArgumentException with one sentence when they cannot be run */
    static void check(int rounds, Path scheduler, Path manifests) {
        if (rounds < 1) {
            throw new IllegalArgumentException("--rounds " + rounds + " must be at least 1");
        }
        if (!Files.isReadable(scheduler)) {
            throw new IllegalArgumentException(
                    "--scheduler '" + scheduler + "' must be the scheduler's jar; run: make build");
        }
        if (!Files.isDirectory(manifests.resolve("crds"))) {
            throw new IllegalArgumentException("--manifests '" + manifests + "' must be a folder with crds/");
        }
        Assets.faultOf(System.getenv(Assets.VARIABLE), List.of()).ifPresent(fault -> {
            throw new IllegalArgumentException(fault);
        });
    }

    /** @throws IllegalArgumentException with one sentence when an agent cannot be run */
    static void checkAgent(Path agent) {
        if (!Files.isReadable(agent)) {
            throw new IllegalArgumentException(
                    "--agent '" + agent + "' must be the dataplane-agent's jar; run: make build");
        }
        if (!Files.isWritable(Path.of("/proc/sys/kernel/core_pattern"))) {
            throw new IllegalArgumentException("the dataplane-agent gets a /sys of its own here, which needs root");
        }
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
