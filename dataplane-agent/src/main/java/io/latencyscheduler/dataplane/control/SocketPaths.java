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

    /** Bytes of the longest name of a pod's folder: that of a UUID. */
    public static final int FOLDER_NAME_BYTES = 36;

    private static final int DIGEST_BYTES = 16;

    private SocketPaths() {}

    /**
     * The pod's folder: named by its UID, which a volume mount can name too ({@code subPathExpr}). What is no UUID, as a
     * test's may be, is named by its digest.
     */
    public static Path folder(Path runDirectory, String podUid) {
        return runDirectory.resolve(podUid.matches("[0-9a-f-]{" + FOLDER_NAME_BYTES + "}") ? podUid : digest(podUid));
    }

    private static String digest(String podUid) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(podUid.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /** The socket in {@link #folder}. */
    public static Path socket(Path runDirectory, String podUid) {
        return folder(runDirectory, podUid).resolve(SOCKET_NAME);
    }
}
