package io.latencyscheduler.sandbox;

import java.nio.file.Path;
import java.time.Duration;
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
        description = "An in-memory Kubernetes API on the loopback address, until Ctrl-C.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:ended by Ctrl-C", "1:could not start", "2:wrong options"})
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
        Sandbox sandbox = Sandbox.start(options);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
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
