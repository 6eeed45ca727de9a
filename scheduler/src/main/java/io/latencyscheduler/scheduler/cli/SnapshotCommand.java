package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.scheduler.offline.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code snapshot FILE}: what placement depends on, for explain and whatif elsewhere. */
@Command(
        name = "snapshot",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Writes what placement depends on into a file, for explain, whatif, nodes and gates elsewhere.",
            "",
            "Containers are reduced to their names, resources and ports: no environment, no arguments."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:written", "2:wrong options", "3:the cluster cannot be read"})
final class SnapshotCommand implements Callable<Integer> {
    @Mixin
    private final ClusterAccess cluster = new ClusterAccess();

    @Mixin
    private final Output output = new Output();

    @Parameters(index = "0", paramLabel = "FILE", description = "Where to.")
    private Path file = Path.of("snapshot.json");

    @Override
    public Integer call() throws IOException {
        try (cluster) {
            Snapshot snapshot = cluster.snapshot(output);
            snapshot.write(file);
            output.note(snapshot.objects().size() + " objects written to " + file);
            return 0;
        }
    }
}
