package io.latencyscheduler.scheduler.offline;

import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.fake.FakeClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Any bytes as a snapshot: a sentence, or a cluster that is decided on; and what is written reads back the same. */
public final class SnapshotFuzz {
    private SnapshotFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        Snapshot snapshot;
        try {
            snapshot = Snapshot.parse("f", input, FakeClock.START);
        } catch (IllegalArgumentException refused) {
            require(refused);
            return;
        }
        Path file = Files.createTempFile("snapshot", ".json");
        try {
            snapshot.write(file);
            Snapshot again = Snapshot.read(file, FakeClock.START);
            if (!Json.toTree(again).equals(Json.toTree(snapshot))) {
                throw new IllegalStateException("reads back otherwise");
            }
        } finally {
            Files.delete(file);
        }
        try {
            OfflineScheduler scheduler = new OfflineScheduler(snapshot);
            scheduler.settle();
            scheduler.nodes();
        } catch (IllegalArgumentException refused) {
            require(refused);
        }
    }

    private static void require(IllegalArgumentException refused) {
        if (refused.getMessage() == null || refused.getMessage().isBlank()) {
            throw new IllegalStateException("no sentence", refused);
        }
    }
}
