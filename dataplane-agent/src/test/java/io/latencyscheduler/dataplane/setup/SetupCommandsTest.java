package io.latencyscheduler.dataplane.setup;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.dataplane.overlay.NetworkException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** check and prepare on a tree of /sys and /proc. */
class SetupCommandsTest {
    private static final String PAGES = "sys/kernel/mm/hugepages/hugepages-2048kB/";
    private static final String ROUTES = """
            Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
            eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0
            eth1\t0000010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            """;

    @TempDir
    Path root;

    private final List<String> commands = new ArrayList<>();
    private String failing = "";

    private record Run(int code, String output, String errors) {}

    @BeforeEach
    void makeHost() throws IOException {
        file(PAGES + "nr_hugepages", "64\n");
        file(PAGES + "free_hugepages", "60\n");
        file("sys/devices/system/cpu/isolated", "2-3\n");
        file("proc/self/limits", "Limit\nMax locked memory         unlimited            unlimited            bytes\n");
        file("proc/net/route", ROUTES);
        device("0000:01:00.0", "igc", "eth0");
        device("0000:02:00.0", "igc", "eth1");
        device("0000:03:00.0", "igc", "eth2");
        file("sys/bus/pci/devices/0000:09:00.0/class", "0x010802\n"); // a disk
        file("sys/bus/pci/drivers/igc/unbind", "");
        file("sys/bus/pci/drivers_probe", "");
    }

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void device(String address, String driver, String netdev) throws IOException {
        String at = "sys/bus/pci/devices/" + address;
        file(at + "/class", "0x020000\n");
        file(at + "/driver_override", "(null)\n");
        Files.createDirectories(root.resolve(at + "/net/" + netdev));
        Files.createSymbolicLink(root.resolve(at + "/driver"), Path.of("../../drivers/" + driver));
    }

    private void vfioAndIommu() throws IOException {
        file("sys/bus/pci/drivers/vfio-pci/unbind", "");
        Files.createDirectories(root.resolve("sys/kernel/iommu_groups/1"));
    }

    private String text(String path) throws IOException {
        return Files.readString(root.resolve(path)).strip();
    }

    private Run run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--host-root=" + root);
        all.add("--ovsdb=" + root.resolve("none.sock"));
        if (arguments[0].equals("prepare")) {
            all.add("--journal=" + root.resolve("journal.json"));
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = SetupCommands.run(
                (command, input) -> {
                    commands.add(String.join(" ", command));
                    if (String.join(" ", command).equals(failing)) {
                        throw new NetworkException(failing + ": not permitted");
                    }
                    return "";
                },
                new PrintWriter(out),
                new PrintWriter(err),
                all.toArray(String[]::new));
        return new Run(code, out.toString(), err.toString());
    }

    @Test
    void shouldSayWhatIsMissingWithTheFixAndChangeNothing() throws IOException {
        Run run = run("check", "--isolated-cpus=2-4", "--bind=0000:03:00.0", "--ovs");
        assertThat(run.output().lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("missing hugepages: 64 hugepages of 2 MB, 60 free, 512 wanted: echo 512 >"),
                        line -> assertThat(line).isEqualTo("ok      memlock: memory can be locked without limit"),
                        line -> assertThat(line)
                                .startsWith("by hand isolated CPUs: CPUs 4 are not isolated: isolcpus=2,3,4"),
                        line -> assertThat(line).startsWith("by hand IOMMU: no IOMMU runs"),
                        line -> assertThat(line)
                                .isEqualTo("missing vfio-pci: the driver is not loaded: modprobe vfio-pci"),
                        line -> assertThat(line)
                                .isEqualTo(
                                        "missing 0000:03:00.0: bound to igc: dpdk-devbind.py --bind=vfio-pci 0000:03:00.0"),
                        line -> assertThat(line)
                                .startsWith("by hand Open vSwitch: its database does not answer: apt-get install"));
        assertThat(run.code()).isOne();
        assertThat(commands).isEmpty();
        assertThat(text(PAGES + "nr_hugepages")).isEqualTo("64");
    }

    @Test
    void shouldEndWell() throws IOException {
        vfioAndIommu();
        assertThat(run("check", "--hugepages=64", "--isolated-cpus=2,3").code()).isZero();
    }

    @Test
    void shouldNeverTakeTheDefaultRoutesDeviceOrOneWithAddresses() throws IOException {
        vfioAndIommu();
        for (String address : List.of("0000:01:00.0", "0000:02:00.0")) {
            Run run = run("prepare", "--bind=0000:03:00.0", "--bind=" + address);
            assertThat(run.output())
                    .contains(
                            address.equals("0000:01:00.0")
                                    ? "the default route leaves by it"
                                    : "it has addresses or routes")
                    .contains("nothing was changed");
            assertThat(run.code()).isOne();
        }
        assertThat(text(PAGES + "nr_hugepages")).isEqualTo("64");
        assertThat(text("sys/bus/pci/drivers/igc/unbind")).isEmpty();
        assertThat(root.resolve("journal.json")).doesNotExist();
    }

    @Test
    void shouldFollowTheDefaultRouteThroughABond() throws IOException {
        file("proc/net/route", ROUTES.replace("eth0", "bond0"));
        Files.createDirectories(root.resolve("sys/class/net/bond0/lower_eth2"));
        assertThat(run("check", "--bind=0000:03:00.0").output())
                .contains("eth2 stays with the kernel: the default route");
    }

    @Test
    void shouldRefuseWhatIsNoNetworkDevice() {
        assertThat(run("check", "--bind=0000:09:00.0").output())
                .contains(
                        "refused 0000:09:00.0: no network device; there are: 0000:01:00.0, 0000:02:00.0, 0000:03:00.0");
    }

    @Test
    void shouldPrepareAndUndoInReverse() throws IOException {
        vfioAndIommu();
        Run prepared = run("prepare", "--bind=0000:03:00.0", "--hugepages=128");
        assertThat(prepared.output().lines()).contains("done    hugepages", "done    0000:03:00.0");
        assertThat(prepared.code()).isZero();
        assertThat(text(PAGES + "nr_hugepages")).isEqualTo("128");
        assertThat(text("sys/bus/pci/devices/0000:03:00.0/driver_override")).isEqualTo("vfio-pci");
        assertThat(text("sys/bus/pci/drivers/igc/unbind")).isEqualTo("0000:03:00.0");
        assertThat(text("sys/bus/pci/drivers_probe")).isEqualTo("0000:03:00.0");

        Run undone = run("prepare", "--undo");
        assertThat(undone.output().lines()).containsExactly("undone  0000:03:00.0", "undone  hugepages");
        assertThat(text(PAGES + "nr_hugepages")).isEqualTo("64");
        assertThat(text("sys/bus/pci/devices/0000:03:00.0/driver_override")).isEmpty();
        assertThat(text("sys/bus/pci/drivers/vfio-pci/unbind")).isEqualTo("0000:03:00.0");
        assertThat(root.resolve("journal.json")).doesNotExist();
        assertThat(run("prepare", "--undo")).isEqualTo(new Run(0, "", ""));
    }

    @Test
    void shouldBeUndoableWhenItFailsHalfWay() throws IOException {
        failing = "modprobe vfio-pci";
        Run run = run("prepare", "--bind=0000:03:00.0", "--hugepages=128");
        assertThat(run.code()).isOne();
        assertThat(run.errors()).contains("modprobe vfio-pci: not permitted");
        assertThat(run("prepare", "--undo").output().lines()).containsExactly("undone  vfio-pci", "undone  hugepages");
        assertThat(text(PAGES + "nr_hugepages")).isEqualTo("64");
    }

    @Test
    void shouldUseVfioWithoutIommuOnlyWhenAsked() throws IOException {
        file("sys/bus/pci/drivers/vfio-pci/unbind", "");
        file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
        run("prepare", "--bind=0000:03:00.0", "--without-iommu");
        assertThat(text("sys/module/vfio/parameters/enable_unsafe_noiommu_mode"))
                .isEqualTo("1");
    }

    @Test
    void shouldExplainAWrongArgument() {
        Run run = run("check", "--isolated-cpus=two");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.errors()).contains("--isolated-cpus: 'two' must be a list such as 2-5,8");
    }
}
