package io.latencyscheduler.discovery.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of one host, all under one root: {@code /} on the host itself, {@code /host} in a container, a recorded tree
 * in a test. Symbolic links are followed inside the root: an absolute target starts at the root and {@code ..} cannot
 * leave it, so a tree never shows files of another machine.
 *
 * <p>Paths are relative to the root, without a leading slash. Safe for any thread.
 */
public final class HostFiles {
    /** More than any attribute of sysfs holds; what is longer is cut. */
    private static final int MAX_BYTES = 1 << 20;

    /** Keeps an empty folder of a recorded tree in version control; never listed. */
    static final String KEEP = ".keep";

    /** As in the kernel, MAXSYMLINKS. */
    private static final int MAX_LINKS = 40;

    private final Path root;
    private final Witness witness;

    public HostFiles(Path root) {
        this(root, Witness.NONE);
    }

    HostFiles(Path root, Witness witness) {
        this.root = root.toAbsolutePath().normalize();
        this.witness = witness;
    }

    /** The folder that stands for {@code /}. */
    public Path root() {
        return root;
    }

    /** Whether there is such a file or folder; false also when a link on the way leads nowhere. */
    public boolean exists(String path) {
        try {
            Path resolved = resolve(path);
            boolean exists = Files.exists(resolved, LinkOption.NOFOLLOW_LINKS);
            if (exists) {
                witness.present(relative(resolved));
            }
            return exists;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The text of a file, stripped.
     *
     * @throws NoSuchFileException when there is none
     * @throws IOException when it cannot be read, as EINVAL for the speed of a link that is down
     */
    public String text(String path) throws IOException {
        Path resolved = resolve(path);
        try (InputStream in = Files.newInputStream(resolved)) {
            String text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip();
            witness.file(relative(resolved), text);
            return text;
        }
    }

    /** The text of a file; empty when there is no such file. */
    public Optional<String> textIfPresent(String path) throws IOException {
        try {
            return Optional.of(text(path));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return Optional.empty();
        }
    }

    /** The text of a file; empty when it cannot be read for whatever reason: for attributes that only add detail. */
    public Optional<String> textIfReadable(String path) {
        try {
            return Optional.of(text(path));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Names in a folder, sorted.
     *
     * @throws NoSuchFileException when there is no such folder
     */
    public List<String> names(String folder) throws IOException {
        Path resolved = resolve(folder);
        try (Stream<Path> entries = Files.list(resolved)) {
            List<String> names = entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.equals(KEEP))
                    .sorted()
                    .toList();
            witness.folder(relative(resolved), names);
            return names;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Names in a folder, sorted; none when there is no such folder. */
    public List<String> namesIfPresent(String folder) throws IOException {
        try {
            return names(folder);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
    }

    /** Last component of a link's target, as sysfs names drivers and devices; empty when there is no such link. */
    public Optional<String> linkName(String path) throws IOException {
        Path link = resolveParent(path);
        if (!Files.isSymbolicLink(link)) {
            return Optional.empty();
        }
        Path target = Files.readSymbolicLink(link);
        witness.link(relative(link), target.toString());
        Path name = target.getFileName();
        return name == null ? Optional.empty() : Optional.of(name.toString());
    }

    /** Where a path ends after all links, relative to the root. */
    public String realPath(String path) throws IOException {
        Path resolved = resolve(path);
        witness.present(relative(resolved));
        return relative(resolved);
    }

    private String relative(Path resolved) {
        return root.relativize(resolved).toString();
    }

    /** The file itself on this machine, for what is no file to read, as a socket. */
    public Path resolve(String path) throws IOException {
        return walk(path, true);
    }

    /** As {@link #resolve}, but a link at the very end is left as it is. */
    Path resolveParent(String path) throws IOException {
        return walk(path, false);
    }

    private Path walk(String path, boolean followLast) throws IOException {
        Deque<String> ahead = new ArrayDeque<>(components(path));
        List<String> behind = new ArrayList<>();
        int links = 0;
        while (!ahead.isEmpty()) {
            String component = ahead.removeFirst();
            if (component.equals("..")) {
                if (!behind.isEmpty()) {
                    behind.remove(behind.size() - 1);
                }
                continue;
            }
            Path candidate = root.resolve(String.join("/", behind)).resolve(component);
            if ((followLast || !ahead.isEmpty()) && Files.isSymbolicLink(candidate)) {
                if (++links > MAX_LINKS) {
                    throw new FileSystemLoopException(path);
                }
                String target = Files.readSymbolicLink(candidate).toString();
                witness.link(relative(candidate), target);
                if (target.startsWith("/")) {
                    behind.clear();
                }
                List<String> targetComponents = components(target);
                for (int i = targetComponents.size() - 1; i >= 0; i--) {
                    ahead.addFirst(targetComponents.get(i));
                }
                continue;
            }
            behind.add(component);
        }
        return root.resolve(String.join("/", behind));
    }

    private static List<String> components(String path) {
        List<String> components = new ArrayList<>();
        for (String component : path.split("/", -1)) {
            if (!component.isEmpty() && !component.equals(".")) {
                components.add(component);
            }
        }
        return components;
    }
}
