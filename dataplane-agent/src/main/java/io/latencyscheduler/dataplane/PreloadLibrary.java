package io.latencyscheduler.dataplane;

import io.latencyscheduler.dataplane.engine.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Puts libtsnsocket.so where pods find it on the host. */
final class PreloadLibrary {
    private static final String LIBRARY = "libtsnsocket.so";

    private PreloadLibrary() {}

    /**
     * Copies it, whole at once: programs that have the former one loaded keep that.
     *
     * @param target empty: nowhere
     */
    static void install(Path from, String target) {
        if (target.isEmpty()) {
            return;
        }
        Path folder = Path.of(target);
        Path beside = folder.resolve("." + LIBRARY + ".new");
        try {
            Files.createDirectories(folder);
            Files.copy(from.resolve(LIBRARY), beside, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(beside, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(
                    beside,
                    folder.resolve(LIBRARY),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException refused) {
            throw new EngineException(LIBRARY + " cannot be put into " + folder + ": " + refused.getMessage());
        }
    }
}
