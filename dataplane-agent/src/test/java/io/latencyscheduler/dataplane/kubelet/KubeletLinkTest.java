package io.latencyscheduler.dataplane.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.dataplane.devices.SysfsFiles;
import io.latencyscheduler.dataplane.kubelet.Slots.Slot;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The device plugin against a kubelet that speaks the real protocol over unix sockets. */
class KubeletLinkTest {
    private static final String FIRST = "0000:05:02.0";
    private static final String SECOND = "0000:05:02.1";
    private static final String FAR = "0000:85:02.0";
    private static final Map<String, String> ALL_HEALTHY =
            Map.of("slot-0000-05-02-0", "Healthy", "slot-0000-05-02-1", "Healthy", "slot-0000-85-02-0", "Healthy");

    @TempDir
    Path folder;

    private final Collection<BoundPod> pods = new CopyOnWriteArrayList<>();
    private volatile NodeInventory inventory = new NodeInventory(
            "uid", List.of(port(FIRST, 0), port(SECOND, 0), port(FAR, 1), gated()), false, List.of(), "");
    private TestKubelet kubelet;
    private KubeletLink link;

    @BeforeEach
    void start() throws IOException {
        for (String address : List.of(FIRST, SECOND, FAR)) {
            plug(address);
        }
        kubelet = new TestKubelet(folder.resolve("kubelet"));
        kubelet.start();
        link = link();
    }

    @AfterEach
    void stop() {
        link.close();
        kubelet.close();
    }

    private KubeletLink link() {
        return new KubeletLink(
                        new KubeletSettings(true, folder.resolve("kubelet"), folder.resolve("cdi")),
                        SysfsFiles.at(folder.resolve("sys")),
                        () -> inventory,
                        () -> pods)
                .start();
    }

    private void plug(String address) throws IOException {
        Path device = Files.createDirectories(folder.resolve("sys/bus/pci/devices/" + address));
        Files.createSymbolicLink(device.resolve("driver"), Path.of("../../../../bus/pci/drivers/vfio-pci"));
        Files.createSymbolicLink(
                device.resolve("iommu_group"), Path.of("../../../kernel/iommu_groups/1" + address.charAt(11)));
    }

    private void unplug(String address) throws IOException {
        Path device = folder.resolve("sys/bus/pci/devices/" + address);
        Files.delete(device.resolve("driver"));
        Files.delete(device.resolve("iommu_group"));
        Files.delete(device);
    }

    private static Port port(String address, int numaNode) {
        return new Port(
                address,
                address,
                null,
                "VF",
                null,
                "vfio-pci",
                numaNode,
                0,
                null,
                Role.OWNED,
                "",
                Set.of(),
                null,
                1,
                null,
                0);
    }

    private static Port gated() {
        return new Port(
                "uplink0",
                "0000:01:00.0",
                "eth0",
                "I225",
                null,
                "igc",
                0,
                0,
                null,
                Role.GATED,
                "",
                Set.of(),
                null,
                1,
                null,
                0);
    }

    private static BoundPod pod(String name, String... interfaces) {
        return new BoundPod(
                name, "default", name, 1, false, new Allocation(1, name, Tier.DPDK, List.of(interfaces), List.of()));
    }

    private static void await(BooleanSupplier hoped, String what) throws InterruptedException {
        long deadlineNs = System.nanoTime() + 60_000_000_000L;
        while (!hoped.getAsBoolean()) {
            assertThat(System.nanoTime()).as("not in time: " + what).isLessThan(deadlineNs);
            Thread.sleep(20);
        }
    }

    private void awaitDevices(Map<String, String> wanted) throws InterruptedException {
        await(() -> kubelet.devices().equals(wanted), "devices " + wanted);
    }

    @Test
    void shouldRegisterAndListASlotForEachOwnedPortWithItsNumaNode() throws Exception {
        awaitDevices(ALL_HEALTHY);

        assertThat(kubelet.registrations()).hasSize(1);
        var request = kubelet.registrations().get(0);
        assertThat(KubeletApi.get(request, "version")).isEqualTo("v1beta1");
        assertThat(KubeletApi.get(request, "resource_name")).isEqualTo("latency-scheduler.io/dpdk");
        assertThat(KubeletApi.get(kubelet.options(), "get_preferred_allocation_available"))
                .isEqualTo(true);
        assertThat(KubeletApi.get(kubelet.options(), "pre_start_required")).isEqualTo(false);
        assertThat(kubelet.numaNodes())
                .isEqualTo(Map.of("slot-0000-05-02-0", 0L, "slot-0000-05-02-1", 0L, "slot-0000-85-02-0", 1L));
    }

    @Test
    void shouldGiveTheSlotsOfAPodTheDevicesOfItsAllocation() throws Exception {
        awaitDevices(ALL_HEALTHY);
        pods.add(pod("app", SECOND));

        List<String> names = kubelet.admit("default", "app", List.of("slot-0000-05-02-0"), 3L, 2L);
        assertThat(names).containsExactly("latency-scheduler.io/dpdk=slot-0000-05-02-0");
        assertThat(folder.resolve("cdi")).doesNotExist();
        link.assign(pod("app", SECOND));

        var spec =
                Json.tree(Files.readAllBytes(folder.resolve("cdi/latency-scheduler.io-dpdk-slot-0000-05-02-0.json")));
        assertThat(spec.path("kind").asText()).isEqualTo("latency-scheduler.io/dpdk");
        assertThat(spec.at("/devices/0/name").asText()).isEqualTo("slot-0000-05-02-0");
        assertThat(spec.at("/devices/0/containerEdits/deviceNodes").findValuesAsText("path"))
                .containsExactly("/dev/vfio/vfio", "/dev/vfio/11");
        assertThat(spec.at("/devices/0/containerEdits/env/0").asText())
                .isEqualTo("PCIDEVICE_LATENCY_SCHEDULER_IO_DPDK=" + SECOND);
        assertThat(link.cpus(pod("app", SECOND))).isEqualTo(Map.of("app", "2,3"));
    }

    @Test
    void shouldTakeASlotBackFromItsFormerPodBeforeAnotherHasIt() throws Exception {
        awaitDevices(ALL_HEALTHY);
        kubelet.admit("default", "app", List.of("slot-0000-05-02-0"));
        link.assign(pod("app", FIRST));

        kubelet.admit("default", "next", List.of("slot-0000-05-02-0"));

        assertThat(folder.resolve("cdi")).isEmptyDirectory();
    }

    @Test
    void shouldRefuseASlotThatItDoesNotHave() throws Exception {
        awaitDevices(ALL_HEALTHY);

        assertThatThrownBy(() -> kubelet.admit("default", "app", List.of("slot-9")))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("device 'slot-9' must be one of");
    }

    @Test
    void shouldPreferTheSlotsOfPortsThatAPodWaitsForAndThoseOfOneNumaNode() throws Exception {
        awaitDevices(ALL_HEALTHY);
        List<String> all = new ArrayList<>(List.of("slot-0000-85-02-0", "slot-0000-05-02-1", "slot-0000-05-02-0"));

        assertThat(kubelet.preferred(all, List.of(), 2))
                .containsExactlyInAnyOrder("slot-0000-05-02-0", "slot-0000-05-02-1");
        assertThat(kubelet.preferred(all, List.of("slot-0000-85-02-0"), 1)).containsExactly("slot-0000-85-02-0");
        pods.add(pod("app", FAR));
        assertThat(kubelet.preferred(all, List.of(), 1)).containsExactly("slot-0000-85-02-0");
    }

    @Test
    void shouldReportALostDeviceAndTheSameWhenItIsBack() throws Exception {
        awaitDevices(ALL_HEALTHY);

        unplug(SECOND);
        awaitDevices(Map.of(
                "slot-0000-05-02-0", "Healthy", "slot-0000-05-02-1", "Unhealthy", "slot-0000-85-02-0", "Healthy"));
        inventory = new NodeInventory("uid", List.of(port(FIRST, 0), port(FAR, 1)), false, List.of(), "");
        plug(SECOND);
        inventory =
                new NodeInventory("uid", List.of(port(FIRST, 0), port(SECOND, 0), port(FAR, 1)), false, List.of(), "");

        awaitDevices(ALL_HEALTHY);
        assertThat(kubelet.registrations()).hasSize(1);
    }

    @Test
    void shouldRegisterAgainWhenTheKubeletRestarts() throws Exception {
        awaitDevices(ALL_HEALTHY);
        for (int restart = 2; restart < 5; restart++) {
            kubelet.stop();
            kubelet.start();

            awaitDevices(ALL_HEALTHY);
            assertThat(kubelet.registrations()).hasSize(restart);
        }
    }

    @Test
    void shouldBeListedAgainAfterItsOwnRestartAndKnowThePodsOfBefore() throws Exception {
        awaitDevices(ALL_HEALTHY);
        kubelet.admit("default", "app", List.of("slot-0000-05-02-0"), 5L);
        link.close();
        await(() -> kubelet.devices().isEmpty(), "the kubelet sees the end of the plugin");

        link = link();

        awaitDevices(ALL_HEALTHY);
        assertThat(link.cpus(pod("app", FIRST))).isEqualTo(Map.of("app", "5"));
    }

    @Test
    void shouldWaitForAKubeletThatIsNotThereYet() throws Exception {
        link.close();
        kubelet.close();
        Files.deleteIfExists(folder.resolve("kubelet/device-plugins/kubelet.sock"));
        link = link();
        assertThatThrownBy(() -> link.assign(pod("app", FIRST))).isInstanceOf(IOException.class);

        kubelet = new TestKubelet(folder.resolve("kubelet"));
        kubelet.start();

        awaitDevices(ALL_HEALTHY);
    }

    @Test
    void shouldStandForTheAllocationWhicheverSlotsThePodHas() {
        assertThat(Slots.assign(List.of("slot-0000-05-02-1", "slot-x"), List.of(FIRST, SECOND)))
                .isEqualTo(Map.of("slot-0000-05-02-1", SECOND, "slot-x", FIRST));
        assertThat(Slots.assign(List.of("slot-x"), List.of())).isEmpty();
    }

    @Test
    void shouldOfferNoSlotOfAPortThatIsNoPodsAnyMore() {
        Slot before = new Slot("slot-uplink0", "uplink0", 0, true);
        assertThat(Slots.of(List.of(gated()), List.of(before), port -> true)).isEmpty();
        assertThat(Slots.of(List.of(), List.of(before), port -> true))
                .containsExactly(new Slot("slot-uplink0", "uplink0", 0, false));
    }
}
