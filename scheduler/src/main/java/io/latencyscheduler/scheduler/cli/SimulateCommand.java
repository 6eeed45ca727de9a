package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.cli.Output.Tone;
import io.latencyscheduler.scheduler.offline.NodeMix;
import io.latencyscheduler.scheduler.offline.Simulation;
import io.latencyscheduler.scheduler.offline.Snapshot;
import io.latencyscheduler.scheduler.offline.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code simulate -f FILE (--snapshot FILE | --nodes FILE)}: what a cluster, there or planned, can take. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "What becomes of a workload on a cluster's snapshot or on a plan of nodes, and what breaks first; no cluster is"
                    + " touched.",
            "",
            "The live scheduler's code places the replicas of each workload in the order of the file, as if each named this"
                    + " scheduler; a DaemonSet counts as one pod."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:everything found a node",
            "1:some did not; with --grow that is the aim, and 1 means that the file as it is did not fit",
            "2:a file or the options are wrong"
        })
final class SimulateCommand implements Callable<Integer> {
    @Mixin
    private final Output output = new Output();

    @Option(
            names = {"-f", "--filename"},
            required = true,
            paramLabel = "FILE",
            description = "Pods and workloads, YAML or JSON; - reads standard input.")
    private String file = "-";

    /** One of the two. */
    private static final class Cluster {
        @Option(names = "--snapshot", required = true, paramLabel = "FILE", description = "What snapshot wrote.")
        private @Nullable Path snapshot;

        @Option(
                names = "--nodes",
                required = true,
                paramLabel = "FILE",
                description = "Kinds of nodes, YAML: see docs/how-to/plan-a-cluster.md.")
        private @Nullable String nodes;
    }

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init")
    private Cluster cluster;

    @Option(
            names = "--grow",
            description = "When all fits, add one pod of each workload again and again until one finds no node.")
    private boolean grow;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of the choice among equally good nodes. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a report to look at, one file without others.")
    private @Nullable Path html;

    @Override
    public Integer call() throws IOException {
        List<Workload> workloads = Workload.read(InputFile.text(file), file);
        Path taken = cluster.snapshot;
        String planned = cluster.nodes == null ? "-" : cluster.nodes;
        Snapshot snapshot = taken == null
                ? NodeMix.read(InputFile.text(planned), planned, Instant.now())
                : Snapshot.read(taken, Instant.now());
        Simulation.Result result = Simulation.run(snapshot, workloads, seed, grow);
        if (html != null) {
            Files.writeString(html, SimulationPage.html(result));
        }
        if (output.json()) {
            output.print(json(result));
        } else {
            print(result);
        }
        boolean fits = result.broke()
                .map(broke -> broke.rounds() > 0 || fitted(result, workloads))
                .orElse(true);
        return fits ? 0 : 1;
    }

    /** Whether what the file asks for fitted, whatever growth ran into. */
    private boolean fitted(Simulation.Result result, List<Workload> workloads) {
        return grow
                && workloads.stream()
                        .allMatch(workload -> result.workloads().stream()
                                .filter(outcome -> outcome.name().equals(workload.name()))
                                .allMatch(outcome -> outcome.placed() >= workload.replicas()))
                && result.workloads().stream()
                        .filter(outcome -> outcome.name().equals(Simulation.WAITING))
                        .allMatch(outcome -> outcome.placed() == outcome.asked());
    }

    private void print(Simulation.Result result) {
        output.line(result.broke()
                .map(broke -> output.tone(
                        Tone.BAD,
                        "Pod " + broke.number() + " of " + broke.workload() + " found no node first"
                                + (grow ? ", after " + broke.rounds() + " rounds of growth" : "") + ": "
                                + Output.clean(broke.reason())))
                .orElse(output.tone(Tone.GOOD, "Everything found a node.")));
        output.line("");
        Output.Table table = output.table("WORKLOAD", "ASKED", "PLACED", "EVICTED", "NODES", "FIRST REFUSED BECAUSE");
        for (Simulation.Outcome outcome : result.workloads()) {
            String[] cells = {
                outcome.name(),
                String.valueOf(outcome.asked()),
                String.valueOf(outcome.placed()),
                String.valueOf(outcome.evicted()),
                String.valueOf(outcome.byNode().size()),
                outcome.refusal()
            };
            if (outcome.placed() == outcome.asked()) {
                table.row(cells);
            } else {
                table.row(Tone.WARN, cells);
            }
        }
        table.print();
        output.line("");
        Output.Table usage = output.table("TAKEN OF " + result.nodeCount() + " NODES", "BEFORE", "AFTER");
        result.after().byName().forEach((name, use) -> {
            if (use.total() > 0) {
                usage.row(name, percent(result.before().byName().getOrDefault(name, use)), percent(use));
            }
        });
        usage.print();
    }

    static String percent(Simulation.Use use) {
        return String.format(Locale.ROOT, "%.1f%%", 100 * use.share());
    }

    private static ObjectNode json(Simulation.Result result) {
        ObjectNode json = Json.object().put("fits", result.everythingFits()).put("nodes", result.nodeCount());
        json.set("workloads", Json.toTree(result.workloads()));
        json.set("before", Json.toTree(result.before()));
        json.set("after", Json.toTree(result.after()));
        result.broke().ifPresent(broke -> json.set("broke", Json.toTree(broke)));
        return json;
    }
}
