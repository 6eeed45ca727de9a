package io.latencyscheduler.bench.decision;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.util.Statistics;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code make bench-decisions}. */
@Command(
        name = "bench-decisions",
        mixinStandardHelpOptions = true,
        description = "What a decision costs among 100 to 15,000 nodes, for each kind of pod. Takes about 5 minutes.")
public final class DecisionBench implements Callable<Integer> {
    @Option(names = "--nodes", split = ",", description = "Numbers of nodes. Default: 100,1000,5000,15000")
    private String[] nodes = {};

    @Option(names = "--asks", split = ",", description = "Kinds of pods, such as PLAIN,INTERFACES. Default: all")
    private String[] asks = {};

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new DecisionBench()).execute(arguments));
    }

    @Override
    public Integer call() throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder().include(DecisionBenchmark.class.getName());
        if (nodes.length > 0) {
            options.param("nodes", nodes);
        }
        if (asks.length > 0) {
            options.param("asks", asks);
        }
        var results = new Runner(options.build()).run();
        System.out.println("\n| pod asks | nodes | decisions/s | median, µs | mean, µs | p99, µs |");
        System.out.println("|---|---|---|---|---|---|");
        results.stream().sorted((a, b) -> asks(a).compareTo(asks(b))).forEach(DecisionBench::row);
        return 0;
    }

    private static String asks(RunResult result) {
        return result.getParams().getParam("asks");
    }

    private static void row(RunResult result) {
        Statistics statistics = result.getPrimaryResult().getStatistics();
        System.out.printf(
                Locale.ROOT,
                "| %s | %,d | %,.0f | %.1f | %.1f | %.1f |%n",
                asks(result),
                Integer.parseInt(result.getParams().getParam("nodes")),
                1e6 / statistics.getMean(),
                statistics.getPercentile(50),
                statistics.getMean(),
                statistics.getPercentile(99));
    }
}
