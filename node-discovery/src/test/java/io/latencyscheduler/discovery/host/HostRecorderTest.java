package io.latencyscheduler.discovery.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.derive.Derivation;
import io.latencyscheduler.discovery.derive.Derived;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostRecorderTest {
    private static final Path HOSTS =
            Path.of(System.getProperty("repository.root", "..")).resolve("node-discovery/src/test/hosts");

    @TempDir
    Path folder;

    private static Derived derive(Path root) {
        return new Derivation(DiscoveryConfig.DEFAULTS, DeviceTables.shipped())
                .derive(new HostReader(new HostFiles(root)).read(), "", null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x710-vfio", "ovs-dpdk", "industrial-pc", "82599-vfs", "connectx-bond", "soc-am65", "plain-vm"})
    void shouldRecordATreeThatSaysTheSame(String name) throws IOException {
        Path copy = folder.resolve("copy");
        new HostRecorder(HOSTS.resolve(name)).record(copy);
        assertThat(derive(copy)).isEqualTo(derive(HOSTS.resolve(name)));
    }

    @Test
    void shouldRecordThisMachineSoThatTheRecordingSaysTheSame() throws IOException {
        Path copy = folder.resolve("copy");
        new HostRecorder(Path.of("/")).record(copy);
        assertThat(derive(copy).inventory()).isEqualTo(derive(Path.of("/")).inventory());
        assertThat(derive(copy).labels()).isEqualTo(derive(Path.of("/")).labels());
        assertThat(copy.resolve("proc/sys/kernel/random")).doesNotExist();
    }

    @Test
    void shouldNeverReadSerialNumbersOrAddresses() throws IOException {
        Path host = folder.resolve("host");
        Path device = Files.createDirectories(host.resolve("sys/devices/pci0000:00/0000:01:00.0/net/enx0123456789ab"));
        Files.writeString(device.getParent().getParent().resolve("serial"), "S3CRET");
        Files.writeString(device.resolve("address"), "01:23:45:67:89:ab");
        Files.writeString(device.resolve("type"), "1");
        Files.createDirectories(host.resolve("sys/class/net"));
        Files.createSymbolicLink(
                host.resolve("sys/class/net/enx0123456789ab"),
                Path.of("../../devices/pci0000:00/0000:01:00.0/net/enx0123456789ab"));
        Files.createDirectories(host.resolve("proc/net"));
        Files.writeString(
                host.resolve("proc/net/route"),
                "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
                        + "enx0123456789ab\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n"
                        + "enx0123456789ab\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n");
        Files.writeString(
                host.resolve("proc/net/if_inet6"),
                "20010db8000000000123 45fffe6789ab 02 40 00 80 enx0123456789ab".replace("0123 45", "012345") + "\n");
        Files.createDirectories(host.resolve("var/lib/kubelet"));
        Files.writeString(
                host.resolve("var/lib/kubelet/cpu_manager_state"),
                "{\"policyName\":\"static\",\"entries\":{\"pod-uid-1\":{\"app\":\"2-3\"}}}");
        Path copy = folder.resolve("copy");
        new HostRecorder(host).record(copy);
        StringBuilder everything = new StringBuilder();
        try (Stream<Path> files = Files.walk(copy)) {
            for (Path file : files.sorted().toList()) {
                everything.append(copy.relativize(file)).append('\n');
                if (Files.isSymbolicLink(file)) {
                    everything.append(Files.readSymbolicLink(file)).append('\n');
                } else if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    everything.append(Files.readString(file)).append('\n');
                }
            }
        }
        assertThat(everything.toString().toLowerCase(java.util.Locale.ROOT))
                .contains("enx000000000001", "static", "00000000")
                .doesNotContain("s3cret", "0123456789ab", "01:23:45", "a8c0", "20010db8", "pod-uid");
    }

    @Test
    void shouldNotWriteIntoAFolderThatHoldsSomething() throws IOException {
        Files.writeString(folder.resolve("file"), "x");
        assertThatThrownBy(() -> new HostRecorder(HOSTS.resolve("no-nic")).record(folder))
                .hasMessageEndingWith("must be an empty folder or not exist yet");
    }
}
