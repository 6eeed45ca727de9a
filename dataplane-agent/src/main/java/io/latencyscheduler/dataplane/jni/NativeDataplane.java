package io.latencyscheduler.dataplane.jni;

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * All native calls, as {@code engine/engine.h} has them: coarse, rare, none per frame. They return 0 or a negative errno
 * and put one sentence into {@code error}; {@link NativeCalls} makes exceptions of that. One thread at a time per engine.
 */
final class NativeDataplane {
    /** The interface version this class was written for; the library must say the same. */
    static final int ABI = 1;

    /** Bytes of an error sentence, with its end. */
    static final int ERROR_BYTES = 256;

    /** File of the library; looked up in the folder of {@link #LIBRARY_FOLDER_PROPERTY}. */
    static final String LIBRARY = "libdataplane.so";

    /** System property that names the folder of the native files. */
    static final String LIBRARY_FOLDER_PROPERTY = "dataplane.native";

    private static final @Nullable String UNAVAILABILITY = load();

    private NativeDataplane() {}

    /** Why the native engine cannot be used here; null when it can. */
    static @Nullable String unavailability() {
        return UNAVAILABILITY;
    }

    /** Folder of the native files: the property, else {@code native} beside the jar, else where the build puts it. */
    static Path libraryFolder() {
        String configured = System.getProperty(LIBRARY_FOLDER_PROPERTY, "");
        if (!configured.isEmpty()) {
            return Path.of(configured).toAbsolutePath();
        }
        String firstOfClassPath = System.getProperty("java.class.path", "").split(File.pathSeparator, 2)[0];
        Path besideJar = Path.of(firstOfClassPath).toAbsolutePath().resolveSibling("native");
        return Files.isDirectory(besideJar)
                ? besideJar
                : Path.of("target", "native").toAbsolutePath();
    }

    private static @Nullable String load() {
        Path library = libraryFolder().resolve(LIBRARY);
        if (!Files.isReadable(library)) {
            return "'" + library + "' must be the native library (set -D" + LIBRARY_FOLDER_PROPERTY + "=FOLDER)";
        }
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError unloadable) {
            return "'" + library + "' cannot be loaded: " + unloadable.getMessage();
        }
        int found = abi();
        return found == ABI ? null : "'" + library + "' has interface version " + found + ", " + ABI + " is needed";
    }

    /** The sentence in an error buffer. */
    static String sentence(byte[] error) {
        int end = 0;
        while (end < error.length && error[end] != 0) {
            end++;
        }
        return new String(error, 0, end, StandardCharsets.UTF_8);
    }

    static native int abi();

    /** Outcome names in the order of the counters. */
    static native String[] outcomeNames();

    /** A handle above 0, or a negative errno. {@code taiMinusUtcNs}: Long.MIN_VALUE for what the kernel says. */
    static native long create(
            long taiMinusUtcNs,
            int maxProcessesPerPod,
            int maxStreamsPerPort,
            String dpdkLibrary,
            String ealArguments,
            boolean checkCgroup,
            byte[] error);

    static native void destroy(long engine);

    static native int openPort(
            long engine,
            String name,
            String backend,
            String device,
            long linkRateBps,
            int overheadBytes,
            int maxFrameBytes,
            int vlanId,
            int cpu,
            boolean spin,
            boolean bestEffort,
            String kernelInterface,
            long launchAheadNs,
            byte[] error);

    static native int closePort(long engine, String name, byte[] error);

    /** {@code operations}: 0 set, 1 set and hold, 2 set and release. */
    static native int setGates(
            long engine,
            String port,
            long baseTimeNs,
            long cycleTimeNs,
            long cycleTimeExtensionNs,
            int[] operations,
            int[] gateStates,
            long[] intervalsNs,
            byte[] error);

    /**
     * {@code numbers}: per stream period, deadline, offset, window, window period, frame bytes, phase, class, late policy.
     * {@code macs}: source addresses, 6 bytes each.
     */
    static native int putPod(
            long engine,
            String uid,
            String socket,
            String[] streams,
            String[] ports,
            long[] numbers,
            byte[] macs,
            byte[] error);

    static native int removePod(long engine, String uid, byte[] error);

    /** The statistics page; not to be read after {@link #destroy}. */
    static native ByteBuffer stats(long engine);

    static native int backendAvailable(long engine, String backend, byte[] error);

    /** adjtimex(2): {synchronised 0 or 1, bound of the error in ns, TAI − UTC in s}. */
    static native long[] kernelClock();
}
