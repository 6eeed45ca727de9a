package io.latencyscheduler.dataplane.overlay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Processes and patience for tests on real networks. */
final class Shell {
    private Shell() {}

    /** How a process ended. */
    record Ended(int code, String output, String errors) {}

    static Ended tryRun(Map<String, String> environment, String input, List<String> command) {
        try {
            Path errors = Files.createTempFile("shell", ".err");
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException endedBeforeItRead) {
                // Its code tells.
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Ended ended = new Ended(process.waitFor(), output, Files.readString(errors));
            Files.delete(errors);
            return ended;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    /** Runs a command that must succeed. */
    static String run(String... command) {
        return run(Map.of(), command);
    }

    static String run(Map<String, String> environment, String... command) {
        Ended ended = tryRun(environment, "", List.of(command));
        if (ended.code() != 0) {
            throw new AssertionError(String.join(" ", command) + " ended with " + ended.code() + ": " + ended.errors());
        }
        return ended.output();
    }

    static boolean succeeds(String... command) {
        return tryRun(Map.of(), "", List.of(command)).code() == 0;
    }

    /** Looks again and again until it is so; fails with the reason after the time. */
    static void await(String what, Duration patience, BooleanSupplier hoped, Supplier<String> reason) {
        long deadlineNs = System.nanoTime() + patience.toNanos();
        while (!hoped.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("after " + patience.toSeconds() + " s: not " + what + "; " + reason.get());
            }
            try {
                Thread.sleep(100);
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
        }
    }
}
