package io.latencyscheduler.bench.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.GuardedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The scheduler as its image runs it: unpacked, with an archive of the classes that a run before has loaded (class data
 * sharing), and with the JVM options of the manifests.
 */
final class InstalledScheduler {
    private static final String VARIABLE = "JAVA_TOOL_OPTIONS";
    private static final String MOUNTED = "/etc/latency-scheduler/";
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String PLACES = "placing pods";

    private final Path jar;
    private final Path archive;
    private final List<String> javaOptions;

    private InstalledScheduler(Path jar, Path archive, List<String> javaOptions) {
        this.jar = jar;
        this.archive = archive;
        this.javaOptions = javaOptions;
    }

    /**
     * Unpacks the scheduler and lets it load its classes once.
     *
     * @param folder where to; the caller removes it
     * @param jar the packaged program
     * @param control what it watches meanwhile
     * @throws IOException with one sentence when it does not start
     */
    static InstalledScheduler into(Path folder, Path jar, List<String> javaOptions, ControlPlane control)
            throws IOException, InterruptedException {
        Path log = folder.resolve("install.log");
        await(start(
                List.of(
                        "-Djarmode=tools",
                        "-jar",
                        jar.toString(),
                        "extract",
                        "--destination",
                        folder.resolve("app").toString()),
                log));
        InstalledScheduler installed = new InstalledScheduler(
                folder.resolve("app").resolve(jar.getFileName()),
                folder.resolve("classes.jsa"),
                List.copyOf(javaOptions));
        List<String> training = new ArrayList<>(javaOptions);
        training.add("-XX:ArchiveClassesAtExit=" + installed.archive);
        training.addAll(installed.program(control));
        GuardedProcess process = start(training, log);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.readString(log).contains(PLACES)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                process.close();
                throw new IOException("latency-scheduler did not start: " + process.lastWords());
            }
            Thread.sleep(50);
        }
        process.terminate();
        await(process);
        if (!Files.isReadable(installed.archive)) {
            throw new IOException("no archive of classes was made: " + process.lastWords());
        }
        return installed;
    }

    /**
     * The scheduler's JVM options in the manifests, with the files that are mounted in a cluster taken from {@code files}.
     *
     * @throws IOException when there are none
     */
    static List<String> javaOptions(Path manifests, Path files) throws IOException {
        try (MappingIterator<JsonNode> objects =
                new YAMLMapper().readerFor(JsonNode.class).readValues(manifests.toFile())) {
            while (objects.hasNext()) {
                for (JsonNode container : objects.next().at("/spec/template/spec/containers")) {
                    for (JsonNode variable : container.path("env")) {
                        if (container.path("name").asText().equals("scheduler")
                                && variable.path("name").asText().equals(VARIABLE)) {
                            return List.of(variable.path("value")
                                    .asText()
                                    .replace(MOUNTED, files.toAbsolutePath() + "/")
                                    .split(" "));
                        }
                    }
                }
            }
        }
        throw new IOException(manifests + " must have a container 'scheduler' with the variable " + VARIABLE);
    }

    /** Starts it; {@code more} are arguments of the program. */
    GuardedProcess start(ControlPlane control, Path log, List<String> more) {
        List<String> arguments = new ArrayList<>(javaOptions);
        arguments.add("-XX:SharedArchiveFile=" + archive);
        arguments.addAll(program(control));
        arguments.addAll(more);
        return start(arguments, log);
    }

    private List<String> program(ControlPlane control) {
        return List.of(
                "-jar",
                jar.toString(),
                "--server.port=0",
                "--latency-scheduler.client.kubeconfig=" + control.kubeconfig(),
                "--latency-scheduler.leader-election.enabled=false");
    }

    private static GuardedProcess start(List<String> arguments, Path log) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        return GuardedProcess.start("java", command, log);
    }

    private static void await(GuardedProcess process) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (process.isAlive()) {
            if (System.nanoTime() > deadline) {
                process.close();
                throw new IOException("a program did not end within " + PATIENCE.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
