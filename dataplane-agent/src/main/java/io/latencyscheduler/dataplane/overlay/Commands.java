package io.latencyscheduler.dataplane.overlay;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the system's programs ({@code ip}, {@code ovs-ofctl}). */
@FunctionalInterface
public interface Commands {
    /**
     * Runs a program to its end.
     *
     * @param command program and arguments; no shell is involved
     * @param input its standard input
     * @return its standard output
     * @throws NetworkException when it cannot be run or fails; with the first line of its standard error
     */
    String run(List<String> command, String input);

    /** Runs real processes, each killed after ten seconds. */
    static Commands system() {
        return Commands::execute;
    }

    private static String execute(List<String> command, String input) {
        Path errors = null;
        try {
            errors = Files.createTempFile("command", ".err");
            Process process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException endedBeforeItRead) {
                // Its exit code tells.
            }
            Thread guard = killAfter(process);
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            guard.interrupt();
            if (code != 0) {
                String text = Files.readString(errors).strip();
                throw new NetworkException(String.join(" ", command) + ": "
                        + (text.isEmpty()
                                ? "exit code " + code
                                : text.lines().findFirst().orElse("")));
            }
            return output;
        } catch (IOException failed) {
            throw new NetworkException(command.get(0) + " cannot be run: " + failed.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new NetworkException("interrupted while running " + command.get(0));
        } finally {
            deleteQuietly(errors);
        }
    }

    private static Thread killAfter(Process process) {
        Thread guard = new Thread(() -> {
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        });
        guard.setDaemon(true);
        guard.start();
        return guard;
    }

    private static void deleteQuietly(@org.jspecify.annotations.Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException left) {
                // A temporary file that stays harms nobody.
            }
        }
    }
}
