package io.latencyscheduler.sandbox;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Writes the file with which kubectl and every client find a server. */
public final class Kubeconfig {
    private Kubeconfig() {}

    /**
     * Replaces the file at once, readable by its owner alone.
     *
     * @param certificateAuthority PEM file; null for plain HTTP
     */
    public static void write(Path file, URI server, String token, @Nullable Path certificateAuthority)
            throws IOException {
        String trust = certificateAuthority == null ? "" : "\n    certificate-authority: " + certificateAuthority;
        String text = """
                apiVersion: v1
                kind: Config
                clusters:
                - name: default
                  cluster:
                    server: %s%s
                users:
                - name: default
                  user:
                    token: %s
                contexts:
                - name: default
                  context:
                    cluster: default
                    user: default
                    namespace: default
                current-context: default
                """.formatted(server, trust, token);
        Path folder = file.toAbsolutePath().getParent();
        Path fresh = Files.createTempFile(
                folder,
                ".kubeconfig",
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(fresh, text);
        Files.move(fresh, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
}
