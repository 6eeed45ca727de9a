package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.NodeDataplane.ClassLimit;
import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One file of {@code vectors/}; its README tells the form. */
final class GateVector {
    final List<WireSimulator.Stream> streams = new ArrayList<>();
    final List<Integer> frameBytes = new ArrayList<>();
    final List<WireSimulator.Frame> frames = new ArrayList<>();
    final List<WireSimulator.Sent> sent = new ArrayList<>();
    PortTiming port = new PortTiming(1, 0, 0, 0);
    GateLimits limits = GatePlanner.SOFTWARE_LIMITS;
    boolean lengthAware = true;
    String taprio = "";

    static GateVector read(Path file) {
        GateVector vector = new GateVector();
        try {
            for (String line : Files.readAllLines(file)) {
                String text = line.replaceFirst("#.*", "").strip();
                if (!text.isEmpty()) {
                    vector.line(text);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return vector;
    }

    private void line(String text) {
        String[] words = text.split("\\s+");
        switch (words[0]) {
            case "port" -> {
                Map<String, Long> pairs = pairs(words, 1);
                port = new PortTiming(
                        pairs.get("link-rate-bps"),
                        pairs.get("overhead-bytes").intValue(),
                        pairs.get("guard-ns"),
                        pairs.get("max-sdu-bytes").intValue());
            }
            case "class" -> {
                Map<String, Long> pairs = pairs(words, 2);
                List<ClassLimit> classes = new ArrayList<>(port.classes());
                classes.add(new ClassLimit(
                        Integer.parseInt(words[1]),
                        true,
                        pairs.get("guard-ns"),
                        pairs.get("max-sdu-bytes").intValue()));
                port = new PortTiming(
                        port.linkRateBps(),
                        port.overheadBytes(),
                        port.guardNs(),
                        port.maxSduBytes(),
                        classes,
                        List.of());
            }
            case "stream" -> {
                Map<String, Long> pairs = pairs(words, 2);
                streams.add(new WireSimulator.Stream(
                        pairs.get("class").intValue(),
                        pairs.get("period-ns"),
                        new Window(pairs.get("window-period-ns"), pairs.get("offset-ns"), pairs.get("window-ns"))));
                frameBytes.add(pairs.get("frame-bytes").intValue());
            }
            case "limits" -> {
                Map<String, Long> pairs = pairs(words, 1);
                limits = new GateLimits(
                        pairs.get("list-max").intValue(),
                        pairs.get("interval-max-ns"),
                        pairs.get("cycle-max-ns"),
                        pairs.get("min-interval-ns"));
                lengthAware = pairs.get("length-aware") == 1;
            }
            case "taprio" -> taprio = text.substring("taprio".length()).strip();
            case "frame" -> {
                Map<String, Long> pairs = pairs(words, 2);
                Long stream = pairs.get("stream");
                frames.add(new WireSimulator.Frame(
                        words[1],
                        stream == null ? null : streams.get(stream.intValue()),
                        pairs.getOrDefault("class", 0L).intValue(),
                        pairs.get("bytes").intValue(),
                        pairs.get("arrive-ns"),
                        pairs.getOrDefault("launch-ns", -1L)));
            }
            case "sent" -> {
                Map<String, Long> pairs = pairs(words, 2);
                sent.add(new WireSimulator.Sent(words[1], pairs.get("start-ns"), pairs.get("end-ns")));
            }
            default -> throw new IllegalArgumentException(text);
        }
    }

    private static Map<String, Long> pairs(String[] words, int from) {
        Map<String, Long> pairs = new HashMap<>();
        for (int i = from; i + 1 < words.length; i += 2) {
            pairs.put(words[i], Long.parseLong(words[i + 1]));
        }
        return pairs;
    }
}
