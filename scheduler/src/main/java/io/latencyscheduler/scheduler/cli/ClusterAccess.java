package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.scheduler.config.Property;
import io.latencyscheduler.scheduler.offline.Snapshot;
import io.latencyscheduler.scheduler.offline.SnapshotTaker;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cluster a subcommand asks, and how it reaches the scheduler there. */
final class ClusterAccess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "Kubeconfig to use, as kubectl's.")
    private @Nullable Path kubeconfig;

    @Option(names = "--context", paramLabel = "NAME", description = "Context of the kubeconfig to use.")
    private @Nullable String context;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAME",
            description = "Namespace of the pod. Default: the context's.")
    private @Nullable String namespace;

    @Option(
            names = "--scheduler-name",
            paramLabel = "NAME",
            description = "The scheduler to ask. Default: ${DEFAULT-VALUE}")
    private String schedulerName = "latency-scheduler";

    @Option(
            names = "--scheduler-namespace",
            paramLabel = "NAME",
            description = "Namespace of its lease. Default: found by the lease's name in all.")
    private String schedulerNamespace = "";

    @Option(names = "--scheduler-port", paramLabel = "PORT", description = "Its HTTP port. Default: ${DEFAULT-VALUE}")
    private int schedulerPort = 8080;

    @Option(
            names = "--scheduler-url",
            paramLabel = "URL",
            description = "Its HTTP address, instead of the way through the API server to the pod that leads.")
    private @Nullable URI schedulerUrl;

    private @Nullable Clients clients;

    /** An API server or a scheduler that cannot be used; exit code {@value #EXIT_CODE}. */
    static final class Unreachable extends RuntimeException {
        static final int EXIT_CODE = 3;
        private static final long serialVersionUID = 1L;

        Unreachable(String sentence, Throwable cause) {
            super(sentence, cause);
        }
    }

    Clients clients() {
        if (clients == null) {
            try {
                clients = Clients.open(
                        new ClientSettings(kubeconfig, "kubectl-latency_scheduler", 50, 100, 8, PATIENCE), context);
            } catch (IOException unusable) {
                throw new Unreachable(String.valueOf(unusable.getMessage()), unusable);
            }
        }
        return clients;
    }

    String namespace() {
        return namespace == null ? clients().contextNamespace() : namespace;
    }

    String schedulerName() {
        return schedulerName;
    }

    /** The scheduler that leads. */
    SchedulerAccess scheduler() throws IOException {
        return schedulerUrl == null
                ? SchedulerAccess.leader(clients().commands(), schedulerName, schedulerNamespace, schedulerPort)
                : SchedulerAccess.at(schedulerUrl, clients().commands());
    }

    /** The cluster as it is now, with the scheduler's configuration; its defaults, and a note, where it cannot be asked. */
    Snapshot snapshot(Output output) {
        List<String> left = new ArrayList<>();
        Map<String, String> properties = properties(left);
        try {
            return SnapshotTaker.take(clients().commands(), properties, Instant.now(), left);
        } catch (IOException failure) {
            throw new Unreachable("the cluster cannot be read: " + failure.getMessage(), failure);
        } finally {
            left.forEach(output::note);
        }
    }

    private Map<String, String> properties(List<String> left) {
        Map<String, String> properties = new TreeMap<>();
        try {
            SchedulerAccess.Answer answer = scheduler().get("/api/v1/config");
            if (answer.status() != 200) {
                throw new IOException("it answered " + answer.status());
            }
            for (var entries = answer.tree().fields(); entries.hasNext(); ) {
                Map.Entry<String, JsonNode> entry = entries.next();
                properties.put(entry.getKey(), entry.getValue().asText());
            }
        } catch (IOException failure) {
            properties.put(Property.NAME.fullName(), schedulerName);
            left.add("the scheduler cannot be asked for its configuration (" + failure.getMessage()
                    + "): its defaults are assumed");
        }
        return properties;
    }

    @Override
    public void close() {
        if (clients != null) {
            clients.close();
        }
    }
}
