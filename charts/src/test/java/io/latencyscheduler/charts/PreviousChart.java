package io.latencyscheduler.charts;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The chart as it was before its last change in the history of this clone. */
final class PreviousChart {
    private static final List<String> PATHS = List.of("charts/latency-scheduler", "manifests/crds");

    private PreviousChart() {}

    /** Writes it below a folder; where the history holds no earlier one (a shallow clone), it is today's. */
    static Path in(Path folder) throws IOException {
        String commit = run("git", "log", "-1", "--format=%H", "--", "charts/latency-scheduler")
                .strip();
        if (commit.isEmpty()
                || run("git", "ls-tree", "--name-only", commit + "~1", "charts/latency-scheduler/Chart.yaml")
                        .isBlank()) {
            return Chart.FOLDER;
        }
        Path archive = folder.resolve("previous.tar");
        run("git", "archive", "--output=" + archive, commit + "~1", PATHS.get(0), PATHS.get(1));
        Path chart = Files.createDirectories(folder.resolve("previous"));
        run("tar", "-xf", archive.toString(), "-C", chart.toString());
        return chart.resolve(PATHS.get(0));
    }

    /** Standard output; empty when the command fails, as git does for what its history does not hold. */
    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(Chart.ROOT.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            return process.waitFor() == 0 ? said : "";
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
    }
}
