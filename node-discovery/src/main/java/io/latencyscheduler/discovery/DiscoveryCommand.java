package io.latencyscheduler.discovery;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.discovery.config.ConfigFile;
import io.latencyscheduler.discovery.config.ConfigReader;
import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.derive.Derived;
import io.latencyscheduler.discovery.host.DeviceTables;
import io.latencyscheduler.discovery.host.HostFiles;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.discovery.output.JsonOutput;
import io.latencyscheduler.discovery.output.TableOutput;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

    @Option(names = "--dry-run", description = "Print what would be published and exit. Talks to nobody.")
    boolean dryRun;

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
        if (dryRun) {
            return dryRun(reading.value(), out, err);
        }
        err.println("only --dry-run is there yet");
        return USAGE;
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
