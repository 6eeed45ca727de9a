package io.latencyscheduler.sandbox;

import io.latencyscheduler.sandbox.chaos.ChaosCommand;
import io.latencyscheduler.sandbox.chaos.FailoverCommand;
import io.latencyscheduler.sandbox.cluster.NodeShape;
import io.latencyscheduler.sandbox.cluster.SimulatedNodes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code java -jar sandbox.jar}: a sandbox until Ctrl-C. */
@Command(
        name = "sandbox",
        mixinStandardHelpOptions = true,
        version = "latency-scheduler sandbox",
        sortOptions = false,
        subcommands = {BenchCommand.class, FailoverCommand.class, ChaosCommand.class},
        description = "An in-memory Kubernetes API on the loopback address, until Ctrl-C.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"130:ended by Ctrl-C", "1:could not start", "2:wrong options"})
public final class SandboxCommand implements Callable<Integer> {
    @Option(names = "--port", paramLabel = "PORT", description = "0 takes any free one. Default: ${DEFAULT-VALUE}")
    private int port = 8001;

    @Option(names = "--kubeconfig-out", paramLabel = "FILE", description = "Write a kubeconfig there.")
    private @Nullable Path kubeconfigOut;

    @Option(
            names = "--kubernetes-version",
            paramLabel = "VERSION",
            description = "What /version says. Default: ${DEFAULT-VALUE}")
    private String kubernetesVersion = SandboxOptions.defaults().kubernetesVersion();

    @Option(
            names = "--history",
            paramLabel = "CHANGES",
            description = "Changes kept per kind; watches further behind get 410. Default: ${DEFAULT-VALUE}")
    private int history = SandboxOptions.defaults().history();

    @Option(
            names = "--bookmark-seconds",
            paramLabel = "SECONDS",
            description = "How often watches get a bookmark. Default: ${DEFAULT-VALUE}")
    private int bookmarkSeconds = 30;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description = "Simulated nodes that run what is bound to them. Default: 0")
    private int nodes;

    @Option(
            names = "--node-label",
            paramLabel = "KEY=VALUE",
            description = "Label of the simulated nodes; can be given several times.")
    private Map<String, String> nodeLabels = Map.of();

    @Option(
            names = "--node-capacity",
            paramLabel = "RESOURCE=QUANTITY",
            split = ",",
            description = "Resources of the simulated nodes, instead of cpu=32,memory=128Gi,pods=110.")
    private Map<String, String> nodeCapacity = NodeShape.defaults().capacity();

    @Option(
            names = "--heartbeat-seconds",
            paramLabel = "SECONDS",
            description = "How often simulated nodes renew their leases. Default: ${DEFAULT-VALUE}")
    private int heartbeatSeconds = 10;

    private SandboxCommand() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new SandboxCommand())
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    command.getErr().println("sandbox: " + e.getMessage());
                    return e instanceof IllegalArgumentException ? 2 : 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        SandboxOptions options = SandboxOptions.defaults()
                .withPort(port)
                .withKubernetesVersion(kubernetesVersion)
                .withHistory(history)
                .withBookmarkPeriod(Duration.ofSeconds(bookmarkSeconds));
        NodeShape shape = NodeShape.defaults()
                .withLabels(nodeLabels)
                .withCapacity(nodeCapacity)
                .withHeartbeat(Duration.ofSeconds(heartbeatSeconds));
        if (nodes < 0) {
            throw new IllegalArgumentException("--nodes " + nodes + " must not be negative");
        }
        Sandbox sandbox = Sandbox.start(options);
        SimulatedNodes simulated = SimulatedNodes.start(sandbox.registry(), shape, nodes);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            simulated.close();
                            sandbox.close();
                            stopped.countDown();
                        },
                        "sandbox-shutdown"));
        if (kubeconfigOut != null) {
            sandbox.writeKubeconfig(kubeconfigOut);
            System.out.println("kubeconfig: " + kubeconfigOut.toAbsolutePath());
        }
        System.out.println("sandbox: " + sandbox.url());
        stopped.await();
        return 0;
    }
}
