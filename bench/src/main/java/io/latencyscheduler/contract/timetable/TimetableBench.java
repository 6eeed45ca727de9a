package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.StreamDemand;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.util.Statistics;

/**
 * {@code make bench-timetable}: prints the tables of docs/performance.md, section Timetable. Arguments name the parts to
 * run: {@code packing}, {@code exact}, {@code cluster}, {@code answers}; all without any.
 */
public final class TimetableBench {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int REFUSALS = 50;
    private static final int SEEDS = 8;
    private static final int NODES = 5_000;

    private TimetableBench() {}

    public static void main(String[] args) throws RunnerException {
        Set<String> parts =
                args.length == 0 ? Set.of("packing", "exact", "cluster", "decisions", "answers") : Set.of(args);
        machine();
        if (parts.contains("packing")) {
            packing();
        }
        if (parts.contains("exact")) {
            ExactComparison.print();
        }
        if (parts.contains("cluster")) {
            cluster();
        }
        if (parts.contains("decisions")) {
            StreamDecisions.print(NODES);
        }
        if (parts.contains("answers")) {
            answers();
        }
    }

    private static void machine() {
        System.out.printf(
                "Java %s, %s %s, %d processors%n%n",
                System.getProperty("java.version"),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.getRuntime().availableProcessors());
    }

    /** Streams are offered until 50 were refused; the same streams to each placement. */
    private static void packing() {
        System.out.println(
                "Packing: utilisation at the first refusal / after 50 refusals, streams admitted, share accepted");
        System.out.println("| port | placement | at first refusal | after 50 | streams | accepted |");
        System.out.println("|---|---|---|---|---|---|");
        for (Scenario scenario : Scenario.values()) {
            row(scenario, "first fit", Placement.FIRST_FIT);
            row(scenario, "last fit", Placement.LAST_FIT);
            row(scenario, "harmonic (ours)", Placement.HARMONIC);
            if (scenario.name().endsWith("HARMONIC")) {
                bitmapRow(scenario);
            }
        }
        System.out.println();
    }

    private static void row(Scenario scenario, String name, Placement placement) {
        double[] sums = new double[4];
        for (int seed = 0; seed < SEEDS; seed++) {
            Timetable timetable = new Timetable("uplink0", scenario.timing, placement);
            Random random = new Random(seed);
            int refused = 0;
            int admitted = 0;
            while (refused < REFUSALS) {
                StreamDemand demand = scenario.next(random);
                if (timetable.admit(List.of(demand)) instanceof Admission.Admitted yes) {
                    timetable.add("s" + admitted++, yes.windows().get(0));
                } else if (refused++ == 0) {
                    sums[0] += timetable.utilisation();
                }
            }
            sums[1] += timetable.utilisation();
            sums[2] += admitted;
            sums[3] += (double) admitted / (admitted + refused);
        }
        printRow(scenario, name, sums);
    }

    private static void bitmapRow(Scenario scenario) {
        double[] sums = new double[4];
        for (int seed = 0; seed < SEEDS; seed++) {
            FoldedBitmap bitmap = new FoldedBitmap(8_000_000);
            Random random = new Random(seed);
            double utilisation = 0;
            int refused = 0;
            int admitted = 0;
            while (refused < REFUSALS) {
                StreamDemand demand = scenario.next(random);
                long lengthNs = scenario.timing.windowNs(demand.frameBytes());
                int start = bitmap.firstFree(demand.periodNs(), lengthNs, demand.deadlineNs());
                if (start >= 0) {
                    bitmap.take(demand.periodNs(), start, lengthNs);
                    utilisation += (double) lengthNs / demand.periodNs();
                    admitted++;
                } else if (refused++ == 0) {
                    sums[0] += utilisation;
                }
            }
            sums[1] += utilisation;
            sums[2] += admitted;
            sums[3] += (double) admitted / (admitted + refused);
        }
        printRow(scenario, "bitmap of 1 µs, first fit", sums);
    }

    private static void printRow(Scenario scenario, String name, double[] sums) {
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %.3f | %.3f | %.0f | %.3f |%n",
                scenario,
                name,
                sums[0] / SEEDS,
                sums[1] / SEEDS,
                sums[2] / SEEDS,
                sums[3] / SEEDS);
    }

    /**
     * One stream asks every port of a cluster whose ports are full: no early end, the worst case of a filter. Time is that of
     * the thread on a CPU, so that a shared machine does not blur it.
     */
    private static void cluster() {
        System.out.println("One stream asks all " + NODES + " ports, each as full as it gets; CPU time");
        System.out.println(
                "| port | first question of a period, ms | median, ms | worst of 200, ms | ports that fit |");
        System.out.println("|---|---|---|---|---|");
        for (Scenario scenario : List.of(Scenario.STREAMS_60_1G_HARMONIC, Scenario.STREAMS_300_1G_DECIMAL)) {
            List<Timetable> ports = new ArrayList<>();
            for (int i = 0; i < NODES; i++) {
                // The windows again, one by one, so that nothing has been asked of the port yet.
                Timetable port = new Timetable("uplink0", scenario.timing);
                scenario.filled(i % 100)
                        .holdings()
                        .forEach(holding -> port.add(holding.owner(), holding.stream(), holding.window()));
                ports.add(port);
            }
            Random random = new Random(1);
            Map<Long, List<StreamDemand>> first = new TreeMap<>();
            while (first.size() < scenario.periodsNs().length) {
                StreamDemand demand = scenario.next(random);
                first.put(demand.periodNs(), List.of(demand));
            }
            double firstMs = 0;
            for (List<StreamDemand> demand : first.values()) {
                firstMs = Math.max(firstMs, askMs(ports, demand)[0]);
            }
            double[] ms = new double[200];
            double fitting = 0;
            for (int i = 0; i < ms.length; i++) {
                double[] answer = askMs(ports, List.of(scenario.next(random)));
                ms[i] = answer[0];
                fitting += answer[1];
            }
            Arrays.sort(ms);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.1f | %.2f | %.2f | %.1f%% |%n",
                    scenario,
                    firstMs,
                    ms[ms.length / 2],
                    ms[ms.length - 1],
                    100.0 * fitting / NODES / ms.length);
        }
        System.out.println();
    }

    /** CPU milliseconds, and how many ports fit. */
    private static double[] askMs(List<Timetable> ports, List<StreamDemand> demand) {
        long start = THREADS.getCurrentThreadCpuTime();
        int fitting = ask(ports, demand);
        return new double[] {(THREADS.getCurrentThreadCpuTime() - start) / 1e6, fitting};
    }

    private static int ask(List<Timetable> ports, List<StreamDemand> demand) {
        int fitting = 0;
        for (Timetable port : ports) {
            fitting += port.fits(demand) ? 1 : 0;
        }
        return fitting;
    }

    private static void answers() throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(TimetableBenchmark.class.getName())
                        .build())
                .run();
        System.out.println();
        System.out.println("| question | port | answers/s | median, µs | mean, µs | p99.9, µs | worst, µs |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (RunResult result : results) {
            Statistics statistics = result.getPrimaryResult().getStatistics();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.0f | %.2f | %.2f | %.1f | %.0f |%n",
                    result.getPrimaryResult().getLabel(),
                    result.getParams().getParam("scenario"),
                    1e6 / statistics.getMean(),
                    statistics.getPercentile(50),
                    statistics.getMean(),
                    statistics.getPercentile(99.9),
                    statistics.getMax());
        }
    }
}
