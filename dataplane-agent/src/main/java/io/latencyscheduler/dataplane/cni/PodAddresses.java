package io.latencyscheduler.dataplane.cni;

import io.latencyscheduler.dataplane.overlay.Attachment.Key;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The MAC addresses of the pods' interfaces, as the runtime had them made: what a pod's timed frames may come from. In a
 * file, so that an agent that was restarted still knows. Thread-safe.
 */
public final class PodAddresses {
    private final Path file;
    private final Runnable changed;
    private List<Interface> interfaces;

    /** One interface of a pod's sandbox. */
    private record Interface(
            String network, String containerId, String ifName, String netns, String podUid, List<String> macs) {
        Key key() {
            return new Key(containerId, ifName);
        }
    }

    private record Content(List<Interface> interfaces) {}

    /**
     * Reads what is known.
     *
     * @param file need not exist yet
     * @param changed run after each change
     * @throws IOException if the file cannot be read: without it a pod could send with any address
     */
    public PodAddresses(Path file, Runnable changed) throws IOException {
        this.file = file.toAbsolutePath();
        this.changed = changed;
        try {
            interfaces = Files.exists(file)
                    ? Json.read(Files.readAllBytes(file), Content.class).interfaces()
                    : List.of();
        } catch (IOException unreadable) {
            throw new IOException(
                    "'" + file + "' cannot be read (" + unreadable.getMessage()
                            + "); without it pods that run now may send from any address: remove it, then restart them",
                    unreadable);
        }
    }

    /** The addresses of a pod, in order; none: nothing is known of it. */
    public synchronized List<String> of(String podUid) {
        return interfaces.stream()
                .filter(one -> one.podUid().equals(podUid))
                .flatMap(one -> one.macs().stream())
                .distinct()
                .sorted()
                .toList();
    }

    /** An interface is there. Those whose namespace is gone are forgotten. */
    void made(String network, Key key, String netns, String podUid, List<String> macs) {
        Interface made = new Interface(network, key.containerId(), key.ifName(), netns, podUid, List.copyOf(macs));
        replace(one -> !one.key().equals(key) && exists(one.netns()), List.of(made));
    }

    private static boolean exists(String netns) {
        try {
            return Files.exists(Path.of(netns));
        } catch (InvalidPathException noPath) {
            return false;
        }
    }

    /** An interface is gone. */
    void gone(Key key) {
        replace(one -> !one.key().equals(key), List.of());
    }

    /** Of a network there are these interfaces alone. */
    void keep(String network, Set<Key> valid) {
        replace(one -> !one.network().equals(network) || valid.contains(one.key()), List.of());
    }

    private void replace(Predicate<Interface> stays, List<Interface> come) {
        synchronized (this) {
            List<Interface> now =
                    new ArrayList<>(interfaces.stream().filter(stays).toList());
            now.addAll(come);
            if (now.equals(interfaces)) {
                return;
            }
            try {
                write(now);
            } catch (IOException failed) {
                throw new UncheckedIOException("'" + file + "' cannot be written: " + failed.getMessage(), failed);
            }
            interfaces = List.copyOf(now);
        }
        changed.run();
    }

    private void write(List<Interface> now) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        Files.createDirectories(Objects.requireNonNull(file.getParent(), "a file lies in a folder"));
        Files.write(beside, Json.bytes(new Content(now)));
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
