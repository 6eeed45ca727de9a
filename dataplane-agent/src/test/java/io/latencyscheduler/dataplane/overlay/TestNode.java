package io.latencyscheduler.dataplane.overlay;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node in a network namespace: its own Open vSwitch with DPDK, its own agent process, its own container runtime's folder.
 */
final class TestNode implements AutoCloseable {
    private static final Path REPOSITORY = Path.of(System.getProperty("repository.root", ".."))
            .toAbsolutePath()
            .normalize();
    private static final Path NATIVE = REPOSITORY.resolve("dataplane-agent/target/native");
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    final String name;
    final String netns;
    final Path folder;
    private final String uplink;
    private final String address;
    private final int agentPort;
    private @Nullable Process agent;

    /**
     * A node without switch and agent.
     *
     * @param run digits that tell this run's links from those of others
     * @param index 1 or 2
     */
    TestNode(String run, int index) {
        this.name = "node-" + index;
        this.netns = "tsn" + run + "n" + index;
        this.uplink = "up" + index;
        this.address = "10.0.10.1" + index + "/24";
        this.agentPort = 9465; // its own namespace: no other listens there
        try {
            this.folder = Files.createTempDirectory("tsn" + run + "n");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.createDirectories(folder.resolve("leases"));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        Shell.run("ip", "netns", "add", netns);
        Shell.run("ip", "-n", netns, "link", "set", "lo", "up");
    }

    /** A wire between the uplinks of two nodes. */
    static void connect(TestNode a, TestNode b) {
        Shell.run(
                "ip", "link", "add", a.uplink, "netns", a.netns, "type", "veth", "peer", "name", b.uplink, "netns",
                b.netns);
        for (TestNode node : List.of(a, b)) {
            Shell.run("ip", "-n", node.netns, "link", "set", node.uplink, "up");
        }
    }

    /** Cuts or mends the wire. */
    void link(String upOrDown) {
        Shell.run("ip", "-n", netns, "link", "set", uplink, upOrDown);
    }

    /** A wire to the machine itself, for the way to the API server. */
    void reachHost(String hostLink, String hostAddress, String ownAddress) {
        Shell.run("ip", "link", "add", hostLink, "type", "veth", "peer", "name", "mgmt0", "netns", netns);
        Shell.run("ip", "addr", "add", hostAddress + "/30", "dev", hostLink);
        Shell.run("ip", "link", "set", hostLink, "up");
        Shell.run("ip", "-n", netns, "addr", "add", ownAddress + "/30", "dev", "mgmt0");
        Shell.run("ip", "-n", netns, "link", "set", "mgmt0", "up");
    }

    private List<String> inside(String... command) {
        List<String> all = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + netns));
        all.addAll(List.of(command));
        return all;
    }

    String run(String... command) {
        return Shell.run(inside(command).toArray(String[]::new));
    }

    // ---- Open vSwitch ----

    Path ovsdb() {
        return folder.resolve("db.sock");
    }

    void startDatabase() {
        Path database = folder.resolve("conf.db");
        Shell.run("ovsdb-tool", "create", database.toString(), "/usr/share/openvswitch/vswitch.ovsschema");
        Shell.run(
                "ovsdb-server",
                database.toString(),
                "--remote=punix:" + ovsdb(),
                "--pidfile=" + folder.resolve("ovsdb.pid"),
                "--detach",
                "--log-file=" + folder.resolve("ovsdb.log"),
                "--unixctl=" + folder.resolve("ovsdb.ctl"));
        vsctl(
                "--no-wait",
                "set",
                "Open_vSwitch",
                ".",
                "other_config:dpdk-init=true",
                "other_config:dpdk-extra=--no-pci --in-memory",
                "other_config:dpdk-socket-mem=64",
                "other_config:dpdk-socket-limit=64",
                "other_config:pmd-maxsleep=50",
                "other_config:dpdk-lcore-mask=0x1");
    }

    /** Starts the switch on the database as it is. */
    void startSwitch() {
        String daemon =
                Shell.run(REPOSITORY.resolve("hack/probe").toString(), "ovs").strip();
        Shell.run(
                Map.of("OVS_RUNDIR", folder.toString()),
                inside(
                                daemon,
                                "unix:" + ovsdb(),
                                "--pidfile=" + folder.resolve("switch.pid"),
                                "--detach",
                                "--log-file=" + folder.resolve("switch.log"),
                                "--unixctl=" + folder.resolve("switch.ctl"))
                        .toArray(String[]::new));
    }

    /** Kills the switch as a crash would. */
    void killSwitch() {
        kill("switch.pid");
    }

    private void kill(String pidFile) {
        Path file = folder.resolve(pidFile);
        try {
            if (Files.exists(file)) {
                long pid = Long.parseLong(Files.readString(file).strip());
                Optional<ProcessHandle> process = ProcessHandle.of(pid);
                process.ifPresent(ProcessHandle::destroyForcibly);
                process.ifPresent(handle -> handle.onExit().join());
                Files.deleteIfExists(file);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    String vsctl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ovs-vsctl", "--db=unix:" + ovsdb(), "--timeout=10"));
        command.addAll(List.of(arguments));
        return Shell.run(command.toArray(String[]::new));
    }

    String flows(String bridge) {
        return Shell.run("ovs-ofctl", "--no-stats", "dump-flows", "unix:" + folder.resolve(bridge + ".mgmt"));
    }

    // ---- the agent ----

    Path runDirectory() {
        return folder.resolve("run");
    }

    void startAgent(Path kubeconfig, String... properties) {
        List<String> command = inside(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx160m",
                "-Ddataplane.native=" + NATIVE,
                "-cp",
                System.getProperty("java.class.path"),
                "io.latencyscheduler.dataplane.AgentApplication",
                "--dataplane.run-directory=" + runDirectory(),
                "--dataplane.overlay.ovsdb=" + ovsdb(),
                "--dataplane.overlay.address=" + address,
                "--dataplane.heartbeat=5s",
                "--server.port=" + agentPort);
        command.addAll(List.of(properties));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("agent.log").toFile()));
        builder.environment().put("NODE_NAME", name);
        builder.environment().put("KUBECONFIG", kubeconfig.toString());
        try {
            agent = builder.start();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    String uplinkDevargs() {
        return "net_af_packet0,iface=" + uplink;
    }

    /** Gives the uplink its address where no switch does. */
    void addressUplink() {
        run("ip", "addr", "add", address, "dev", uplink);
    }

    /** What the switch's poll threads do with the frames of the last ten seconds. */
    String datapathFlows() {
        return Shell.run("ovs-appctl", "-t", folder.resolve("switch.ctl").toString(), "dpctl/dump-flows");
    }

    void killAgent() {
        Process running = agent;
        if (running != null) {
            running.destroyForcibly().onExit().join();
            agent = null;
        }
    }

    void stopAgent() {
        Process running = agent;
        if (running != null) {
            running.destroy();
            running.onExit().join();
            agent = null;
        }
    }

    /** Whether its agent answers. */
    boolean serves() {
        return Shell.succeeds(inside("curl", "-sf", "http://127.0.0.1:" + agentPort + "/api/v1/ports")
                .toArray(String[]::new));
    }

    /** The gated ports with their counters. */
    JsonNode ports() {
        try {
            return Json.tree(run("curl", "-sf", "http://127.0.0.1:" + agentPort + "/api/v1/ports"));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    String logs() {
        StringBuilder text = new StringBuilder();
        for (String file : List.of("agent.log", "switch.log")) {
            try (Stream<String> lines = Files.lines(folder.resolve(file))) {
                List<String> all = lines.toList();
                text.append("\n--- ").append(name).append(' ').append(file).append('\n');
                all.subList(Math.max(0, all.size() - 25), all.size())
                        .forEach(line -> text.append(line).append('\n'));
            } catch (IOException none) {
                text.append("no ").append(file);
            }
        }
        return text.toString();
    }

    // ---- the container runtime ----

    /** A container's namespace on this machine. */
    String container(String id) {
        String ns = netns + id;
        Shell.run("ip", "netns", "add", ns);
        Shell.run("ip", "-n", ns, "link", "set", "lo", "up");
        return ns;
    }

    Shell.Ended cni(String verb, String version, String container, String arguments, String more) {
        String config = """
                {"cniVersion":"%s","name":"tsn","type":"tsn-cni","agentSocket":"%s","ipam":{"type":"host-local",
                 "dataDir":"%s","ranges":[[{"subnet":"10.77.0.0/24","rangeStart":"10.77.0.%d0","rangeEnd":"10.77.0.%d9"}]]}%s}""".formatted(
                        version,
                        runDirectory().resolve("cni.sock"),
                        folder.resolve("leases"),
                        name.equals("node-1") ? 1 : 2,
                        name.equals("node-1") ? 1 : 2,
                        more);
        return Shell.tryRun(
                Map.of(
                        "CNI_COMMAND",
                        verb,
                        "CNI_CONTAINERID",
                        container,
                        "CNI_NETNS",
                        "/run/netns/" + container,
                        "CNI_IFNAME",
                        "eth0",
                        "CNI_PATH",
                        "/usr/lib/cni",
                        "CNI_ARGS",
                        "IgnoreUnknown=1" + arguments),
                config,
                inside(NATIVE.resolve("tsn-cni").toString()));
    }

    List<String> leases() {
        try (Stream<Path> files = Files.list(folder.resolve("leases/tsn"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.startsWith("10."))
                    .sorted()
                    .toList();
        } catch (IOException none) {
            return List.of();
        }
    }

    /** Folders of pods' sockets. */
    List<String> podFolders() {
        try (Stream<Path> files = Files.list(runDirectory())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.matches("[0-9a-f-]{32,36}"))
                    .toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    static List<String> tool(String container, String socket, String... arguments) {
        List<String> command = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + container, "env"));
        if (!socket.isEmpty()) {
            command.add("LD_PRELOAD=" + NATIVE.resolve("libtsnsocket.so"));
            command.add("TSN_SOCKET=" + socket);
            command.add("TSN_RECEIVE=all");
        }
        command.add(NATIVE.resolve("tsn-perf").toString());
        command.addAll(List.of(arguments));
        return command;
    }

    static void await(String what, java.util.function.BooleanSupplier hoped, TestNode... nodes) {
        Shell.await(what, PATIENCE, hoped, () -> {
            StringBuilder logs = new StringBuilder();
            for (TestNode node : nodes) {
                logs.append(node.logs());
            }
            return logs.toString();
        });
    }

    @Override
    public void close() {
        killAgent();
        kill("switch.pid");
        kill("ovsdb.pid");
        Shell.tryRun(Map.of(), "", List.of("ip", "netns", "del", netns));
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException left) {
            throw new UncheckedIOException(left);
        }
    }
}
