package io.latencyscheduler.dataplane.control;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Where a pod's socket lies on the host. The folder is mounted into that pod alone. */
public final class SocketPaths {
    /** Name of the socket within a pod's folder. */
    public static final String SOCKET_NAME = "tsn.sock";

    private static final int ID_BYTES = 8;

    private SocketPaths() {}

    /** The pod's folder: named by 16 hexadecimal digits of its UID's digest, since a socket's path ends at 107 bytes. */
    public static Path folder(Path runDirectory, String podUid) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(podUid.getBytes(StandardCharsets.UTF_8));
            return runDirectory.resolve(HexFormat.of().formatHex(digest, 0, ID_BYTES));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /** The socket in {@link #folder}. */
    public static Path socket(Path runDirectory, String podUid) {
        return folder(runDirectory, podUid).resolve(SOCKET_NAME);
    }
}
