package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.cli.Output.Tone;
import io.latencyscheduler.scheduler.offline.OfflineScheduler;
import io.latencyscheduler.scheduler.offline.Snapshot;
import io.latencyscheduler.scheduler.view.NodeView;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code gates NODE}: who owns which windows of its gated ports. */
@Command(
        name = "gates",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Whose windows divide the time of a node's gated ports.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:printed",
            "1:the node has no gated port",
            "2:no such node, or wrong options",
            "3:the cluster cannot be read"
        })
final class GatesCommand implements Callable<Integer> {
    private static final int CELLS = 80;
    /** A longer cycle is cut: a cell would be longer than any window. */
    private static final long LONGEST_NS = 100_000_000;

    @Mixin
    private final ClusterAccess cluster = new ClusterAccess();

    @Mixin
    private final Output output = new Output();

    @Parameters(index = "0", paramLabel = "NODE")
    private String name = "";

    @Option(names = "--snapshot", paramLabel = "FILE", description = "A snapshot instead of a cluster.")
    private @Nullable Path snapshotFile;

    @Override
    public Integer call() throws IOException {
        try (cluster) {
            Snapshot snapshot =
                    snapshotFile == null ? cluster.snapshot(output) : Snapshot.read(snapshotFile, Instant.now());
            for (NodeView node : new OfflineScheduler(snapshot).nodes()) {
                if (node.name().equals(name)) {
                    return print(node);
                }
            }
            output.note("gates: there is no node " + name);
            return 2;
        }
    }

    private int print(NodeView node) {
        if (output.json()) {
            output.print(Json.toTree(node.gatedPorts()));
        } else if (node.gatedPorts().isEmpty()) {
            output.line("Node " + name + " has no gated port"
                    + (node.agent() == null ? ": no agent has reported one." : "."));
        } else {
            node.gatedPorts().forEach(this::print);
        }
        return node.gatedPorts().isEmpty() ? 1 : 0;
    }

    private void print(NodeView.GatedPortView port) {
        output.line(String.format(
                Locale.ROOT,
                "Port %s: %.0f Mb/s, link %s, guard %s, %.1f%% of its time taken",
                port.name(),
                port.linkRateBps() / 1e6,
                port.linkUp() ? "up" : "down",
                Durations.format(port.guardNs()),
                port.utilisation() * 100));
        if (port.windows().isEmpty()) {
            output.line("");
            return;
        }
        long cycleNs = Math.min(
                LONGEST_NS,
                port.windows().stream()
                        .mapToLong(NodeView.WindowView::periodNs)
                        .max()
                        .orElse(LONGEST_NS));
        output.line("0 " + bar(port, cycleNs) + " " + Durations.format(cycleNs));
        Output.Table table = output.table("OFFSET", "WINDOW", "PERIOD", "DEADLINE", "CLASS", "STREAM", "POD");
        port.windows().stream()
                .sorted(Comparator.comparingLong(NodeView.WindowView::offsetNs))
                .forEach(window -> {
                    String pod = window.pod();
                    table.row(
                            Durations.format(window.offsetNs()),
                            Durations.format(window.windowNs()),
                            Durations.format(window.periodNs()),
                            Durations.format(window.deadlineNs()),
                            window.trafficClass() < 0 ? "-" : Integer.toString(window.trafficClass()),
                            window.stream(),
                            pod == null ? "(reserved by the node's configuration)" : pod);
                });
        table.print();
        output.line("");
    }

    /** One cell per share of the cycle: taken wholly or in part, or free. */
    private String bar(NodeView.GatedPortView port, long cycleNs) {
        StringBuilder bar = new StringBuilder();
        for (int cell = 0; cell < CELLS; cell++) {
            long from = cycleNs * cell / CELLS;
            long to = cycleNs * (cell + 1) / CELLS;
            boolean taken = port.windows().stream().anyMatch(window -> touches(window, from, to));
            bar.append(taken ? '#' : '.');
        }
        return output.tone(Tone.FAINT, bar.toString());
    }

    private static boolean touches(NodeView.WindowView window, long fromNs, long toNs) {
        // The last window that begins before the cell ends.
        long sinceNs = Math.floorMod(toNs - 1 - window.offsetNs(), window.periodNs());
        return toNs - 1 - sinceNs + window.windowNs() > fromNs;
    }
}
