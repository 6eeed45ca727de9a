package io.latencyscheduler.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.timetable.PortTiming;
import io.latencyscheduler.dataplane.plan.Plan.Code;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PlannerTest {
    private static final PlanPort UPLINK =
            new PlanPort("uplink0", new PortTiming(1_000_000_000, 0, 1_000, 1522), List.of());

    private static final OwnedPorts OWNED = new OwnedPorts(Set.of("0000:05:00.0", "0000:05:00.1"), Map.of());

    private static StreamAllocation stream(String name, long offsetNs) {
        return new StreamAllocation(
                name, "uplink0", 1_000_000, 250_000, offsetNs, 13_336, 1_000_000, 1522, Phase.Kind.ASSIGNED, 7);
    }

    private static BoundPod pod(String name, long boundAt, List<String> interfaces, StreamAllocation... streams) {
        return new BoundPod(
                "uid-" + name,
                "default",
                name,
                boundAt,
                false,
                new Allocation(Allocation.VERSION, "uid-" + name, null, interfaces, List.of(streams)));
    }

    private static Plan plan(BoundPod... pods) {
        return Planner.plan(List.of(pods), Set.of(), List.of(UPLINK), OWNED);
    }

    @Test
    void shouldInstallPodsWhoseWindowsNeverMeet() {
        Plan plan = plan(
                pod("a", 1, List.of("0000:05:00.0"), stream("s0", 0)),
                pod("b", 2, List.of("0000:05:00.1"), stream("s0", 13_336)));
        assertThat(plan.refused()).isEmpty();
        assertThat(plan.streamsOf("uplink0")).hasSize(2);
    }

    @Test
    void shouldGiveTheDeviceToTheEarliestBinding() {
        Plan plan = plan(pod("late", 9, List.of("0000:05:00.0")), pod("early", 3, List.of("0000:05:00.0")));
        assertThat(plan.installed()).extracting(BoundPod::name).containsExactly("early");
        assertThat(plan.refused()).singleElement().satisfies(refusal -> {
            assertThat(refusal.code()).isEqualTo(Code.HELD_BY_ANOTHER);
            assertThat(refusal.sentence()).isEqualTo("interface 0000:05:00.0 is held by default/early");
        });
    }

    @Test
    void shouldNotTearDownAnInstalledPodForAnEarlierBinding() {
        Plan plan = Planner.plan(
                List.of(pod("late", 9, List.of("0000:05:00.0")), pod("early", 3, List.of("0000:05:00.0"))),
                Set.of("uid-late"),
                List.of(UPLINK),
                OWNED);
        assertThat(plan.installed()).extracting(BoundPod::name).containsExactly("late");
    }

    @Test
    void shouldFreeWhatATerminatedPodHeld() {
        BoundPod done = pod("done", 1, List.of("0000:05:00.0"), stream("s0", 0));
        BoundPod terminated = new BoundPod(done.uid(), done.namespace(), done.name(), 1, true, done.allocation());
        Plan plan = plan(terminated, pod("next", 2, List.of("0000:05:00.0"), stream("s0", 0)));
        assertThat(plan.installed()).extracting(BoundPod::name).containsExactly("next");
    }

    @Test
    void shouldTakeNothingOfARefusedPod() {
        Plan plan = plan(
                pod("first", 1, List.of(), stream("s0", 0)),
                pod("second", 2, List.of("0000:05:00.0"), stream("s0", 100_000), stream("s1", 5_000)),
                pod("third", 3, List.of("0000:05:00.0"), stream("s0", 100_000)));
        assertThat(plan.installed()).extracting(BoundPod::name).containsExactly("first", "third");
        assertThat(plan.refused().get(0).sentence())
                .isEqualTo("stream s1: its window on uplink0 meets that of default/first (s0)");
    }

    @Test
    void shouldRefuseAPodWhoseOwnStreamsMeet() {
        assertThat(plan(pod("a", 1, List.of(), stream("s0", 0), stream("s1", 1)))
                        .refused())
                .extracting(Plan.Refusal::code)
                .containsExactly(Code.HELD_BY_ANOTHER);
    }

    @Test
    void shouldKeepReservedWindowsFree() {
        PlanPort reserved =
                new PlanPort("uplink0", UPLINK.timing(), List.of(new ReservedWindow("ptp", 1_000_000, 10_000, 5_000)));
        Plan plan = Planner.plan(List.of(pod("a", 1, List.of(), stream("s0", 0))), Set.of(), List.of(reserved), OWNED);
        assertThat(plan.refused().get(0).sentence()).contains("the reserved window ptp");
    }

    static Stream<Arguments> invalid() {
        StreamAllocation good = stream("s0", 0);
        return Stream.of(
                Arguments.of(
                        "another pod's allocation",
                        new BoundPod("u", "d", "p", 1, false, new Allocation(1, "other", null, List.of(), List.of())),
                        Code.POD_UID_DIFFERS),
                Arguments.of(
                        "a version of the future",
                        new BoundPod("u", "d", "p", 1, false, new Allocation(2, "u", null, List.of(), List.of())),
                        Code.VERSION_UNKNOWN),
                Arguments.of(
                        "a port of another node",
                        withStream(new StreamAllocation(
                                "s0", "uplink9", 1_000_000, 1_000_000, 0, 13_336, 1_000_000, 1522, Phase.Kind.FREE, 7)),
                        Code.PORT_UNKNOWN),
                Arguments.of(
                        "a window shorter than its frame",
                        withStream(new StreamAllocation(
                                "s0", "uplink0", 1_000_000, 1_000_000, 0, 12_335, 1_000_000, 1522, good.phase(), 7)),
                        Code.WINDOW_INVALID),
                Arguments.of(
                        "a window period that does not divide the period",
                        withStream(new StreamAllocation(
                                "s0", "uplink0", 1_000_000, 1_000_000, 0, 13_336, 300_000, 1522, good.phase(), 7)),
                        Code.WINDOW_INVALID),
                Arguments.of(
                        "a period of zero",
                        withStream(new StreamAllocation("s0", "uplink0", 0, 0, 0, 0, 0, 1522, good.phase(), 7)),
                        Code.WINDOW_INVALID),
                Arguments.of("a port that no pod may own", pod("p", 1, List.of("0000:00:1f.2")), Code.PORT_UNKNOWN),
                Arguments.of(
                        "a stream with a name of no length at all",
                        withStream(new StreamAllocation(
                                "s".repeat(100_000),
                                "uplink0",
                                1_000_000,
                                1_000_000,
                                0,
                                13_336,
                                1_000_000,
                                1522,
                                good.phase(),
                                7)),
                        Code.WINDOW_INVALID),
                Arguments.of(
                        "traffic class 8",
                        withStream(new StreamAllocation(
                                "s0", "uplink0", 1_000_000, 1_000_000, 0, 13_336, 1_000_000, 1522, good.phase(), 8)),
                        Code.WINDOW_INVALID));
    }

    private static BoundPod withStream(StreamAllocation stream) {
        return pod("p", 1, List.of(), stream);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("invalid")
    void shouldRefuseWhatCannotBeHonoured(String name, BoundPod pod, Code code) {
        assertThat(plan(pod).refused()).singleElement().satisfies(refusal -> {
            assertThat(refusal.code()).isEqualTo(code);
            assertThat(refusal.sentence()).hasSizeLessThan(500); // It goes into an event and the node's status.
        });
    }
}
