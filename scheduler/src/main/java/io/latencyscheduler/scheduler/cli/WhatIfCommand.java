package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.cli.Output.Tone;
import io.latencyscheduler.scheduler.kube.ObjectFeed;
import io.latencyscheduler.scheduler.offline.OfflineScheduler;
import io.latencyscheduler.scheduler.offline.Snapshot;
import io.latencyscheduler.scheduler.offline.Workload;
import io.latencyscheduler.scheduler.view.DecisionJson;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code whatif -f FILE}: what would become of pods; nothing is created. */
@Command(
        name = "whatif",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "What would become of a pod now, on every node; nothing is created or bound.",
            "",
            "The file holds pods or workloads with a pod template, YAML or JSON; each is asked for by itself, one pod of"
                    + " it."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:each would get a node",
            "1:some would not",
            "2:the file or the options are wrong",
            "3:the cluster cannot be read"
        })
final class WhatIfCommand implements Callable<Integer> {
    @Mixin
    private final ClusterAccess cluster = new ClusterAccess();

    @Mixin
    private final Output output = new Output();

    @Option(
            names = {"-f", "--filename"},
            required = true,
            paramLabel = "FILE",
            description = "The manifest; - reads standard input.")
    private String file = "-";

    @Option(names = "--snapshot", paramLabel = "FILE", description = "A snapshot instead of a cluster.")
    private @Nullable Path snapshotFile;

    @Option(names = "--all", description = "List every node, however many share a reason.")
    private boolean all;

    @Override
    public Integer call() throws IOException {
        try (cluster) {
            var workloads = Workload.read(InputFile.text(file), file);
            Snapshot snapshot =
                    snapshotFile == null ? cluster.snapshot(output) : Snapshot.read(snapshotFile, Instant.now());
            OfflineScheduler scheduler = new OfflineScheduler(snapshot);
            ArrayNode answers = Json.array();
            boolean allFit = true;
            for (Workload workload : workloads) {
                JsonNode decision = DecisionJson.of(scheduler.whatIf(ObjectFeed.pod(workload.pod())));
                boolean fits = decision.path("scheduled").asBoolean();
                allFit &= fits;
                answers.add(decision);
                if (!output.json()) {
                    print(workload, fits, decision);
                }
            }
            if (output.json()) {
                output.print(answers);
            }
            return allFit ? 0 : 1;
        }
    }

    private void print(Workload workload, boolean fits, JsonNode decision) {
        output.line(
                fits
                        ? output.tone(
                                Tone.GOOD,
                                workload.name() + " would go to node "
                                        + decision.path("node").asText() + ".")
                        : output.tone(
                                Tone.BAD,
                                workload.name() + " would stay pending: "
                                        + Output.clean(decision.path("message").asText())));
        DecisionReport.print(output, decision, all);
        output.line("");
    }
}
