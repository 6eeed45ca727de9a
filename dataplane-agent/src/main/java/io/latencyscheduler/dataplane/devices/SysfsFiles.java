package io.latencyscheduler.dataplane.devices;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The few things one does with sysfs; paths are relative to {@code /sys}. */
public interface SysfsFiles {
    boolean exists(String path);

    /** Content without the line feed at its end. */
    String read(String path) throws IOException;

    /** One write of the text to a file that exists. */
    void write(String path, String text) throws IOException;

    /** Last component of what the link points to; null when there is no such link. */
    @Nullable
    String link(String path) throws IOException;

    /** Names in a folder, sorted; none when it does not exist. */
    List<String> list(String path) throws IOException;

    /** The kernel's, mounted at {@code sys}. */
    static SysfsFiles at(Path sys) {
        return new SysfsFiles() {
            @Override
            public boolean exists(String path) {
                return Files.exists(sys.resolve(path));
            }

            @Override
            public String read(String path) throws IOException {
                return Files.readString(sys.resolve(path)).strip();
            }

            @Override
            public void write(String path, String text) throws IOException {
                Files.writeString(sys.resolve(path), text, StandardOpenOption.WRITE);
            }

            @Override
            public @Nullable String link(String path) throws IOException {
                Path link = sys.resolve(path);
                return Files.isSymbolicLink(link)
                        ? String.valueOf(Files.readSymbolicLink(link).getFileName())
                        : null;
            }

            @Override
            public List<String> list(String path) throws IOException {
                if (!Files.isDirectory(sys.resolve(path))) {
                    return List.of();
                }
                try (Stream<Path> entries = Files.list(sys.resolve(path))) {
                    return entries.map(entry -> String.valueOf(entry.getFileName()))
                            .sorted()
                            .toList();
                }
            }
        };
    }
}
