package io.latencyscheduler.charts.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A node of the cluster.
 *
 * @param name the Node's
 * @param folders where its {@code hostPath} folders and files really are, by the path that a pod asks for; others that
 *     exist are this machine's own
 * @param made where folders are made that a pod asks to be there and that are not; nothing is made elsewhere
 * @param capacity resource quantities, also allocatable
 */
public record Host(String name, Map<String, Path> folders, Path made, Map<String, String> capacity) {
    public Host {
        folders = Map.copyOf(folders);
        capacity = Map.copyOf(capacity);
    }

    /**
     * @param makes whether a folder is made where there is nothing
     * @throws IllegalStateException when this host has nothing there, as the kubelet would find
     */
    Path path(String asked, boolean makes) throws IOException {
        Path path = folders.getOrDefault(asked, Path.of(asked));
        if (makes && !Files.exists(path)) {
            path = folders.containsKey(asked) ? path : made.resolve(asked.substring(1));
            Files.createDirectories(path);
        }
        if (!Files.exists(path)) {
            throw new IllegalStateException("host " + name + " has no " + asked);
        }
        return path;
    }
}
