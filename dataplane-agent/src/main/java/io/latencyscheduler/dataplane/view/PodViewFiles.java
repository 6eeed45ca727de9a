package io.latencyscheduler.dataplane.view;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.dataplane.control.Reconciler;
import io.latencyscheduler.dataplane.control.SocketPaths;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.dataplane.view.PodView.Chosen;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The views as files in the pods' folders. A file is replaced whole and only when it differs, so a program that watches
 * it sees what changed. Thread-safe.
 */
public final class PodViewFiles implements Reconciler.Views {
    /** The whole view as JSON. */
    public static final String VIEW = "pod.json";
    /** Its allocation as the annotation has it, for {@code tsn-perf --allocation}. */
    public static final String ALLOCATION = "allocation.json";
    /** The arguments of DPDK's environment in one line, free of blanks and quotes within an argument. */
    public static final String EAL_ARGUMENTS = "eal-arguments";

    private final Path runDirectory;
    private final Supplier<@Nullable NodeInventory> inventory;
    private final Function<String, String> devargs;
    private final Function<BoundPod, Chosen> chosen;

    /**
     * Writes below {@code runDirectory}.
     *
     * @param inventory the node's, null while it is not known
     * @param devargs DPDK device arguments configured for a port; empty: derived
     * @param chosen what the kubelet chose for a pod, as far as it is known now
     */
    public PodViewFiles(
            Path runDirectory,
            Supplier<@Nullable NodeInventory> inventory,
            Function<String, String> devargs,
            Function<BoundPod, Chosen> chosen) {
        this.runDirectory = runDirectory;
        this.inventory = inventory;
        this.devargs = devargs;
        this.chosen = chosen;
    }

    @Override
    public synchronized Map<String, String> reconcile(List<BoundPod> pods) {
        Map<String, String> failures = new LinkedHashMap<>();
        Set<Path> wanted = new HashSet<>();
        for (BoundPod pod : pods) {
            wanted.add(SocketPaths.folder(runDirectory, pod.uid()));
            try {
                write(pod);
            } catch (IOException failed) {
                failures.put(pod.uid(), "files of pod " + pod.display() + ": " + failed.getMessage());
            }
        }
        removeOthers(wanted);
        return failures;
    }

    /** Writes the view of one pod anew: the kubelet may have chosen its CPUs since the last pass. */
    public synchronized void write(BoundPod pod) throws IOException {
        Path folder = SocketPaths.folder(runDirectory, pod.uid());
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        PodView view = PodView.of(pod.allocation(), inventory.get(), devargs, chosen.apply(pod));
        put(folder.resolve(ALLOCATION), Json.text(pod.allocation()));
        put(folder.resolve(EAL_ARGUMENTS), String.join(" ", view.ealArguments()));
        put(folder.resolve(VIEW), Json.text(view));
    }

    private static void put(Path file, String text) throws IOException {
        byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
        if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), bytes)) {
            return;
        }
        Path beside = file.resolveSibling("." + file.getFileName() + ".new");
        Files.write(beside, bytes);
        Files.setPosixFilePermissions(beside, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * A folder that holds a view or a socket and is nobody's: its pod is gone, perhaps while no agent ran, and the engine
     * has closed its socket, perhaps by being killed.
     */
    private void removeOthers(Set<Path> wanted) {
        try (Stream<Path> folders = Files.list(runDirectory)) {
            for (Path folder :
                    folders.filter(folder -> !wanted.contains(folder)).toList()) {
                if (Files.exists(folder.resolve(VIEW)) || Files.exists(folder.resolve(SocketPaths.SOCKET_NAME))) {
                    for (String file : List.of(ALLOCATION, EAL_ARGUMENTS, SocketPaths.SOCKET_NAME, VIEW)) {
                        Files.deleteIfExists(folder.resolve(file));
                    }
                    Files.deleteIfExists(folder);
                }
            }
        } catch (IOException left) {
            // A file that somebody else put there is not ours to delete; the next pass looks again.
        }
    }
}
