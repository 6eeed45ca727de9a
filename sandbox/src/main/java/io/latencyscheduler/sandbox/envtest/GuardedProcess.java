package io.latencyscheduler.sandbox.envtest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A child process that dies with this JVM, also when the JVM is killed: a shell beside it waits for the end of its
 * standard input, which the kernel closes, and then kills the child.
 */
public final class GuardedProcess implements AutoCloseable {
    private static final String GUARD = """
            exec 3<&0
            "$@" </dev/null 3<&- & child=$!
            { cat <&3 >/dev/null; kill -9 "$child" 2>/dev/null; } >/dev/null 2>&1 &
            exec 3<&-
            wait "$child"
            """;
    private static final int LOG_LINES_SHOWN = 12;

    private final String name;
    private final Process shell;
    private final Path log;

    private GuardedProcess(String name, Process shell, Path log) {
        this.name = name;
        this.shell = shell;
        this.log = log;
    }

    /**
     * Starts it.
     *
     * @param name a part of the program's file name
     * @param log what it says is appended there
     */
    public static GuardedProcess start(String name, List<String> command, Path log) {
        List<String> guarded = new ArrayList<>(List.of("sh", "-c", GUARD, "sh"));
        guarded.addAll(command);
        try {
            Process shell = new ProcessBuilder(guarded)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            return new GuardedProcess(name, shell, log);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + name, e);
        }
    }

    public boolean isAlive() {
        return shell.isAlive();
    }

    /** The process id of the program itself, for signals. */
    public long pid() {
        return shell.children()
                .filter(child -> child.info().command().orElse("").contains(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(name + " is not running"))
                .pid();
    }

    /**
     * Asks it to end, as {@code kill} does.
     *
     * @return false when the program itself does not run, or not yet
     */
    public boolean terminate() {
        try {
            return ProcessHandle.of(pid()).map(ProcessHandle::destroy).orElse(false);
        } catch (IllegalStateException notRunning) {
            return false;
        }
    }

    /** Its exit status, 128 and the signal's number when a signal ended it. Only for one that has ended. */
    public int exitCode() {
        return shell.exitValue();
    }

    /** What it said last, for the sentence that tells why it died. */
    public String lastWords() {
        try {
            List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    /** Kills it as {@code kill -9} would and waits until it is gone. */
    @Override
    public void close() {
        try {
            shell.getOutputStream().close();
            if (!shell.waitFor(10, TimeUnit.SECONDS)) {
                shell.descendants().forEach(ProcessHandle::destroyForcibly);
                shell.destroyForcibly().waitFor();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot stop " + name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
