package io.latencyscheduler.sandbox.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * The wall clock of a process that this machine's C compiler makes a library for: it can be set while the process runs,
 * its monotonic clock cannot. Thread-safe.
 */
final class SteppedClock {
    private static final String SOURCE = "stepped_clock.c";

    private final Path library;
    private final Path file;

    /**
     * A clock that is right.
     *
     * @param folder for the library and the file that it reads
     */
    SteppedClock(Path folder, String name) throws IOException, InterruptedException {
        library = folder.resolve("stepped_clock.so");
        file = folder.resolve(name + ".clock");
        if (!Files.exists(library)) {
            compile(folder);
        }
        setAhead(Duration.ZERO);
    }

    private void compile(Path folder) throws IOException, InterruptedException {
        Path source = folder.resolve(SOURCE);
        try (InputStream text = SteppedClock.class.getResourceAsStream(SOURCE)) {
            if (text == null) {
                throw new IllegalStateException(SOURCE + " is missing from the jar");
            }
            Files.copy(text, source);
        }
        int status = new ProcessBuilder("cc", "-shared", "-fPIC", "-O2", "-o", library.toString(), source.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("cc could not compile " + source + ": status " + status);
        }
    }

    /** What stands before the command of a process that this is to be the clock of. */
    List<String> prefix() {
        return List.of("env", "LD_PRELOAD=" + library, "STEPPED_CLOCK=" + file);
    }

    /** Sets the process's wall clock to this much later than the machine's, or earlier. */
    void setAhead(Duration ahead) {
        byte[] nanos = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.nativeOrder())
                .putLong(ahead.toNanos())
                .array();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(nanos), 0); // In place: the process has mapped this file.
        } catch (IOException e) {
            throw new UncheckedIOException("the clock " + file + " cannot be set", e);
        }
    }
}
