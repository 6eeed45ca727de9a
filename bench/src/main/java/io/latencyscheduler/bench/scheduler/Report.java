package io.latencyscheduler.bench.scheduler;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Gathers the figures of all rounds and tells their medians side by side. */
final class Report {
    /** One measurement of one round; exactly one of the last two is there. */
    record Row(
            int nodes,
            Workload workload,
            String who,
            @Nullable Drain drain,
            @Nullable Arrivals arrivals) {}

    private final List<Row> rows = new CopyOnWriteArrayList<>();

    void add(int nodes, Workload workload, String who, Drain drain) {
        rows.add(new Row(nodes, workload, who, drain, null));
    }

    void add(int nodes, Workload workload, String who, Arrivals arrivals) {
        rows.add(new Row(nodes, workload, who, null, arrivals));
    }

    List<Row> rows() {
        return rows;
    }

    /** What the figures were measured on. */
    static String machine() throws IOException {
        String cpu = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse("unknown CPU");
        String load = Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
        return "%d x %s, %s %s, Java %s, load average before %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        cpu,
                        System.getProperty("os.name"),
                        System.getProperty("os.version"),
                        System.getProperty("java.version"),
                        load);
    }

    /** Markdown, one row for each number of nodes, kind of pods and scheduler. */
    String table() {
        if (rows.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        List<Integer> rates = rows.stream()
                .flatMap(row -> row.arrivals() == null
                        ? java.util.stream.Stream.empty()
                        : java.util.stream.Stream.of(row.arrivals().perSecond()))
                .distinct()
                .sorted()
                .toList();
        List<String> head = new ArrayList<>(List.of(
                "nodes",
                "pods",
                "who",
                "pods/s",
                "second half",
                "of raw",
                "first bound, s",
                "CPU s per 1,000 pods",
                "CPU s before",
                "API server's CPU s per 1,000",
                "peak MiB"));
        rates.forEach(rate -> head.add("p50 / p99 / max at " + rate + "/s, ms (CPU s per 1,000)"));
        line(text, head);
        line(text, head.stream().map(title -> "---").toList());
        for (int nodes : rows.stream().mapToInt(Row::nodes).distinct().toArray()) {
            for (Workload workload : Workload.values()) {
                double raw = median(drains(nodes, workload, "raw bindings"), Drain::podsPerSecond);
                for (String who : List.of("raw bindings", "kube-scheduler", "latency-scheduler")) {
                    List<Drain> drains = drains(nodes, workload, who);
                    if (!drains.isEmpty()) {
                        List<String> cells = cells(drains, raw);
                        cells.addAll(0, List.of(number(nodes), workload.title, who));
                        rates.forEach(rate -> cells.add(arrivals(nodes, workload, who, rate)));
                        line(text, cells);
                    }
                }
            }
        }
        return text.toString();
    }

    private static List<String> cells(List<Drain> drains, double raw) {
        return new ArrayList<>(List.of(
                number(median(drains, Drain::podsPerSecond)),
                number(median(drains, Drain::secondHalfPerSecond)),
                raw > 0 ? "%.0f%%".formatted(100 * median(drains, Drain::podsPerSecond) / raw) : "",
                decimals(median(drains, Drain::firstBoundSeconds)),
                decimals(median(drains, Drain::cpuSecondsPer1000)),
                decimals(median(drains, Drain::startCpuSeconds)),
                decimals(median(drains, Drain::serverCpuSecondsPer1000)),
                number(median(drains, Drain::peakMemoryMib))));
    }

    private String arrivals(int nodes, Workload workload, String who, int rate) {
        Arrivals[] runs = rows.stream()
                .filter(row -> row.nodes() == nodes
                        && row.workload() == workload
                        && row.who().equals(who))
                .map(Row::arrivals)
                .filter(run -> run != null && run.perSecond() == rate)
                .toArray(Arrivals[]::new);
        if (runs.length == 0) {
            return "";
        }
        Arrivals median = Arrivals.median(runs);
        return String.format(
                Locale.ROOT,
                "%.1f / %.1f / %.0f (%.2f)",
                median.p50Ms(),
                median.p99Ms(),
                median.maxMs(),
                median.cpuSecondsPer1000());
    }

    private List<Drain> drains(int nodes, Workload workload, String who) {
        List<Drain> drains = new ArrayList<>();
        for (Row row : rows) {
            Drain drain = row.drain();
            if (drain != null
                    && row.nodes() == nodes
                    && row.workload() == workload
                    && row.who().equals(who)) {
                drains.add(drain);
            }
        }
        return drains;
    }

    private static double median(List<Drain> drains, ToDoubleFunction<Drain> figure) {
        double[] sorted = drains.stream().mapToDouble(figure).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }

    private static String number(double value) {
        return value == 0 ? "" : String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String decimals(double value) {
        return value == 0 ? "" : String.format(Locale.ROOT, "%.2f", value);
    }

    private static void line(StringBuilder text, List<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
}
