package io.latencyscheduler.dataplane.setup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.dataplane.overlay.Commands;
import io.latencyscheduler.dataplane.overlay.NetworkException;
import io.latencyscheduler.dataplane.setup.judge.Act;
import io.latencyscheduler.dataplane.setup.judge.Finding;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Carries findings out and takes them back. Before something is done, what undoes it is in the journal: a run that is cut
 * short can be undone as well.
 */
final class Doer {
    private final Path root;
    private final Path journal;
    private final Commands commands;

    /**
     * A doer.
     *
     * @param root folder below which /proc and /sys lie
     * @param journal file that says how to undo what was done
     */
    Doer(Path root, Path journal, Commands commands) {
        this.root = root;
        this.journal = journal;
        this.commands = commands;
    }

    /** Does what the finding says; fails with one sentence. */
    void carryOut(Finding finding) throws IOException {
        List<Entry> entries = read();
        entries.add(new Entry(finding.topic(), finding.undo()));
        write(entries);
        for (Act act : finding.acts()) {
            perform(act);
        }
    }

    /** The topics that can be undone, the last one first. */
    List<String> undoable() throws IOException {
        List<String> topics = new ArrayList<>();
        read().forEach(entry -> topics.add(0, entry.topic()));
        return topics;
    }

    /** Takes back what was done last; it stays in the journal when that fails. */
    void undoLast() throws IOException {
        List<Entry> entries = read();
        Entry last = entries.remove(entries.size() - 1);
        for (Act act : last.undo()) {
            perform(act);
        }
        write(entries);
    }

    private void perform(Act act) throws IOException {
        if (act instanceof Act.Write write) {
            Path file = root.resolve(write.path().substring(1));
            try {
                Files.writeString(file, write.text());
            } catch (IOException refused) {
                throw new IOException(
                        "writing '" + write.text().strip() + "' to " + write.path() + " failed: "
                                + refused.getMessage(),
                        refused);
            }
        } else if (act instanceof Act.Run run) {
            try {
                commands.run(run.command(), "");
            } catch (NetworkException failed) {
                throw new IOException(failed.getMessage(), failed);
            }
        }
    }

    private record Entry(String topic, List<Act> undo) {}

    private List<Entry> read() throws IOException {
        List<Entry> entries = new ArrayList<>();
        if (Files.exists(journal)) {
            for (JsonNode entry : Json.tree(Files.readString(journal))) {
                List<Act> undo = new ArrayList<>();
                for (JsonNode act : entry.path("undo")) {
                    if (act.has("run")) {
                        List<String> command = new ArrayList<>();
                        act.path("run").forEach(word -> command.add(word.asText()));
                        undo.add(new Act.Run(command));
                    } else {
                        undo.add(new Act.Write(
                                act.path("write").asText(), act.path("text").asText()));
                    }
                }
                entries.add(new Entry(entry.path("topic").asText(), undo));
            }
        }
        return entries;
    }

    /** Replaced at once; nothing left to undo leaves no file. */
    private void write(List<Entry> entries) throws IOException {
        if (entries.isEmpty()) {
            Files.deleteIfExists(journal);
            return;
        }
        ArrayNode all = Json.array();
        for (Entry entry : entries) {
            ObjectNode one = all.addObject().put("topic", entry.topic());
            ArrayNode undo = one.putArray("undo");
            for (Act act : entry.undo()) {
                if (act instanceof Act.Write write) {
                    undo.addObject().put("write", write.path()).put("text", write.text());
                } else if (act instanceof Act.Run run) {
                    run.command().forEach(undo.addObject().putArray("run")::add);
                }
            }
        }
        Path folder = journal.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path fresh = journal.resolveSibling(journal.getFileName() + ".new");
        Files.writeString(fresh, Json.text(all));
        Files.move(fresh, journal, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
