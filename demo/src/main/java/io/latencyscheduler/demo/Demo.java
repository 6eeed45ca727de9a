package io.latencyscheduler.demo;

import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code make demo}: the main job, end to end, on the sandbox or on the cluster that {@code KUBECONFIG} names. */
@Command(
        name = "make demo DEMO_ARGS=…",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Starts the programs, places the sample pods, carries the PLC's frames, and reports.",
            "Without KUBECONFIG an in-memory API server is started; with it that cluster is used and cleaned up after.",
            "Exits 0 only if every pod is where its sample says and every frame is accounted for."
        })
public final class Demo implements Callable<Integer> {
    @Option(names = "--headless", description = "print one JSON report on standard output and exit")
    boolean headless;

    @Option(
            names = "--frames",
            defaultValue = "3000",
            description = "frames that the PLC sends, one per millisecond (default: ${DEFAULT-VALUE})")
    int frames;

    @Option(names = "--no-frames", description = "place the pods only")
    boolean noFrames;

    @Option(names = "--logs", description = "folder for the programs' logs (default: a temporary one)")
    @Nullable
    Path logs;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Demo()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        if (frames < 1 || frames > 1_000_000) {
            System.err.println("--frames: '" + frames + "' must be 1 to 1000000");
            return 2;
        }
        Path logFolder =
                logs == null ? Files.createTempDirectory("latency-scheduler-demo-") : Files.createDirectories(logs);
        Progress progress = new Progress(System.err);
        Installation installation = Installation.here();
        String kubeconfig = System.getenv().getOrDefault("KUBECONFIG", "");
        Report report;
        try (Story story = new Story(
                installation,
                progress,
                logFolder,
                noFrames ? 0 : frames,
                kubeconfig.isEmpty() ? null : Path.of(kubeconfig))) {
            Thread stopper = new Thread(story::close, "demo-stop");
            Runtime.getRuntime().addShutdownHook(stopper);
            report = story.tell();
            if (!headless) {
                System.out.print(ReportTable.of(report));
                story.stayUntilInterrupted(System.out);
            }
        } catch (StoryFailed | IOException failed) {
            System.err.println("demo: " + failed.getMessage());
            System.err.println("demo: logs are in " + logFolder);
            return 1;
        }
        if (headless) {
            System.out.println(Json.text(report));
        }
        if (!report.ok()) {
            System.err.println("demo: logs are in " + logFolder);
        }
        return report.ok() ? 0 : 1;
    }
}
