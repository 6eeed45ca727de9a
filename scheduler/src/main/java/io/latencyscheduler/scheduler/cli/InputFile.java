package io.latencyscheduler.scheduler.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that a user names, {@code -} being standard input. */
final class InputFile {
    private InputFile() {}

    /** Its text; an {@link IllegalArgumentException} in one sentence when there is no such file. */
    static String text(String name) throws IOException {
        if (name.equals("-")) {
            return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        }
        try {
            return Files.readString(Path.of(name));
        } catch (NoSuchFileException missing) {
            throw new IllegalArgumentException(name + ": no such file", missing);
        }
    }
}
