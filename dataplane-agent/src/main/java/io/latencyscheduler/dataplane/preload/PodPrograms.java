package io.latencyscheduler.dataplane.preload;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/** Looks through the node's processes; sees those of pods only in the node's PID namespace. */
final class PodPrograms {
    private static final String LIBRARY = "libtsnsocket.so";

    private PodPrograms() {}

    /**
     * A program that was to load the library and cannot.
     *
     * @param podUid its pod
     * @param program its path in its container
     */
    record Unloaded(String podUid, String program, ProgramKind kind) {}

    /**
     * Those that run now.
     *
     * @param proc where {@code proc(5)} is mounted
     * @param podUids the pods to look at
     */
    static Set<Unloaded> unloaded(Path proc, Collection<String> podUids) throws IOException {
        Set<Unloaded> found = new LinkedHashSet<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                try {
                    look(process, podUids, found);
                } catch (IOException ended) {
                    // A process may end while it is looked at, and threads of the kernel have no program.
                }
            }
        }
        return found;
    }

    private static void look(Path process, Collection<String> podUids, Set<Unloaded> found) throws IOException {
        // The systemd driver of the kubelet writes dashes as underscores.
        String cgroups = text(process.resolve("cgroup")).replace('_', '-');
        for (String uid : podUids) {
            if (cgroups.contains("pod" + uid) && asksForLibrary(text(process.resolve("environ")))) {
                ProgramKind kind = ProgramKind.of(process.resolve("exe"));
                if (kind != ProgramKind.PRELOADABLE) {
                    found.add(new Unloaded(
                            uid, Files.readSymbolicLink(process.resolve("exe")).toString(), kind));
                }
            }
        }
    }

    private static boolean asksForLibrary(String environment) {
        for (String variable : environment.split("\0", -1)) {
            if (variable.startsWith("LD_PRELOAD=") && variable.contains(LIBRARY)) {
                return true;
            }
        }
        return false;
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }
}
