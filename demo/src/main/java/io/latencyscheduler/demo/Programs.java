package io.latencyscheduler.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The processes that the story has started, each with its log file; stopped in reverse order.
 *
 * <p>Thread-safe: a signal may close it while the story still starts programs.
 */
final class Programs implements AutoCloseable {
    private static final long GRACE_SECONDS = 5;

    private final Path logs;
    private final Deque<Running> running = new ArrayDeque<>(); // guarded by this
    private boolean closed; // guarded by this

    /** A started process and where it writes. */
    record Running(String name, Process process, Path log) {
        /** The last lines of its log, for a failure's message. */
        String tail() {
            try {
                List<String> lines = Files.readAllLines(log);
                return String.join("\n", lines.subList(Math.max(0, lines.size() - 12), lines.size()));
            } catch (IOException unreadable) {
                return "(no log: " + unreadable.getMessage() + ")";
            }
        }
    }

    Programs(Path logs) {
        this.logs = logs;
    }

    /** Starts a program; its output goes to {@code <logs>/<name>.log}. */
    synchronized Running start(String name, Map<String, String> environment, List<String> command) {
        if (closed) {
            throw new IllegalStateException("stopped while starting " + name);
        }
        Path log = logs.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().putAll(environment);
        try {
            Running started = new Running(name, builder.start(), log);
            running.push(started);
            return started;
        } catch (IOException unstartable) {
            throw new UncheckedIOException("cannot start " + name + ": " + unstartable.getMessage(), unstartable);
        }
    }

    /** Runs a program to its end and returns its output; fails with the output when it exits non-zero. */
    static String run(List<String> command) {
        return run(Map.of(), command);
    }

    /** As {@link #run(List)}, with additions to the environment. */
    static String run(Map<String, String> environment, List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new StoryFailed(
                        "'" + String.join(" ", command) + "' ended with " + status + ": " + output.strip());
            }
            return output;
        } catch (IOException unstartable) {
            throw new StoryFailed("cannot run '" + command.get(0) + "': " + unstartable.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new StoryFailed("interrupted while running '" + command.get(0) + "'");
        }
    }

    @Override
    public void close() {
        List<Running> toStop;
        synchronized (this) {
            closed = true;
            toStop = new ArrayList<>(running);
            running.clear();
        }
        for (Running program : toStop) {
            stop(program);
        }
    }

    /** Asks a program to end, and after a grace makes it. */
    static void stop(Running program) {
        program.process().destroy();
        try {
            if (!program.process().waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                program.process().destroyForcibly().waitFor();
            }
        } catch (InterruptedException interrupted) {
            program.process().destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
