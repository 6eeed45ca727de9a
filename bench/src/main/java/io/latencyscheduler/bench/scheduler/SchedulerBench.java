package io.latencyscheduler.bench.scheduler;

import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.latencyscheduler.sandbox.chaos.Auditor;
import io.latencyscheduler.sandbox.envtest.Assets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code make bench-scheduler}. */
@Command(
        name = "bench-scheduler",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures kube-scheduler and latency-scheduler in turn on the same pods, nodes and real API server, with the"
                    + " same limits of requests, and raw bindings beside them. Takes about 2 minutes for each number of"
                    + " nodes, kind of pods and round. Ctrl-C ends all that was started and tells what"
                    + " was measured so far.",
            "Exit status: 0 measured, 1 something broke, 2 misuse."
        })
public final class SchedulerBench implements Callable<Integer> {
    private static final int MISUSE = 2;
    private static final int RAW_IN_FLIGHT = 64;
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration REST = Duration.ofSeconds(2);

    @Option(
            names = "--nodes",
            split = ",",
            defaultValue = "1000,5000",
            description = "Numbers of nodes. Default: ${DEFAULT-VALUE}")
    private int[] nodes = {};

    @Option(
            names = "--pods",
            defaultValue = "5000",
            description = "Pods to drain in each round. Default: ${DEFAULT-VALUE}")
    private int pods;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "Rounds, of which the median is told. Default: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(
            names = "--rates",
            split = ",",
            defaultValue = "50,100",
            description = "Arrivals per second. Default: ${DEFAULT-VALUE}")
    private int[] rates = {};

    @Option(
            names = "--seconds",
            defaultValue = "20",
            description = "Length of each rate of arrivals; 0: none. Default: ${DEFAULT-VALUE}")
    private int seconds;

    @Option(
            names = "--qps",
            defaultValue = "5000",
            description =
                    "Requests per second that each scheduler may send; bursts twice as many. Default: ${DEFAULT-VALUE}")
    private int qps;

    @Option(
            names = "--workloads",
            split = ",",
            defaultValue = "PLAIN,INTERFACES",
            description = "Kinds of pods: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}")
    private Workload[] workloads = {};

    @Option(names = "--only", description = "Only kube-scheduler, latency-scheduler or raw, for work on one of them.")
    private @Nullable String only;

    @Option(
            names = "--java-option",
            description = "Option of the JVM that latency-scheduler runs in; may be repeated. Default: those of the"
                    + " manifests.")
    private List<String> javaOptions = new ArrayList<>();

    @Option(
            names = "--jar",
            defaultValue = "scheduler/target/latency-scheduler.jar",
            description = "Default: ${DEFAULT-VALUE}")
    private Path jar = Path.of("");

    @Option(
            names = "--repository",
            defaultValue = ".",
            description = "Where the manifests and the chart are. Default: ${DEFAULT-VALUE}")
    private Path repository = Path.of("");

    @Option(names = "--json", paramLabel = "FILE", description = "Writes every figure of every round there.")
    private @Nullable Path json;

    private final Report report = new Report();

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SchedulerBench())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Optional<String> fault = Assets.faultOf(System.getenv(Assets.VARIABLE), List.of("kube-scheduler"));
        if (fault.isEmpty() && !Files.isReadable(jar)) {
            fault = Optional.of("--jar '" + jar + "' must be the packaged scheduler; run: make build");
        }
        if (fault.isPresent()) {
            System.err.println(fault.get());
            return MISUSE;
        }
        System.out.println(Report.machine() + "\n");
        // Also after Ctrl-C: what was measured is told.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.print("\n" + report.table()), "report"));
        for (int count : nodes) {
            progress("%,d nodes: starting etcd and kube-apiserver, creating nodes", count);
            try (Rig rig = Rig.start(count, repository.resolve("manifests/crds"), qps);
                    Folder folder = Folder.create()) {
                List<Contender> contenders = contenders(rig, folder.path());
                for (Workload workload : workloads) {
                    measure(rig, count, workload, contenders);
                }
            } catch (IOException | IllegalStateException broke) {
                System.err.println("bench-scheduler: " + broke.getMessage());
                return 1;
            }
        }
        if (json != null) {
            JsonMapper.builder().build().writer(new DefaultPrettyPrinter()).writeValue(json.toFile(), report.rows());
        }
        return 0;
    }

    private List<Contender> contenders(Rig rig, Path folder) throws IOException, InterruptedException {
        List<Contender> contenders = new ArrayList<>();
        if (only == null || only.equals("kube-scheduler")) {
            contenders.add(new Contender.KubeScheduler(rig.control));
        }
        if (only == null || only.equals("latency-scheduler")) {
            List<String> options = javaOptions.isEmpty()
                    ? InstalledScheduler.javaOptions(
                            repository.resolve("manifests/install.yaml"),
                            repository.resolve("charts/latency-scheduler/files"))
                    : javaOptions;
            progress("latency-scheduler: unpacking, loading its classes once, as its image is built");
            contenders.add(new Contender.LatencyScheduler(
                    rig.control, InstalledScheduler.into(folder, jar.toAbsolutePath(), options, rig.control), qps));
        }
        return contenders;
    }

    private void measure(Rig rig, int count, Workload workload, List<Contender> contenders)
            throws IOException, InterruptedException {
        for (int round = 1; round <= rounds; round++) {
            String where = "%,d nodes, %s, round %d of %d".formatted(count, workload.title, round, rounds);
            if (only == null || only.equals("raw")) {
                raw(rig, count, workload, where);
            }
            for (Contender contender : contenders) {
                contend(rig, count, workload, contender, where);
            }
        }
    }

    private void raw(Rig rig, int count, Workload workload, String where) throws IOException, InterruptedException {
        rig.createPods(workload, 0, pods, "nobody");
        Thread.sleep(REST.toMillis());
        try (BoundWatch watch = BoundWatch.open(rig.control, Rig.NAMESPACE)) {
            Drain drain = Drain.raw(rig, watch, pods, RAW_IN_FLIGHT);
            progress("%s: raw bindings %,.0f/s", where, drain.podsPerSecond());
            report.add(count, workload, "raw bindings", drain);
        }
        rig.deletePods();
    }

    private void contend(Rig rig, int count, Workload workload, Contender contender, String where)
            throws IOException, InterruptedException {
        rig.createPods(workload, 0, pods, contender.schedulerName());
        Thread.sleep(REST.toMillis());
        try (BoundWatch watch = BoundWatch.open(rig.control, Rig.NAMESPACE)) {
            long startedAtNs = System.nanoTime();
            try (Contender.Running running = contender.start()) {
                Drain drain = Drain.of(rig, watch, running, startedAtNs, pods);
                progress("%s: %s %,.0f pods/s", where, contender.name(), drain.podsPerSecond());
                report.add(count, workload, contender.name(), drain);
                if (contender instanceof Contender.LatencyScheduler) {
                    audit(rig, where);
                }
                rig.deletePods();
                for (int rate : seconds > 0 ? rates : new int[0]) {
                    Arrivals.of(rig, workload, contender, running, rate, WARM_UP);
                    rig.deletePods();
                    Thread.sleep(REST.toMillis());
                    Arrivals arrivals =
                            Arrivals.of(rig, workload, contender, running, rate, Duration.ofSeconds(seconds));
                    progress("%s: %s at %d pods/s p99 %.1f ms", where, contender.name(), rate, arrivals.p99Ms());
                    report.add(count, workload, contender.name(), arrivals);
                    rig.deletePods();
                }
            }
        }
    }

    private static void audit(Rig rig, String where) throws IOException {
        List<Auditor.Violation> found = rig.audit();
        progress("%s: the auditor found %d faults", where, found.size());
        if (!found.isEmpty()) {
            throw new IllegalStateException(
                    "what was bound is wrong: " + found.get(0).sentence());
        }
    }

    private static void progress(String format, Object... values) {
        System.err.println(format.formatted(values));
    }
}
