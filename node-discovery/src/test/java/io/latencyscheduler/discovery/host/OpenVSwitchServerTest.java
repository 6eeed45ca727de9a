package io.latencyscheduler.discovery.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.discovery.fact.OpenVSwitch;
import io.latencyscheduler.discovery.fact.OpenVSwitch.Bridge;
import io.latencyscheduler.discovery.fact.OpenVSwitch.Port;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real database server, without a switch behind it. */
@RequiresTier(2)
class OpenVSwitchServerTest {
    @TempDir
    Path root;

    private Path folder;
    private Process server;

    @BeforeEach
    void startServer() throws Exception {
        folder = Files.createDirectories(root.resolve("run/openvswitch"));
        Path database = folder.resolve("conf.db");
        run("ovsdb-tool", "create", database.toString(), "/usr/share/openvswitch/vswitch.ovsschema");
        server = new ProcessBuilder(
                        "ovsdb-server",
                        database.toString(),
                        "--remote=punix:" + folder.resolve("db.sock"),
                        "--unixctl=" + folder.resolve("ctl"))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        run("ovs-vsctl", db(), "--no-wait", "--retry", "init");
    }

    @AfterEach
    void stopServer() throws InterruptedException {
        server.destroy();
        assertThat(server.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }

    private String db() {
        return "--db=unix:" + folder.resolve("db.sock");
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor())
                .as(String.join(" ", command) + ": " + output)
                .isZero();
    }

    @Test
    void shouldReadBridgesPortsAndWhetherDpdkIsReady() throws Exception {
        run("ovs-vsctl", db(), "--no-wait", "set", "Open_vSwitch", ".", "ovs_version=3.1.0", "dpdk_initialized=true");
        run("ovs-vsctl", db(), "--no-wait", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
        run(
                "ovs-vsctl",
                db(),
                "--no-wait",
                "add-port",
                "br0",
                "p0",
                "--",
                "set",
                "interface",
                "p0",
                "type=dpdk",
                "options:dpdk-devargs=0000:3b:00.0");
        run(
                "ovs-vsctl",
                db(),
                "--no-wait",
                "add-port",
                "br0",
                "vhost0",
                "--",
                "set",
                "interface",
                "vhost0",
                "type=dpdkvhostuserclient",
                "options:vhost-server-path=/run/vhost0");
        OpenVSwitch found = new OpenVSwitchReader(new HostFiles(root)).read().orElse(OpenVSwitch.NONE);
        assertThat(found)
                .isEqualTo(new OpenVSwitch(
                        true,
                        "3.1.0",
                        true,
                        List.of(new Bridge(
                                "br0",
                                "netdev",
                                List.of(
                                        new Port("br0", "internal", null),
                                        new Port("p0", "dpdk", "0000:3b:00.0"),
                                        new Port("vhost0", "dpdkvhostuserclient", null))))));
    }

    @Test
    void shouldReadADatabaseWithoutBridges() {
        assertThat(new OpenVSwitchReader(new HostFiles(root)).read().orElse(OpenVSwitch.NONE))
                .isEqualTo(new OpenVSwitch(true, "", false, List.of()));
    }
}
