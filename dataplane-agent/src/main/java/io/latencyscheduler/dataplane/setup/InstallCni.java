package io.latencyscheduler.dataplane.setup;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The subcommand {@code install-cni}: puts the CNI plugin, and a network's configuration, where the container runtime looks.
 * Each file appears at once and whole, so that a runtime that looks meanwhile never meets half of one; one that is there
 * already is left alone.
 */
@Command(
        name = "install-cni",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Puts tsn-cni into the folder of the container runtime's plugins.")
final class InstallCni implements Callable<Integer> {
    private final Path plugin;

    @Option(
            names = "--bin-directory",
            paramLabel = "DIR",
            defaultValue = "/opt/cni/bin",
            description = "folder of the plugins (${DEFAULT-VALUE})")
    private Path binDirectory = Path.of("/opt/cni/bin");

    @Option(
            names = "--configuration",
            paramLabel = "FILE",
            description = "a network's configuration to put beside those of the other networks, under the same name")
    @Nullable
    private Path configuration;

    @Option(
            names = "--configuration-directory",
            paramLabel = "DIR",
            defaultValue = "/etc/cni/net.d",
            description = "folder of the networks (${DEFAULT-VALUE}); the first by name is the cluster's")
    private Path configurationDirectory = Path.of("/etc/cni/net.d");

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** @param plugin the plugin to install */
    InstallCni(Path plugin) {
        this.plugin = plugin;
    }

    @Override
    public Integer call() throws IOException {
        install(plugin, binDirectory, "rwxr-xr-x");
        if (configuration != null) {
            // The plugin first: a configuration is used as soon as it is there.
            install(configuration, configurationDirectory, "rw-r--r--");
        }
        return 0;
    }

    private void install(Path file, Path folder, String permissions) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Path name = file.getFileName();
        if (name == null || !Files.isReadable(file)) {
            throw new IOException("'" + file + "' must be a readable file");
        }
        Path target = Files.createDirectories(folder).resolve(name);
        if (Files.exists(target) && Files.mismatch(file, target) == -1) {
            out.println("there already " + target);
            return;
        }
        Path fresh = Files.createTempFile(folder, ".", ".part");
        try {
            Files.copy(file, fresh, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(permissions));
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
        out.println("installed " + target);
    }
}
