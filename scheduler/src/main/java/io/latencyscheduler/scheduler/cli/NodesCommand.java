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
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nodes}: what each node's network has left. */
@Command(
        name = "nodes",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "What each node's network offers and has left.",
            "",
            "PATHS: the least latency each path keeps; * is measured by the node's agent, the rest is configured."
                    + " GATED: the share of each gated port's time that is taken."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:printed", "2:wrong options, or no such node", "3:the cluster cannot be read"})
final class NodesCommand implements Callable<Integer> {
    @Mixin
    private final ClusterAccess cluster = new ClusterAccess();

    @Mixin
    private final Output output = new Output();

    @Parameters(arity = "0..*", paramLabel = "NODE", description = "Only these.")
    private List<String> names = List.of();

    @Option(names = "--snapshot", paramLabel = "FILE", description = "A snapshot instead of a cluster.")
    private @Nullable Path snapshotFile;

    @Override
    public Integer call() throws IOException {
        try (cluster) {
            Snapshot snapshot =
                    snapshotFile == null ? cluster.snapshot(output) : Snapshot.read(snapshotFile, Instant.now());
            List<NodeView> nodes = new OfflineScheduler(snapshot)
                    .nodes().stream()
                            .filter(node -> names.isEmpty() || names.contains(node.name()))
                            .sorted(Comparator.comparing(NodeView::name))
                            .toList();
            for (String name : names) {
                if (nodes.stream().noneMatch(node -> node.name().equals(name))) {
                    output.note("nodes: there is no node " + name);
                    return 2;
                }
            }
            if (output.json()) {
                output.print(Json.toTree(nodes));
            } else {
                print(nodes);
            }
            return 0;
        }
    }

    private void print(List<NodeView> nodes) {
        Output.Table table = output.table("NODE", "STATE", "FREE PORTS", "GATED", "PATHS", "AGENT", "PODS");
        for (NodeView node : nodes) {
            String[] cells = {
                node.name(),
                state(node),
                node.ownedPorts().isEmpty()
                        ? "-"
                        : node.headroom() + "/" + node.ownedPorts().size(),
                node.gatedPorts().isEmpty()
                        ? "-"
                        : node.gatedPorts().stream()
                                .map(port -> String.format(
                                        Locale.ROOT,
                                        "%s %.0f%%%s",
                                        port.name(),
                                        port.utilisation() * 100,
                                        port.linkUp() ? "" : " down"))
                                .collect(Collectors.joining(", ")),
                node.paths().stream()
                        .map(path -> path.tier().wireName() + " " + Durations.format(path.promisedNs())
                                + (path.decidedByMeasurement() ? "*" : ""))
                        .collect(Collectors.joining(", ")),
                agent(node),
                node.pods().size() + " + " + node.ordinaryPods() + " ordinary"
            };
            if (node.ready() && node.schedulable()) {
                table.row(cells);
            } else {
                table.row(Tone.BAD, cells);
            }
        }
        table.print();
    }

    private static String state(NodeView node) {
        return (node.ready() ? "ready" : "not ready")
                + (node.schedulable() ? "" : ", cordoned")
                + (node.simulated() ? ", simulated" : "");
    }

    private static String agent(NodeView node) {
        NodeView.AgentView agent = node.agent();
        return agent == null
                ? "-"
                : (agent.live() ? "live" : "silent") + ", clock "
                        + agent.clock().state().wireName();
    }
}
