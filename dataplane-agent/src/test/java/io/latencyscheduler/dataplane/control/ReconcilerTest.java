package io.latencyscheduler.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.devices.DevicePool;
import io.latencyscheduler.dataplane.devices.DeviceSettings;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.Engine.StreamSpec;
import io.latencyscheduler.dataplane.kubelet.KubeletSettings;
import io.latencyscheduler.dataplane.overlay.OverlayConfig;
import io.latencyscheduler.dataplane.paths.PathSettings;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.dataplane.plan.LatePolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
    private static final AgentConfig CONFIG = new AgentConfig(
            "node-1",
            Path.of("/run/latency-scheduler"),
            AgentConfig.Backend.AF_PACKET,
            64,
            List.of(),
            false,
            1_000,
            OptionalInt.empty(),
            "none",
            Duration.ofSeconds(30),
            true,
            false,
            Map.of(),
            new OverlayConfig(
                    OverlayConfig.Mode.NONE,
                    "tsn-int",
                    "tsn-phy",
                    "",
                    "",
                    7437,
                    4789,
                    1500,
                    "",
                    Path.of("/run/db"),
                    250),
            PathSettings.OFF,
            DeviceSettings.DEFAULT,
            "",
            KubeletSettings.OFF);

    private Map<String, String> deviceOwners = Map.of();
    private Set<String> ownedPorts = Set.of("0000:05:02.0", "0000:05:02.1");
    private Map<String, String> given = Map.of();
    private Set<String> unready = Set.of();
    private Map<String, String> unwritten = Map.of();
    private Map<String, List<String>> macs = Map.of();
    private final FakeEngine engine = new FakeEngine();
    private final Reconciler reconciler = new Reconciler(
            CONFIG,
            engine,
            (port, settings, index) -> new PortSpec(
                    port.name(), "af_packet", port.name(), port.linkRateBps(), 0, 1522, -1, false, -1, false, "", 0),
            (port, streams) ->
                    new GateControlList(0, 1_000_000, 0, List.of(GateControlList.Entry.set(streams.size(), 1_000_000))),
            new Reconciler.Devices() {
                @Override
                public DevicePool.Outcome reconcile(Map<String, String> owners) {
                    deviceOwners = owners;
                    Set<String> ready = new HashSet<>(owners.keySet());
                    ready.removeAll(unready);
                    return new DevicePool.Outcome(ready, List.of());
                }

                @Override
                public Map<String, String> given() {
                    return given;
                }
            },
            pods -> unwritten,
            uid -> macs.getOrDefault(uid, List.of()));

    private static Port port(String name, long linkRateBps) {
        return Ports.gated(name, linkRateBps);
    }

    private static BoundPod pod(String name, long offsetNs) {
        return new BoundPod(
                name,
                "default",
                name,
                1,
                false,
                new Allocation(
                        1,
                        name,
                        null,
                        List.of(),
                        List.of(new StreamAllocation(
                                "s0",
                                "uplink0",
                                1_000_000,
                                250_000,
                                offsetNs,
                                13_336,
                                1_000_000,
                                1522,
                                Phase.Kind.ASSIGNED,
                                7))));
    }

    private Reconciler.Outcome reconcile(List<Port> ports, BoundPod... pods) {
        return reconciler.reconcile(new Desired(ports, ownedPorts, List.of(pods), List.of()));
    }

    @Test
    void shouldTellTheEngineWhatAPodsFramesMayComeFromOnceThatIsKnown() {
        List<Port> ports = List.of(port("uplink0", 1_000_000_000));
        reconcile(ports, pod("a", 0), pod("b", 250_000));
        assertThat(engine.pods.get("a").sourceMacs()).isEmpty();
        macs = Map.of("a", List.of("0a:00:00:00:00:01"));
        reconcile(ports, pod("a", 0), pod("b", 250_000));
        reconcile(ports, pod("a", 0), pod("b", 250_000));
        assertThat(engine.pods.get("a").sourceMacs()).containsExactly("0a:00:00:00:00:01");
        assertThat(engine.calls).containsExactly("open uplink0", "gates uplink0", "put a", "put b", "put a");
    }

    @Test
    void shouldOpenPortThenGatesThenPods() {
        Reconciler.Outcome outcome = reconcile(List.of(port("uplink0", 1_000_000_000)), pod("a", 0));
        assertThat(engine.calls).containsExactly("open uplink0", "gates uplink0", "put a");
        assertThat(outcome.failures()).isEmpty();
        assertThat(engine.pods.get("a").socket())
                .startsWith("/run/latency-scheduler/")
                .endsWith("/tsn.sock");
    }

    @Test
    void shouldDoNothingWhenNothingDiffers() {
        reconcile(List.of(port("uplink0", 1_000_000_000)), pod("a", 0));
        engine.calls.clear();
        reconcile(List.of(port("uplink0", 1_000_000_000)), pod("a", 0));
        assertThat(engine.calls).isEmpty();
    }

    @Test
    void shouldTearDownTheFormerOwnerBeforeItsWindowIsUsedAgain() {
        reconcile(List.of(port("uplink0", 1_000_000_000)), pod("a", 0));
        engine.calls.clear();
        reconcile(List.of(port("uplink0", 1_000_000_000)), pod("b", 0));
        assertThat(engine.calls).containsExactly("remove a", "put b");
    }

    @Test
    void shouldKeepAWindowWithItsOwnerWhoseTearDownFailed() {
        reconcile(List.of(port("uplink0", 1_000_000_000)), pod("a", 0));
        engine.refusing.add("remove a");
        Reconciler.Outcome outcome = reconcile(List.of(port("uplink0", 1_000_000_000)), pod("b", 0));
        assertThat(engine.pods).containsOnlyKeys("a");
        assertThat(outcome.failures()).anySatisfy(failure -> assertThat(failure).contains("default/a"));
    }

    @Test
    void shouldBringDevicesToTheOwnersThatThePlanHonours() {
        reconcile(List.of(), owner("a", "0000:05:02.0"), owner("late", "0000:05:02.0"), owner("b", "0000:05:02.1"));

        assertThat(deviceOwners).isEqualTo(Map.of("0000:05:02.0", "a", "0000:05:02.1", "b"));
    }

    @Test
    void shouldServeAPodOnlyWhenItsDevicesAndFilesAreThere() {
        unready = Set.of("0000:05:02.0");
        unwritten = Map.of("b", "files of pod default/b: disk full");

        Reconciler.Outcome before = reconcile(List.of(), owner("a", "0000:05:02.0"), owner("b", "0000:05:02.1"));

        assertThat(before.installed()).isEmpty();
        assertThat(before.failures()).containsExactly("files of pod default/b: disk full");
        unready = Set.of();
        unwritten = Map.of();
        assertThat(reconcile(List.of(), owner("a", "0000:05:02.0"), owner("b", "0000:05:02.1"))
                        .installed())
                .hasSize(2);
    }

    @Test
    void shouldServeAPodWhosePortIsNoPciFunction() {
        ownedPorts = null;
        assertThat(reconcile(List.of(), owner("a", "dpdk0")).installed()).hasSize(1);
        assertThat(deviceOwners).isEmpty();
    }

    @Test
    void shouldHandOverNoDeviceThatTheInventoryDoesNotHaveAsOwned() {
        Reconciler.Outcome outcome = reconcile(List.of(), owner("thief", "0000:00:1f.2"));

        assertThat(deviceOwners).isEmpty();
        assertThat(outcome.installed()).isEmpty();
        assertThat(outcome.plan().refused())
                .singleElement()
                .satisfies(refusal -> assertThat(refusal.sentence())
                        .isEqualTo("interface: '0000:00:1f.2' must be a port that this node's inventory has as owned"));
        ownedPorts = null;
        reconcile(List.of(), owner("thief", "0000:05:02.0"));
        assertThat(deviceOwners).isEmpty();
    }

    @Test
    void shouldLeaveADeviceWithItsOwnerWhateverBecameOfTheInventory() {
        ownedPorts = null;
        given = Map.of("0000:05:02.0", "a");

        reconcile(List.of(), owner("a", "0000:05:02.0"), owner("b", "0000:05:02.1"));

        assertThat(deviceOwners).isEqualTo(Map.of("0000:05:02.0", "a"));
    }

    private static BoundPod owner(String name, String device) {
        return new BoundPod(name, "default", name, 1, false, new Allocation(1, name, null, List.of(device), List.of()));
    }

    @Test
    void shouldTryAFailedStepAgain() {
        engine.refusing.add("open uplink0");
        Reconciler.Outcome outcome = reconcile(List.of(port("uplink0", 1_000_000_000)));
        assertThat(outcome.failures()).containsExactly("port uplink0: the test refuses");
        engine.refusing.clear();
        assertThat(reconcile(List.of(port("uplink0", 1_000_000_000))).failures())
                .isEmpty();
        assertThat(engine.ports).containsOnlyKeys("uplink0");
    }

    @Test
    void shouldNotGuessAnUnknownLinkRate() {
        Reconciler.Outcome outcome = reconcile(List.of(port("uplink0", 0)));
        assertThat(engine.calls).isEmpty();
        assertThat(outcome.failures())
                .containsExactly(
                        "port uplink0: its link rate is unknown; set it in node-discovery's configuration (linkRate)");
    }

    @Test
    void shouldClosePortsThatTheInventoryNoLongerGates() {
        reconcile(List.of(port("uplink0", 1_000_000_000)));
        reconcile(List.of());
        assertThat(engine.calls).endsWith("close uplink0");
    }

    @Test
    void shouldServeAPodWithTheLatePolicyItAsksForAndTheOthersWithThatOfTheirPort() {
        BoundPod plain = pod("plain", 0);
        BoundPod asking = pod("asking", 100_000);
        reconcile(
                List.of(port("uplink0", 1_000_000_000)),
                plain,
                new BoundPod(
                        asking.uid(),
                        asking.namespace(),
                        asking.name(),
                        2,
                        false,
                        asking.allocation(),
                        LatePolicy.NEXT_WINDOW));
        assertThat(engine.pods.get("plain").streams())
                .extracting(StreamSpec::latePolicy)
                .containsExactly(LatePolicy.DROP);
        assertThat(engine.pods.get("asking").streams())
                .extracting(StreamSpec::latePolicy)
                .containsExactly(LatePolicy.NEXT_WINDOW);
    }

    @Test
    void shouldChangeGatesOnlyWhenTheyDiffer() {
        reconcile(List.of(port("uplink0", 1_000_000_000)));
        engine.calls.clear();
        reconcile(List.of(port("uplink0", 1_000_000_000)), pod("a", 0));
        assertThat(engine.calls).containsExactly("gates uplink0", "put a");
    }
}
