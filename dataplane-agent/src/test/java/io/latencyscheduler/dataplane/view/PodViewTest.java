package io.latencyscheduler.dataplane.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Feature;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.dataplane.devices.FunctionSettings;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.dataplane.view.PodView.Chosen;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodViewTest {
    private static final String UID = "0f6a3c1e-1111-4222-8333-944455566677";
    private static final String FUNCTION = "0000:05:02.1";

    @TempDir
    Path run;

    private static Port port(String name, @Nullable String address, int numaNode) {
        return new Port(
                name,
                address,
                address == null ? name : null,
                "Ethernet Virtual Function 700",
                null,
                "vfio-pci",
                numaNode,
                10_000_000_000L,
                null,
                Role.OWNED,
                "",
                address == null ? Set.of() : Set.of(Feature.VIRTUAL_FUNCTION, Feature.DPDK),
                null,
                null,
                null,
                0);
    }

    private static NodeInventory inventory(Port... ports) {
        return new NodeInventory("uid", List.of(ports), false, List.of(), "");
    }

    private static Allocation allocation(String... interfaces) {
        return new Allocation(1, UID, Tier.DPDK, List.of(interfaces), List.of());
    }

    private static BoundPod pod(String... interfaces) {
        return new BoundPod(UID, "default", "upf", 1, false, allocation(interfaces));
    }

    private static PodView view(NodeInventory inventory, Map<String, String> cpus, String... interfaces) {
        return PodView.of(allocation(interfaces), inventory, name -> "", new Chosen(cpus, Map.of()));
    }

    @Test
    void shouldAllowAPodItsOwnDevicesAndNameItsCpus() {
        PodView view = view(inventory(port(FUNCTION, FUNCTION, 1)), Map.of("upf", "2,3"), FUNCTION);

        assertThat(view.ealArguments())
                .containsExactly(
                        "--allow=" + FUNCTION, "--file-prefix=pod-" + UID, "--huge-dir=/dev/hugepages", "--lcores=2,3");
        assertThat(view.numaNode()).isEqualTo(1);
        assertThat(view.interfaces().get(0).mac()).isEqualTo(FunctionSettings.macOf(UID, FUNCTION));
    }

    @Test
    void shouldNameNoCpusWhereSeveralContainersHaveSome() {
        PodView view = view(inventory(port(FUNCTION, FUNCTION, 0)), Map.of("a", "2", "b", "3"), FUNCTION);

        assertThat(view.ealArguments()).noneMatch(argument -> argument.startsWith("--lcores"));
        assertThat(view.cpus()).isEqualTo(Map.of("a", "2", "b", "3"));
    }

    @Test
    void shouldSayThatTheNumaNodeIsNotOneWhereInterfacesDiffer() {
        PodView view = view(
                inventory(port(FUNCTION, FUNCTION, 0), port("0000:85:00.0", "0000:85:00.0", 1)),
                Map.of(),
                FUNCTION,
                "0000:85:00.0");

        assertThat(view.numaNode()).isEqualTo(-1);
    }

    @Test
    void shouldNameAPortThatIsNoPciFunctionAsAVirtualDevice() {
        assertThat(view(inventory(port("veth7", null, -1)), Map.of(), "veth7").ealArguments())
                .startsWith("--vdev=net_af_packet0,iface=veth7", "--no-pci");
        assertThat(PodView.of(allocation("veth7"), null, name -> "net_tap0", Chosen.NOTHING)
                        .ealArguments())
                .startsWith("--vdev=net_tap0", "--no-pci");
    }

    @Test
    void shouldGiveNoArgumentsToAPodThatOwnsNoPort() {
        assertThat(view(inventory(), Map.of("plc", "1")).ealArguments()).isEmpty();
    }

    @Test
    void shouldWriteTheFilesOnceAndRemoveThemWithThePod() throws IOException {
        Map<String, String> cpus = new TreeMap<>();
        PodViewFiles files = new PodViewFiles(
                run,
                () -> inventory(port(FUNCTION, FUNCTION, 0)),
                name -> "",
                pod -> new Chosen(cpus, Map.of("hugepages-2Mi", "64Mi")));
        Path folder = run.resolve(UID);
        Files.createDirectory(run.resolve("paths"));

        assertThat(files.reconcile(List.of(pod(FUNCTION)))).isEmpty();
        Object written =
                Files.readAttributes(folder.resolve("pod.json"), "unix:ino").get("ino");
        assertThat(files.reconcile(List.of(pod(FUNCTION)))).isEmpty();

        assertThat(Files.readAttributes(folder.resolve("pod.json"), "unix:ino").get("ino"))
                .isEqualTo(written);
        assertThat(Json.read(Files.readAllBytes(folder.resolve("pod.json")), PodView.class)
                        .hugepages())
                .isEqualTo(Map.of("hugepages-2Mi", "64Mi"));
        assertThat(Json.read(Files.readAllBytes(folder.resolve("allocation.json")), Allocation.class))
                .isEqualTo(allocation(FUNCTION));

        cpus.put("upf", "4,5");
        files.write(pod(FUNCTION));
        assertThat(Files.readString(folder.resolve("eal-arguments"))).contains("--lcores=4,5");

        assertThat(files.reconcile(List.of())).isEmpty();
        assertThat(folder).doesNotExist();
        assertThat(run.resolve("paths")).exists();
    }

    @Test
    void shouldRemoveTheSocketOfAPodThatEndedWhileNoAgentRan() throws IOException {
        Path socket = Files.createDirectory(run.resolve(UID)).resolve("tsn.sock");
        Files.createFile(socket);

        new PodViewFiles(run, () -> null, name -> "", pod -> Chosen.NOTHING).reconcile(List.of());

        assertThat(socket.getParent()).doesNotExist();
        assertThat(run).exists();
    }

    @Test
    void shouldSayOfWhichPodTheFilesCannotBeWritten() throws IOException {
        Files.writeString(run.resolve(UID), "in the way");
        PodViewFiles files = new PodViewFiles(run, () -> null, name -> "", pod -> Chosen.NOTHING);

        assertThat(files.reconcile(List.of(pod(FUNCTION))).get(UID)).startsWith("files of pod default/upf: ");
    }
}
