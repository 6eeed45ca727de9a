package io.latencyscheduler.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.discovery.config.ConfigReader;
import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.daemon.DiscoveryDaemon;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.derive.Derived;
import io.latencyscheduler.discovery.host.DeviceTables;
import io.latencyscheduler.discovery.host.HostFiles;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.discovery.host.HostRecorder;
import io.latencyscheduler.discovery.output.JsonOutput;
import io.latencyscheduler.discovery.output.TableOutput;
import io.latencyscheduler.discovery.publish.Publication;
import io.latencyscheduler.discovery.publish.Publisher;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.LenientJson;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.ContextClosedEvent;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** The command line. */
@Command(
        name = "node-discovery",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Version.class,
        description = "Reads what this node has for fast networking and publishes it as labels and a NodeInventory.",
        footer = {
            "",
            "Settings may also be given one by one, such as --discovery.ports[0].match.netdev=tsn0.",
            "Exit codes: 0 done; 1 something could not be read or published; 2 wrong command line or configuration."
        })
final class DiscoveryCommand implements Callable<Integer> {
    static final int FAILED = 1;
    static final int USAGE = 2;

    /** How {@code --dry-run} prints. */
    enum Format {
        json,
        table
    }

    @Option(
            names = "--host-root",
            paramLabel = "DIR",
            description = "Folder that stands for / of the host: a mount or a recorded tree. Default: ${DEFAULT-VALUE}")
    Path hostRoot = Path.of("/");

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file of settings.")
    @Nullable
    Path config;

    @Option(
            names = "--node-name",
            paramLabel = "NODE",
            defaultValue = "${env:NODE_NAME}",
            description = "Node to publish for. Default: the environment variable NODE_NAME")
    @Nullable
    String nodeName;

    @ArgGroup
    @Nullable
    Mode mode;

    /** At most one of them; none: the daemon. */
    static final class Mode {
        @Option(names = "--dry-run", description = "Print what would be published and exit. Talks to nobody.")
        boolean dryRun;

        @Option(names = "--once", description = "Scan, publish and exit.")
        boolean once;

        @Option(
                names = "--record",
                paramLabel = "DIR",
                description = "Save the tree that a scan reads, scrubbed, for a bug report or a test, and exit.")
        @Nullable
        Path record;

        @Option(names = "--cleanup", description = "Remove all that discovery wrote for this node and exit.")
        boolean cleanup;
    }

    @Option(
            names = "--all-nodes",
            description = "With --cleanup: for every node, and labels that were counted down are as they were found.")
    boolean allNodes;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "With --dry-run: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}")
    Format output = Format.json;

    @Unmatched
    List<String> rest = new ArrayList<>();

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = commandSpec().commandLine().getOut();
        PrintWriter err = commandSpec().commandLine().getErr();
        Reading<DiscoveryConfig> reading;
        try {
            reading = ConfigReader.read(properties());
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return USAGE;
        }
        if (!reading.ok()) {
            reading.faults().stream().map(Fault::sentence).forEach(err::println);
            return USAGE;
        }
        if (!Files.isDirectory(hostRoot)) {
            err.println("--host-root: '" + hostRoot + "' must be a folder");
            return USAGE;
        }
        Mode chosen = mode == null ? new Mode() : mode;
        if (allNodes && !chosen.cleanup) {
            err.println("--all-nodes goes with --cleanup alone");
            return USAGE;
        }
        if (chosen.dryRun) {
            return dryRun(reading.value(), out, err);
        }
        if (chosen.record != null) {
            return record(chosen.record, out, err);
        }
        String node = nodeName == null ? "" : nodeName;
        if (!allNodes && node.isBlank()) {
            err.println("--node-name or the environment variable NODE_NAME must name the node to publish for");
            return USAGE;
        }
        Clients clients;
        try {
            LenientJson.install();
            clients = Clients.open(ClientSettings.of(null, "node-discovery/" + Version.text()));
        } catch (IOException e) {
            err.println(e.getMessage());
            return USAGE;
        }
        if (allNodes) {
            try (clients) {
                return everywhere(reading.value(), clients, out, err);
            }
        }
        if (chosen.once || chosen.cleanup) {
            try (clients) {
                return once(reading.value(), node, clients, chosen.cleanup, out, err);
            }
        }
        return daemon(reading.value(), node, clients);
    }

    private int record(Path target, PrintWriter out, PrintWriter err) {
        try {
            int written = new HostRecorder(hostRoot).record(target);
            out.println("recorded " + written + " files and links below " + target
                    + "; look through them before you pass them on");
            return 0;
        } catch (IOException e) {
            err.println("--record: " + e.getMessage());
            return FAILED;
        }
    }

    /** What one node refuses keeps nobody else's labels in place. */
    private int everywhere(DiscoveryConfig discoveryConfig, Clients clients, PrintWriter out, PrintWriter err) {
        int worst = 0;
        try {
            for (JsonNode node : new ObjectClient(clients.commands()).list(Resource.NODES, "", Map.of())) {
                String name = node.path("metadata").path("name").asText();
                worst = Math.max(worst, once(discoveryConfig, name, clients, true, out, err));
            }
        } catch (IOException e) {
            err.println("the nodes could not be listed: " + e.getMessage());
            return FAILED;
        }
        return worst;
    }

    private int once(
            DiscoveryConfig discoveryConfig,
            String node,
            Clients clients,
            boolean cleanup,
            PrintWriter out,
            PrintWriter err) {
        Publisher publisher = new Publisher(
                new ObjectClient(clients.commands()),
                node,
                discoveryConfig,
                new Derivation(discoveryConfig, DeviceTables.shipped()));
        Publication publication =
                cleanup ? publisher.cleanup() : publisher.publish(new HostReader(new HostFiles(hostRoot)).read(), null);
        if (publication.derived() != null) {
            publication.derived().problems().forEach(problem -> err.println(problem.sentence()));
        }
        publication.failures().forEach(err::println);
        if (publication.ok() || !publication.changed().isEmpty()) {
            String done = publication.changed().isEmpty() ? "nothing" : String.join(", ", publication.changed());
            out.println((cleanup ? "removed for " : "changed for ") + node + ": " + done);
        }
        return publication.ok() ? 0 : FAILED;
    }

    private int daemon(DiscoveryConfig discoveryConfig, String node, Clients clients) {
        Map<String, String> forSpring = properties();
        forSpring.keySet().removeIf(key -> key.startsWith(ConfigReader.PREFIX));
        CountDownLatch closed = new CountDownLatch(1);
        DiscoveryDaemon.start(
                        new DiscoveryDaemon.Task(node, new HostFiles(hostRoot), discoveryConfig, clients), forSpring)
                .addApplicationListener(event -> {
                    if (event instanceof ContextClosedEvent) {
                        closed.countDown();
                    }
                });
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    private int dryRun(DiscoveryConfig discoveryConfig, PrintWriter out, PrintWriter err) {
        HostFiles files = new HostFiles(hostRoot);
        Derived derived =
                new Derivation(discoveryConfig, DeviceTables.shipped()).derive(new HostReader(files).read(), "", null);
        derived.problems().forEach(problem -> err.println(problem.sentence()));
        out.print(output == Format.json ? JsonOutput.of(derived) : TableOutput.of(derived));
        out.flush();
        return derived.inventoryKnown() ? 0 : FAILED;
    }

    /** The file's properties, over them those of the command line. */
    private Map<String, String> properties() {
        Map<String, String> properties = new TreeMap<>();
        if (config != null) {
            properties.putAll(ConfigFile.read(config));
        }
        for (String argument : rest) {
            int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || !argument.contains(".") || equals < 0) {
                throw new IllegalArgumentException(
                        "unknown argument '" + argument + "': see --help, or give a setting as --key=value");
            }
            properties.put(argument.substring(2, equals), argument.substring(equals + 1));
        }
        return properties;
    }

    private CommandSpec commandSpec() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return spec;
    }
}
