package io.latencyscheduler.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Prints a {@link Report} for people. */
final class ReportTable {
    private static final int MESSAGE_WIDTH = 96;

    private ReportTable() {}

    static String of(Report report) {
        StringBuilder text = new StringBuilder();
        text.append('\n');
        List<List<String>> pods = new ArrayList<>();
        pods.add(List.of("POD", "ASKS", "NODE", "TIER", "PORTS", "WINDOW"));
        for (Report.PodRow pod : report.pods()) {
            pods.add(List.of(
                    pod.name(),
                    pod.asks(),
                    orDash(pod.node()),
                    orDash(pod.tier()),
                    pod.interfaces().isEmpty() ? "-" : String.join(" ", pod.interfaces()),
                    pod.windows().isEmpty() ? "-" : String.join(" ", pod.windows())));
        }
        appendTable(text, pods);
        text.append('\n');
        for (Report.PodRow pod : report.pods()) {
            text.append("  ")
                    .append(pod.name())
                    .append(": ")
                    .append(wrap(pod.why()))
                    .append('\n');
        }
        text.append('\n');
        List<List<String>> nodes = new ArrayList<>();
        nodes.add(List.of("NODE", "MACHINE", "DPDK PORTS FREE"));
        for (Report.NodeRow node : report.nodes()) {
            String counts = node.dpdkBefore() == null && node.dpdkAfter() == null
                    ? "-"
                    : orDash(node.dpdkBefore()) + " → " + orDash(node.dpdkAfter());
            nodes.add(List.of(node.name(), node.machine(), counts));
        }
        appendTable(text, nodes);
        text.append('\n');
        appendFrames(text, report.frames());
        for (String sentence : report.simulated()) {
            text.append("  simulated: ").append(sentence).append('\n');
        }
        text.append('\n');
        if (report.ok()) {
            text.append(String.format(Locale.ROOT, "%s, in %.1f s.%n", verdict(report.frames()), report.seconds()));
        } else {
            report.failures()
                    .forEach(failure -> text.append("FAILED: ").append(failure).append('\n'));
        }
        return text.toString();
    }

    /** Missed windows do not fail the story: they are the machine's, which may have no CPU to spare for the sender. */
    private static String verdict(Report.@Nullable Frames frames) {
        if (frames == null || frames.inWindow() == frames.sent()) {
            return "Every promise kept";
        }
        return String.format(
                Locale.ROOT,
                "Every pod placed as promised, every frame accounted for; %,d of %,d frames missed their window on this"
                        + " machine",
                frames.sent() - frames.inWindow(),
                frames.sent());
    }

    private static void appendFrames(StringBuilder text, Report.@Nullable Frames frames) {
        if (frames == null) {
            text.append("  frames: none sent\n");
            return;
        }
        text.append(String.format(
                Locale.ROOT,
                "  frames through %s: %,d sent, %,d in window, %,d late, %,d lost, %,d received, %,d unaccounted%n",
                frames.backend(),
                frames.sent(),
                frames.inWindow(),
                frames.late(),
                frames.lost(),
                frames.received(),
                frames.unaccounted()));
        text.append(String.format(
                Locale.ROOT,
                "  latency, release to arrival: p50 %.1f µs, p99 %.1f µs, max %.1f µs%n",
                frames.latency().p50Ns() / 1e3,
                frames.latency().p99Ns() / 1e3,
                frames.latency().maxNs() / 1e3));
    }

    private static void appendTable(StringBuilder text, List<List<String>> rows) {
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder("  ");
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 3));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
    }

    private static String wrap(String message) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : message.split(" ")) {
            if (line.length() + word.length() > MESSAGE_WIDTH) {
                lines.add(line.toString().strip());
                line.setLength(0);
            }
            line.append(word).append(' ');
        }
        lines.add(line.toString().strip());
        return lines.stream().collect(Collectors.joining("\n      "));
    }

    private static String orDash(@Nullable String text) {
        return text == null ? "-" : text;
    }
}
