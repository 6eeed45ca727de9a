package io.latencyscheduler.dataplane.devices;

import static io.latencyscheduler.dataplane.devices.FakeSysfs.function;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevicePoolTest {
    private static final int FUNCTIONS = 4;
    private static final FunctionSettings OWNED = new FunctionSettings(FunctionSettings.NO_MAC, 42, true, false);
    private static final DeviceSettings SETTINGS =
            new DeviceSettings("vfio-pci", OWNED, Map.of(FakeSysfs.PHYSICAL, FUNCTIONS));
    private static final String AS_FOUND = FakeSysfs.KERNEL_DRIVER + "  " + FunctionSettings.UNOWNED;

    @TempDir
    Path folder;

    private final FakeSysfs sysfs = new FakeSysfs();
    private final SysfsHost host = new SysfsHost(sysfs, sysfs);
    private FileDeviceStore file;

    @BeforeEach
    void makeFunctions() throws IOException {
        file = new FileDeviceStore(folder.resolve("devices.json"));
        assertThat(pool().createFunctions()).isEmpty();
        sysfs.log.clear();
    }

    /** A pool as after a start: it knows nothing but the store and the machine. */
    private DevicePool pool() {
        return new DevicePool(
                host,
                new DeviceStore() {
                    @Override
                    public Map<String, DeviceRecord> read() throws IOException {
                        return file.read();
                    }

                    @Override
                    public void write(Map<String, DeviceRecord> records) throws IOException {
                        sysfs.spend();
                        file.write(records);
                    }
                },
                SETTINGS);
    }

    private static String ready(int index, String owner) {
        return "vfio-pci vfio-pci " + OWNED.withMac(FunctionSettings.macOf(owner, function(index)));
    }

    private String state(int index) {
        return sysfs.devices.get(function(index)).state();
    }

    @Test
    void shouldMakeADeviceReadyAndPutItBackAsItWas() throws IOException {
        assertThat(pool().reconcile(Map.of(function(1), "pod-a")).failures()).isEmpty();
        assertThat(state(1)).isEqualTo(ready(1, "pod-a"));
        assertThat(file.read().get(function(1)).podUid()).isEqualTo("pod-a");

        assertThat(pool().reconcile(Map.of()).failures()).isEmpty();

        assertThat(state(1)).isEqualTo(AS_FOUND);
        assertThat(sysfs.devices.get(function(1)).resets).isEqualTo(1);
        assertThat(file.read()).isEmpty();
    }

    @Test
    void shouldDoNothingWhenNothingChanged() {
        DevicePool pool = pool();
        pool.reconcile(Map.of(function(1), "pod-a"));
        sysfs.log.clear();

        assertThat(pool.reconcile(Map.of(function(1), "pod-a")).failures()).isEmpty();

        assertThat(sysfs.log).isEmpty();
    }

    @Test
    void shouldPutADeviceBackBeforeAnotherPodGetsIt() {
        DevicePool pool = pool();
        pool.reconcile(Map.of(function(1), "pod-a"));
        sysfs.log.clear();

        assertThat(pool.reconcile(Map.of(function(1), "pod-b")).failures()).isEmpty();

        assertThat(sysfs.log.get(0)).isEqualTo("bus/pci/devices/" + function(1) + "/reset 1");
        assertThat(sysfs.log)
                .containsSubsequence(
                        "ip link set ens5f0 vf 1 mac 00:00:00:00:00:00",
                        "ip link set ens5f0 vf 1 vlan 0",
                        "ip link set ens5f0 vf 1 mac " + FunctionSettings.macOf("pod-b", function(1)),
                        "ip link set ens5f0 vf 1 vlan 42",
                        "ip link set ens5f0 vf 1 trust on",
                        "ip link set ens5f0 vf 1 spoofchk off");
        assertThat(state(1)).isEqualTo(ready(1, "pod-b"));
    }

    @Test
    void shouldHandleAWholePhysicalPortTheSameWay() throws IOException {
        assertThat(pool().reconcile(Map.of(FakeSysfs.PHYSICAL, "pod-a")).failures())
                .isEmpty();
        assertThat(sysfs.devices.get(FakeSysfs.PHYSICAL).driver).isEqualTo("vfio-pci");

        assertThat(pool().reconcile(Map.of()).failures()).isEmpty();

        assertThat(sysfs.devices.get(FakeSysfs.PHYSICAL).driver).isEqualTo("i40e");
        assertThat(file.read()).isEmpty();
    }

    @Test
    void shouldSayWhatItCannotDoAndDoTheRest() {
        DevicePool.Outcome outcome = pool().reconcile(Map.of("0000:99:00.0", "pod-a", function(2), "pod-b"));

        assertThat(outcome.failures()).containsExactly("device 0000:99:00.0: it is not on this node");
        assertThat(outcome.ready()).containsExactly(function(2));
        assertThat(state(2)).isEqualTo(ready(2, "pod-b"));
    }

    @Test
    void shouldGiveEachPodAnUnicastAddressOfItsOwnThatStays() {
        String mac = FunctionSettings.macOf("pod-a", function(1));

        assertThat(mac).matches("02(:[0-9a-f]{2}){5}").isEqualTo(FunctionSettings.macOf("pod-a", function(1)));
        assertThat(mac)
                .isNotEqualTo(FunctionSettings.macOf("pod-b", function(1)))
                .isNotEqualTo(FunctionSettings.macOf("pod-a", function(2)));
    }

    @Test
    void shouldDoWithoutASettingThatTheDriverLacksUnlessItIsAskedFor() {
        sysfs.knowsTrust = false;

        assertThat(pool().reconcile(Map.of(function(1), "pod-a")).failures())
                .singleElement()
                .asString()
                .contains("Operation not supported");
        DevicePool plain = new DevicePool(
                host, file, new DeviceSettings("vfio-pci", new FunctionSettings("", 42, false, true), Map.of()));
        assertThat(plain.reconcile(Map.of(function(1), "pod-a")).failures()).isEmpty();
    }

    @Test
    void shouldForgetADeviceThatWasPulledOut() throws IOException {
        pool().reconcile(Map.of(function(1), "pod-a"));
        sysfs.devices.remove(function(1));

        assertThat(pool().reconcile(Map.of()).failures()).isEmpty();

        assertThat(file.read()).isEmpty();
    }

    @Test
    void shouldTouchNothingWhenTheStoreCannotBeRead() throws IOException {
        pool().reconcile(Map.of(function(1), "pod-a"));
        Files.writeString(folder.resolve("devices.json"), "{half");
        sysfs.log.clear();

        assertThat(pool().reconcile(Map.of(function(2), "pod-b")).failures())
                .singleElement()
                .asString()
                .contains("devices.json' cannot be read");
        assertThat(sysfs.log).isEmpty();
    }

    @Test
    void shouldRefuseToChangeTheNumberOfFunctionsWhilePodsOwnSome() {
        assertThatThrownBy(() -> host.createFunctions(FakeSysfs.PHYSICAL, 8, Set.of(function(1))))
                .hasMessage("it has 4 virtual functions and not 8, and pods own some");
        assertThatThrownBy(() -> host.createFunctions(FakeSysfs.PHYSICAL, 9, Set.of()))
                .hasMessage("9 virtual functions are wanted, it can have 8");
    }

    /** Power cuts at random writes, the pods changing meanwhile: afterwards all is as if there had been none. */
    @Test
    void shouldLeakNothingAndGiveNothingTwiceWhereverThePowerGoes() throws IOException {
        long seed = Long.getLong("test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int cuts = 0;
        while (cuts < 200) {
            Map<String, String> wanted = wanted(random);
            sysfs.cutPowerAfter(random.nextInt(48));
            try {
                pool().reconcile(wanted);
            } catch (FakeSysfs.PowerCut cut) {
                cuts++;
            }
            sysfs.powerOn();
            everyChangedDeviceIsInTheStore();
            Map<String, String> after = random.nextBoolean() ? wanted : wanted(random);
            assertThat(pool().reconcile(after)).isEqualTo(new DevicePool.Outcome(after.keySet(), List.of()));
            for (int index = 0; index < FUNCTIONS; index++) {
                assertThat(state(index))
                        .as("seed %d, cut %d, function %d", seed, cuts, index)
                        .isEqualTo(
                                after.containsKey(function(index))
                                        ? ready(index, after.get(function(index)))
                                        : AS_FOUND);
            }
            Map<String, String> owners = new TreeMap<>();
            file.read().forEach((address, record) -> owners.put(address, record.podUid()));
            assertThat(owners).isEqualTo(after);
        }
    }

    private void everyChangedDeviceIsInTheStore() throws IOException {
        Set<String> known = file.read().keySet();
        for (int index = 0; index < FUNCTIONS; index++) {
            if (!state(index).equals(AS_FOUND)) {
                assertThat(known).contains(function(index));
            }
        }
    }

    private static Map<String, String> wanted(Random random) {
        Map<String, String> wanted = new TreeMap<>();
        for (int index = 0; index < FUNCTIONS; index++) {
            String owner = List.of("", "pod-a", "pod-b", "pod-c").get(random.nextInt(4));
            if (!owner.isEmpty()) {
                wanted.put(function(index), owner);
            }
        }
        return wanted;
    }
}
