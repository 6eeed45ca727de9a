package io.latencyscheduler.sandbox.chaos;

import io.latencyscheduler.sandbox.chaos.FailoverRounds.Fault;
import io.latencyscheduler.sandbox.chaos.FailoverRounds.Round;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code java -jar sandbox.jar failover}: rounds of {@link FailoverRounds} with their figures. */
@Command(
        name = "failover",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Freezes, kills and cuts off the leader of two schedulers that contend for one port, on a real API"
                        + " server (KUBEBUILDER_ASSETS), and audits what they wrote.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:no port used by two pods, nothing given twice for good, nobody stranded",
            "1:something was, or a round could not be run",
            "2:wrong options"
        })
public final class FailoverCommand implements Callable<Integer> {
    @Option(names = "--rounds", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}")
    private int rounds = 10;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of a run to repeat; by default a new one, which is printed.")
    private long seed = System.nanoTime();

    @Option(names = "--scheduler", paramLabel = "JAR", description = "Default: ${DEFAULT-VALUE}")
    private Path scheduler = Path.of("scheduler/target/latency-scheduler.jar");

    @Option(names = "--agent", paramLabel = "JAR", description = "Default: ${DEFAULT-VALUE}")
    private Path agent = Path.of("dataplane-agent/target/dataplane-agent.jar");

    @Option(names = "--manifests", paramLabel = "FOLDER", description = "Default: ${DEFAULT-VALUE}")
    private Path manifests = Path.of("manifests");

    @Override
    public Integer call() throws IOException, InterruptedException {
        ChaosOptions.check(rounds, scheduler, manifests);
        ChaosOptions.checkAgent(agent);
        Path folder = Files.createTempDirectory("failover-");
        System.out.println("seed " + seed + ", logs in " + folder);
        List<Round> done = new ArrayList<>();
        try {
            FailoverRounds.run(new FailoverRounds.Options(rounds, seed, scheduler, agent, manifests, folder), round -> {
                done.add(round);
                System.out.println(line(round));
            });
        } finally {
            System.out.print(table(done));
        }
        boolean clean = done.stream().allMatch(Round::sound);
        if (clean) {
            ChaosOptions.delete(folder);
        }
        return clean ? 0 : 1;
    }

    private String line(Round round) {
        return "%d/%d leader %s: taken over in %.1f s, %d pods placed, longest wait %.1f s%s%s"
                .formatted(
                        round.number(),
                        rounds,
                        round.fault().words(),
                        round.takenOverNs() / 1e9,
                        round.placed(),
                        round.longestWaitNs() / 1e9,
                        round.violations().isEmpty() ? "" : ", VIOLATIONS " + round.violations(),
                        round.stranded().isEmpty() ? "" : ", STRANDED " + round.stranded());
    }

    /** In Markdown, as the documentation shows it. */
    static String table(List<Round> rounds) {
        StringBuilder table = new StringBuilder("""

                | leader | rounds | pods placed | port used twice | given twice for a moment | other faults | stranded | taken over, median s | taken over, longest s | longest wait of a pod, s |
                |---|---|---|---|---|---|---|---|---|---|
                """);
        for (Fault fault : Fault.values()) {
            row(
                    table,
                    fault.words(),
                    rounds.stream().filter(round -> round.fault() == fault).toList());
        }
        row(table, "all", rounds);
        return table.toString();
    }

    private static void row(StringBuilder table, String title, List<Round> rounds) {
        long used = count(rounds, Auditor.Kind.PORT_USED_TWICE);
        long given = count(rounds, Auditor.Kind.PORT_GIVEN_TWICE);
        long all =
                sum(rounds, round -> round.violations().size() + round.lasting().size());
        List<Long> takenOver = rounds.stream().map(Round::takenOverNs).sorted().toList();
        table.append("| %s | %d | %d | %d | %d | %d | %d | %.1f | %.1f | %.1f |%n"
                .formatted(
                        title,
                        rounds.size(),
                        sum(rounds, Round::placed),
                        used,
                        given,
                        all - used - given,
                        sum(rounds, round -> round.stranded().size()),
                        takenOver.isEmpty() ? 0 : takenOver.get(takenOver.size() / 2) / 1e9,
                        takenOver.isEmpty() ? 0 : takenOver.get(takenOver.size() - 1) / 1e9,
                        rounds.stream().mapToLong(Round::longestWaitNs).max().orElse(0) / 1e9));
    }

    private static long count(List<Round> rounds, Auditor.Kind kind) {
        return rounds.stream()
                .flatMap(round -> round.violations().stream())
                .filter(violation -> violation.kind() == kind)
                .count();
    }

    private static long sum(List<Round> rounds, ToLongFunction<Round> of) {
        return rounds.stream().mapToLong(of).sum();
    }
}
