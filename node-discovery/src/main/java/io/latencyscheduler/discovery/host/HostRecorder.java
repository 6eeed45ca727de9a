package io.latencyscheduler.discovery.host;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.discovery.fact.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Saves the tree that a scan reads, and nothing else of the host: serial numbers, MAC addresses and the like are not left
 * out afterwards, they are never read. What the files themselves tell of addresses and pods is scrubbed. For one thread.
 */
public final class HostRecorder {
    private final HostFiles host;
    private final Seen seen = new Seen();
    private final Scrubber scrubber = new Scrubber();

    public HostRecorder(Path root) {
        this.host = new HostFiles(root, seen);
    }

    /**
     * Scans and saves.
     *
     * @param target a folder that is empty or not there yet
     * @return number of files and links written
     * @throws IOException in one sentence, when the target cannot be written
     */
    public int record(Path target) throws IOException {
        requireEmpty(target);
        new HostReader(host).read();
        Output output = new Output(target, scrubber);
        for (Map.Entry<String, String> link : seen.links.entrySet()) {
            output.link(link.getKey(), link.getValue());
        }
        for (Map.Entry<String, String> file : seen.files.entrySet()) {
            output.file(file.getKey(), file.getValue());
        }
        for (Map.Entry<String, List<String>> folder : seen.folders.entrySet()) {
            output.folder(folder.getKey());
            for (String name : folder.getValue()) {
                recordChild(folder.getKey() + "/" + name, output);
            }
        }
        for (String path : seen.present) {
            recordChild(path, output);
        }
        recordAnswers(output);
        return output.written;
    }

    private static void requireEmpty(Path target) throws IOException {
        if (!Files.exists(target)) {
            return;
        }
        try (Stream<Path> entries = Files.list(target)) {
            if (entries.findAny().isPresent()) {
                throw new IOException("'" + target + "' must be an empty folder or not exist yet");
            }
        }
    }

    /** A name that was only listed: links and folders matter by their names, files only when they were read. */
    private void recordChild(String path, Output output) throws IOException {
        Path file = host.root().resolve(path);
        if (Files.isSymbolicLink(file)) {
            output.link(path, Files.readSymbolicLink(file).toString());
        } else if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            output.folder(path);
        }
    }

    /** What is asked and not read from files. The answers of a recording are files, and recorded as such. */
    private void recordAnswers(Output output) throws IOException {
        if (!host.exists(OpenVSwitchReader.RECORDED)) {
            Optional<JsonNode> openVSwitch = new OpenVSwitchReader(host).answer();
            if (openVSwitch.isPresent()) {
                output.file(
                        OpenVSwitchReader.RECORDED,
                        scrubber.openVSwitch(openVSwitch.get()).toPrettyString());
            }
        }
        if (!host.exists(MachineReader.RECORDED)) {
            Machine machine =
                    new MachineReader(host, HostReader.isLive(host)).read().value();
            if (machine != null) {
                output.file(MachineReader.RECORDED, MachineReader.recorded(machine));
            }
        }
        if (HostReader.isLive(host)) {
            Map<String, Ethtool.Answers> answers = new TreeMap<>();
            try (Ethtool ethtool = Ethtool.open(host, true)) {
                for (String netdev : host.namesIfPresent("sys/class/net")) {
                    answers.put(scrubber.names(netdev), ethtool.ask(netdev));
                }
            }
            output.file(Ethtool.RECORDED, Ethtool.recorded(answers));
        }
    }

    private static final class Seen implements Witness {
        final Map<String, String> files = new TreeMap<>();
        final Map<String, String> links = new TreeMap<>();
        final Map<String, List<String>> folders = new TreeMap<>();
        final Set<String> present = new TreeSet<>();

        @Override
        public void file(String path, String text) {
            files.put(path, text);
        }

        @Override
        public void folder(String path, List<String> names) {
            folders.put(path, names);
        }

        @Override
        public void link(String path, String target) {
            links.put(path, target);
        }

        @Override
        public void present(String path) {
            present.add(path);
        }
    }

    /** Writes below the target. */
    private static final class Output {
        private final Path target;
        private final Scrubber scrubber;
        private int written;

        Output(Path target, Scrubber scrubber) {
            this.target = target;
            this.scrubber = scrubber;
        }

        void file(String path, String text) throws IOException {
            Path file = place(path);
            Files.writeString(file, scrubber.text(path, text) + "\n", StandardCharsets.UTF_8);
            written++;
        }

        void link(String path, String linkTarget) throws IOException {
            Path link = place(path);
            if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
                Files.createSymbolicLink(link, Path.of(scrubber.names(linkTarget)));
                written++;
            }
        }

        /** With a file in it when nothing else is: version control keeps no empty folders. */
        void folder(String path) throws IOException {
            Path folder = target.resolve(scrubber.names(path));
            Files.createDirectories(folder);
            try (Stream<Path> entries = Files.list(folder)) {
                if (entries.findAny().isPresent()) {
                    return;
                }
            }
            Files.createFile(folder.resolve(HostFiles.KEEP));
        }

        private Path place(String path) throws IOException {
            Path place = target.resolve(scrubber.names(path));
            Files.createDirectories(place.getParent());
            return place;
        }
    }
}
