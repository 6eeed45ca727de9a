package io.latencyscheduler.dataplane.paths;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An Open vSwitch with its DPDK datapath, in a folder and a network namespace of its own. */
final class OvsDpdk implements AutoCloseable {
    private static final String DAEMON = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk";

    private final Path folder;
    private final String namespace;
    private final Process database;
    private Process daemon;

    private OvsDpdk(Path folder, String namespace) throws Exception {
        this.folder = folder;
        this.namespace = namespace;
        run("ovsdb-tool", "create", folder + "/conf.db", "/usr/share/openvswitch/vswitch.ovsschema");
        database = background(
                "ovsdb-server",
                folder + "/conf.db",
                "--remote=punix:" + database(),
                "--unixctl=" + folder + "/database.ctl",
                "--log-file=" + folder + "/database.log");
        vsctl("--no-wait", "--retry", "init");
        List<String> settings = new ArrayList<>(List.of("--no-wait", "set", "Open_vSwitch", "."));
        // Sleeping poll threads leave the processor to the probes, on a machine that has no core to give away.
        for (String setting : List.of(
                "dpdk-init=true",
                "dpdk-extra=--no-pci",
                "dpdk-socket-mem=64",
                "dpdk-socket-limit=64",
                "dpdk-lcore-mask=0x1",
                "pmd-cpu-mask=0x2",
                "pmd-maxsleep=50")) {
            settings.add("other_config:" + setting);
        }
        vsctl(settings.toArray(String[]::new));
        daemon = startDaemon();
    }

    static OvsDpdk start(Path folder) throws Exception {
        String namespace = "ls-ovs-" + ProcessHandle.current().pid();
        run("ip", "netns", "add", namespace);
        return new OvsDpdk(folder, namespace);
    }

    /** Socket of the database. */
    Path database() {
        return folder.resolve("db.sock");
    }

    /** Kills the daemon, as a fault would, and starts another. */
    void restart() throws Exception {
        daemon.destroyForcibly().waitFor();
        Files.deleteIfExists(folder.resolve("daemon.pid"));
        daemon = startDaemon();
    }

    /** Names of the bridges. */
    String bridges() throws Exception {
        return vsctl("--no-wait", "list-br");
    }

    private Process startDaemon() throws Exception {
        return background(
                "ip",
                "netns",
                "exec",
                namespace,
                DAEMON,
                "unix:" + database(),
                "--unixctl=" + folder + "/daemon.ctl",
                "--log-file=" + folder + "/daemon.log");
    }

    private Process background(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("output").toFile()));
        builder.environment().put("OVS_RUNDIR", folder.toString());
        return builder.start();
    }

    private String vsctl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ovs-vsctl", "--timeout=20", "--db=unix:" + database()));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new));
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor())
                .as(String.join(" ", command) + ": " + output)
                .isZero();
        return output;
    }

    @Override
    public void close() throws Exception {
        for (Process process : List.of(daemon, database)) {
            process.destroy();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        run("ip", "netns", "del", namespace);
    }
}
