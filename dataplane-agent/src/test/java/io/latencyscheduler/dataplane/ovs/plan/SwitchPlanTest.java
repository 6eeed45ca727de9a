package io.latencyscheduler.dataplane.ovs.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.Difference;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedBridge;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedPort;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState.Bridge;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState.Port;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SwitchPlanTest {
    private static final Map<String, String> OURS = Map.of(SwitchState.OWNER, SwitchState.AGENT);
    private static final Map<String, String> POD =
            Map.of(SwitchState.OWNER, SwitchState.AGENT, SwitchPlan.CONTAINER, "c1");
    private static final WantedPort TUNNEL = new WantedPort("t", "vxlan", Map.of("key", "7"), 0, Map.of());
    private static final WantedPort UPLINK = new WantedPort("u", "dpdk", Map.of("dpdk-devargs", "x"), 1500, Map.of());
    private static final WantedBridge INT = new WantedBridge("int", "netdev", "secure", List.of(TUNNEL));
    private static final WantedBridge PHY = new WantedBridge("phy", "netdev", "standalone", List.of(UPLINK));

    private static Port port(String name, String type, Map<String, String> options, Map<String, String> ids) {
        return new Port(name, type, options, 0, ids, 1, "");
    }

    private static Bridge bridge(String name, Map<String, String> ids, Port... ports) {
        return new Bridge(name, "netdev", "secure", ids, List.of(ports));
    }

    private static final Port LOCAL = port("int", "internal", Map.of(), OURS);
    private static final Port GOOD = port("t", "vxlan", Map.of("key", "7"), OURS);

    static List<Arguments> rows() {
        return List.of(
                row(
                        "nothing there",
                        List.of(),
                        List.of(INT),
                        List.of(new SwitchChange.AddBridge(INT), new SwitchChange.AddPort("int", TUNNEL)),
                        0),
                row("all there", List.of(bridge("int", OURS, LOCAL, GOOD)), List.of(INT), List.of(), 0),
                row(
                        "a pod's port stays",
                        List.of(bridge("int", OURS, LOCAL, GOOD, port("p", "", Map.of(), POD))),
                        List.of(INT),
                        List.of(),
                        0),
                row(
                        "somebody's port on our bridge stays",
                        List.of(bridge("int", OURS, LOCAL, GOOD, port("s", "", Map.of(), Map.of()))),
                        List.of(INT),
                        List.of(),
                        0),
                row(
                        "our port that is no longer wanted goes",
                        List.of(bridge("int", OURS, LOCAL, GOOD, port("old", "", Map.of(), OURS))),
                        List.of(INT),
                        List.of(new SwitchChange.RemovePort("int", "old")),
                        0),
                row(
                        "other options are set",
                        List.of(bridge("int", OURS, LOCAL, port("t", "vxlan", Map.of("key", "8"), OURS))),
                        List.of(INT),
                        List.of(new SwitchChange.SetInterface(TUNNEL)),
                        0),
                row(
                        "another type is made anew",
                        List.of(bridge("int", OURS, LOCAL, port("t", "gre", Map.of("key", "7"), OURS))),
                        List.of(INT),
                        List.of(new SwitchChange.RemovePort("int", "t"), new SwitchChange.AddPort("int", TUNNEL)),
                        0),
                row(
                        "another MTU is set",
                        List.of(new Bridge(
                                "phy",
                                "netdev",
                                "standalone",
                                OURS,
                                List.of(port("u", "dpdk", Map.of("dpdk-devargs", "x"), OURS)))),
                        List.of(PHY),
                        List.of(new SwitchChange.SetInterface(UPLINK)),
                        0),
                row(
                        "another fail mode is set",
                        List.of(new Bridge("int", "netdev", "standalone", OURS, List.of(LOCAL, GOOD))),
                        List.of(INT),
                        List.of(new SwitchChange.SetBridge(INT)),
                        0),
                row(
                        "our bridge that is no longer wanted goes",
                        List.of(bridge("int", OURS, LOCAL, GOOD), bridge("br-old", OURS)),
                        List.of(INT),
                        List.of(new SwitchChange.RemoveBridge("br-old")),
                        0),
                row(
                        "somebody's bridge stays",
                        List.of(bridge("int", OURS, LOCAL, GOOD), bridge("br-int", Map.of())),
                        List.of(INT),
                        List.of(),
                        0),
                row(
                        "a name that somebody's bridge has is refused",
                        List.of(bridge("int", Map.of())),
                        List.of(INT),
                        List.of(),
                        1),
                row(
                        "a name that somebody's port has on our bridge is refused",
                        List.of(bridge("int", OURS, LOCAL, port("t", "vxlan", Map.of(), Map.of()))),
                        List.of(INT),
                        List.of(),
                        1),
                row(
                        "a name that somebody's port has elsewhere is refused",
                        List.of(bridge("int", OURS, LOCAL), bridge("br", Map.of(), port("t", "", Map.of(), Map.of()))),
                        List.of(INT),
                        List.of(),
                        1));
    }

    private static Arguments row(
            String name, List<Bridge> there, List<WantedBridge> wanted, List<SwitchChange> changes, int refusals) {
        return Arguments.of(name, there, wanted, changes, refusals);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void rows(String name, List<Bridge> there, List<WantedBridge> wanted, List<SwitchChange> changes, int refusals) {
        Difference difference = new SwitchPlan(wanted).from(new SwitchState(true, there));
        assertThat(difference.changes()).isEqualTo(changes);
        assertThat(difference.refusals()).hasSize(refusals);
    }
}
