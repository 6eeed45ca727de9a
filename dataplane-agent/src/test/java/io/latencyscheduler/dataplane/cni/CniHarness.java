package io.latencyscheduler.dataplane.cni;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.dataplane.cni.PodDirectory.Standing;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The plugin as a process, an agent's server with a switch in memory, an IPAM plugin that keeps a log, a namespace. */
final class CniHarness implements AutoCloseable {
    private static final Path PLUGIN = Path.of("target/native/tsn-cni").toAbsolutePath();

    private final Path folder;
    private final Process container;
    private final CniServer server;
    final FakeNetwork network = new FakeNetwork();
    volatile Standing standing = new Standing.Served("u1", "/run/latency-scheduler/0123456789abcdef/tsn.sock");
    volatile String problem = "";
    final PodAddresses addresses;

    /** What the plugin printed and how it ended. */
    record Reply(int exitCode, JsonNode json, String errors) {}

    CniHarness(Path folder, int maxAttachments) throws IOException {
        this.folder = folder;
        this.container = new ProcessBuilder("unshare", "-Urn", "sleep", "600").start();
        this.addresses = new PodAddresses(addressFile(), () -> {});
        this.server = CniServer.start(
                agentSocket(),
                new CniService(
                        network, (uid, namespace, name) -> standing, () -> problem, 1450, maxAttachments, addresses));
        Path ipam = folder.resolve("fake-ipam");
        Files.writeString(ipam, """
                #!/bin/sh
                config=$(cat)
                echo "$CNI_COMMAND" >> "$(dirname "$0")/ipam.log"
                case "$CNI_COMMAND" in
                ADD) cat "$(dirname "$0")/ipam.answer"; exit "$(cat "$(dirname "$0")/ipam.code")" ;;
                VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}' ;;
                esac
                """);
        Files.setPosixFilePermissions(ipam, PosixFilePermissions.fromString("rwxr-xr-x"));
        ipam(0, """
                {"cniVersion":"1.0.0","ips":[{"address":"10.1.0.5/24","gateway":"10.1.0.1"}],
                 "routes":[{"dst":"0.0.0.0/0"}],"dns":{"nameservers":["10.1.0.2"]}}""");
        awaitNamespace();
    }

    /** unshare(1) first starts and then moves into its namespace. */
    private void awaitNamespace() throws IOException {
        Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
        while (Files.readSymbolicLink(Path.of(netns())).equals(own)) {
            if (!container.isAlive()) {
                throw new IOException("unshare(1) ended with code " + container.exitValue());
            }
            Thread.onSpinWait();
        }
    }

    Path agentSocket() {
        return folder.resolve("cni.sock");
    }

    Path addressFile() {
        return folder.resolve("addresses.json");
    }

    String netns() {
        return "/proc/" + container.pid() + "/ns/net";
    }

    /** What the IPAM plugin is to answer to ADD. */
    void ipam(int code, String answer) throws IOException {
        Files.writeString(folder.resolve("ipam.answer"), answer);
        Files.writeString(folder.resolve("ipam.code"), Integer.toString(code));
    }

    List<String> ipamLog() throws IOException {
        Path log = folder.resolve("ipam.log");
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    Reply run(String verb, String config, Map<String, String> environment) {
        Map<String, String> variables = new LinkedHashMap<>(Map.of(
                "CNI_COMMAND",
                verb,
                "CNI_CONTAINERID",
                "c1",
                "CNI_NETNS",
                netns(),
                "CNI_IFNAME",
                "eth0",
                "CNI_PATH",
                folder.toString(),
                "CNI_ARGS",
                "IgnoreUnknown=1;K8S_POD_NAMESPACE=plant;K8S_POD_NAME=plc;K8S_POD_UID=u1"));
        variables.putAll(environment);
        ProcessBuilder builder = new ProcessBuilder(PLUGIN.toString());
        builder.environment().keySet().removeIf(name -> name.startsWith("CNI_"));
        variables.forEach((name, value) -> {
            if (!value.isEmpty()) {
                builder.environment().put(name, value);
            }
        });
        try {
            Path errors = Files.createTempFile(folder, "plugin", ".err");
            Process plugin = builder.redirectError(errors.toFile()).start();
            try (var input = plugin.getOutputStream()) {
                input.write(config.getBytes(StandardCharsets.UTF_8));
            } catch (IOException endedBeforeItRead) {
                // Its answer tells.
            }
            byte[] output = plugin.getInputStream().readAllBytes();
            return new Reply(
                    plugin.waitFor(), output.length == 0 ? Json.object() : Json.tree(output), Files.readString(errors));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    void stopAgent() {
        server.close();
    }

    @Override
    public void close() {
        server.close();
        container.destroyForcibly();
    }
}
