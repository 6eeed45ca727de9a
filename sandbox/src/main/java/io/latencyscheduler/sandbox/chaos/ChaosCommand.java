package io.latencyscheduler.sandbox.chaos;

import io.latencyscheduler.sandbox.chaos.ChaosRounds.Round;
import io.latencyscheduler.sandbox.chaos.ChaosRounds.Wrong;
import io.latencyscheduler.sandbox.fault.FaultPlan.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code java -jar sandbox.jar chaos}: rounds of {@link ChaosRounds} with their figures. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Spoils requests and watch events of two schedulers on a real API server (KUBEBUILDER_ASSETS),"
                + " restarts and freezes programs, and audits what they wrote.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:everything healed", "1:something did not, or a round could not be run", "2:wrong options"})
public final class ChaosCommand implements Callable<Integer> {
    @Option(names = "--rounds", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}")
    private int rounds = 20;

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
        Path folder = Files.createTempDirectory("chaos-");
        System.out.println("seed " + seed + ", logs in " + folder);
        List<Round> done = new ArrayList<>();
        try {
            ChaosRounds.run(new ChaosRounds.Options(rounds, seed, scheduler, agent, manifests, folder), round -> {
                done.add(round);
                System.out.println(line(round));
            });
        } finally {
            System.out.print(table(done));
        }
        boolean clean = done.stream().allMatch(round -> round.faults().isEmpty());
        if (clean) {
            ChaosOptions.delete(folder);
        }
        return clean ? 0 : 1;
    }

    private String line(Round round) {
        long injected =
                round.injected().values().stream().mapToLong(Long::longValue).sum();
        return "%d/%d %s, %d requests and events spoiled: %d pods placed, healed in %.1f s%s%s"
                .formatted(
                        round.number(),
                        rounds,
                        words(round.blow()),
                        injected,
                        round.placed(),
                        round.healedNs() / 1e9,
                        round.excused() == 0
                                ? ""
                                : ", given twice by a late binding and over at the end: " + round.excused(),
                        round.faults().isEmpty() ? "" : ", FAULTS " + round.faults());
    }

    /** In Markdown, as the documentation shows it. */
    static String table(List<Round> rounds) {
        StringBuilder table = new StringBuilder("\n| rounds | pods placed |");
        for (Wrong wrong : Wrong.values()) {
            table.append(' ').append(words(wrong)).append(" |");
        }
        table.append(" given twice by a late binding, over at the end | longest time to heal, s |\n|---|---|")
                .append("---|".repeat(Wrong.values().length))
                .append("---|---|\n| %d | %d |"
                        .formatted(
                                rounds.size(),
                                rounds.stream().mapToInt(Round::placed).sum()));
        for (Wrong wrong : Wrong.values()) {
            long times = rounds.stream()
                    .flatMap(round -> round.faults().stream())
                    .filter(finding -> finding.wrong() == wrong)
                    .count();
            table.append(" %d |".formatted(times));
        }
        table.append(" %d | %.1f |%n"
                .formatted(
                        rounds.stream().mapToInt(Round::excused).sum(),
                        rounds.stream().mapToLong(Round::healedNs).max().orElse(0) / 1e9));
        table.append("\n| injected | times |\n|---|---|\n");
        for (ChaosRounds.Blow blow : ChaosRounds.Blow.values()) {
            long times = rounds.stream().filter(round -> round.blow() == blow).count();
            if (blow != ChaosRounds.Blow.NONE) {
                table.append("| %s | %d |%n".formatted(words(blow), times));
            }
        }
        for (Fault fault : Fault.values()) {
            long times = rounds.stream()
                    .mapToLong(round -> round.injected().getOrDefault(fault, 0L))
                    .sum();
            table.append("| %s | %d |%n".formatted(words(fault), times));
        }
        if (!rounds.isEmpty()) {
            table.append("\nAt rest after the first round: %s%nAt rest after the last: %s%n"
                    .formatted(
                            String.join("; ", rounds.get(0).atRest()),
                            String.join("; ", rounds.get(rounds.size() - 1).atRest())));
        }
        return table.toString();
    }

    private static String words(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
