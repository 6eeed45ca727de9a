package io.latencyscheduler.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the built programs lie.
 *
 * @param root the repository
 */
record Installation(Path root) {
    /** The repository around the running jar, else around the working directory. */
    static Installation here() {
        String property = System.getProperty("repository.root", "");
        Path start = property.isEmpty() ? Path.of("").toAbsolutePath() : Path.of(property);
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("hack/probe"))) {
                return new Installation(folder);
            }
        }
        throw new StoryFailed("'" + start + "' must be inside the repository");
    }

    /** A command that runs one of the jars with a small, quickly started JVM. */
    List<String> java(String jar, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-jar",
                existing(jar).toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    Path nativeFile(String name) {
        return existing("dataplane-agent/target/native/" + name);
    }

    Path existing(String path) {
        Path file = root.resolve(path);
        if (!Files.exists(file)) {
            throw new StoryFailed("'" + file + "' must exist; run: make build");
        }
        return file;
    }

    /** Empty when this machine can run tests of {@code tier}, else the reason why not. */
    String reasonAgainstTier(int tier) {
        try {
            Process process = new ProcessBuilder(
                            root.resolve("hack/probe").toString(), "require", Integer.toString(tier))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? "" : output.strip();
        } catch (IOException | InterruptedException failed) {
            return "hack/probe cannot run: " + failed.getMessage();
        }
    }
}
