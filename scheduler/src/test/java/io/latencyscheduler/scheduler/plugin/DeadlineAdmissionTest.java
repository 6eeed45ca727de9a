package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Window;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class DeadlineAdmissionTest {
    private final Harness harness = new Harness();

    private static Pods plc(int number) {
        return pod("plc" + number).ask("period", "1ms").ask("deadline", "250us");
    }

    @Test
    void shouldPutTheWindowIntoTheAllocation() {
        harness.gatedNode("a").pod(plc(0)).run();

        StreamAllocation stream =
                harness.bound.get("plc0").allocation().streams().get(0);
        assertThat(stream.port()).isEqualTo("uplink0");
        assertThat(stream.periodNs()).isEqualTo(1_000_000);
        assertThat(stream.windowNs()).isEqualTo(13_336);
        assertThat(stream.offsetNs()).isBetween(0L, 236_664L);
    }

    @Test
    void shouldTakeEighteenStreamsPerIdlePortAndNameTheCollisionOfTheNext() {
        harness.gatedNode("a").gatedNode("b").gatedNode("c");
        for (int i = 0; i < 54; i++) {
            harness.pod(plc(i));
        }
        harness.run();
        assertThat(harness.bound).hasSize(54);
        assertNoTwoWindowsMeet();

        harness.pod(plc(54)).run();

        assertThat(harness.messages.get("plc54"))
                .startsWith("0/3 nodes are available: 3 node(s) had no free window that meets the deadline.")
                .contains("stream s0 on port uplink0")
                .contains("collides")
                .contains("default/plc");

        harness.inbox().podDeleted("uid-plc7");
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();
        assertThat(harness.nodeOf("plc54")).isEqualTo(harness.nodeOf("plc7"));
    }

    private void assertNoTwoWindowsMeet() {
        List<StreamAllocation> seen = new ArrayList<>();
        List<String> nodes = new ArrayList<>();
        harness.bound.values().forEach(request -> {
            StreamAllocation stream = request.allocation().streams().get(0);
            for (int i = 0; i < seen.size(); i++) {
                if (nodes.get(i).equals(request.nodeName())) {
                    assertThat(window(stream).meets(window(seen.get(i)))).isFalse();
                }
            }
            seen.add(stream);
            nodes.add(request.nodeName());
        });
    }

    private static Window window(StreamAllocation stream) {
        return new Window(stream.windowPeriodNs(), stream.offsetNs(), stream.windowNs());
    }

    @Test
    void shouldHaveTurnsUntilEveryPortWasAskedForANewPeriodAndLetOthersIn() {
        List<Plugin> plugins = new ArrayList<>(plugins(StreamSettings.DEFAULT));
        plugins.replaceAll(plugin -> plugin instanceof DeadlineAdmission
                ? new DeadlineAdmission(StreamSettings.DEFAULT, 1) // One port per turn.
                : plugin);
        Harness slow = new Harness(plugins);
        for (String node : List.of("a", "b", "c", "d", "e", "f")) {
            slow.gatedNode(node).pod(pod("full-" + node).on(node).allocated(eighteen("uid-full-" + node)));
        }
        slow.pod(plc(0)).pod(pod("web"));

        assertThat(slow.scheduler.scheduleOne()).isTrue();
        assertThat(slow.messages).isEmpty();
        assertThat(slow.scheduler.scheduleOne()).isTrue();
        assertThat(slow.bound).containsOnlyKeys("web");
        slow.run();

        assertThat(slow.messages.get("plc0"))
                .startsWith("0/6 nodes are available: 6 node(s) had no free window that meets the deadline.");
        assertThat(slow.decisions.get(slow.decisions.size() - 1).attempt()).isEqualTo(1);

        slow.inbox().podDeleted("uid-full-d");
        slow.clock.advance(Duration.ofSeconds(1));
        slow.run();
        assertThat(slow.nodeOf("plc0")).isEqualTo("d");
    }

    /** Two of 13,336 ns: there is room for one, which each of them is when it is asked alone. */
    private static final String TWO =
            "[{name: a, period: 1ms, deadline: 250us}, {name: b, period: 1ms, deadline: 250us}]";

    private static Harness withRoomForOne(int preparedPerCycle, String... nodes) {
        List<Plugin> plugins = new ArrayList<>(plugins(StreamSettings.DEFAULT));
        plugins.replaceAll(plugin -> plugin instanceof DeadlineAdmission
                ? new DeadlineAdmission(StreamSettings.DEFAULT, preparedPerCycle)
                : plugin);
        Harness harness = new Harness(plugins);
        for (String node : nodes) {
            harness.gatedNode(node).pod(pod("full-" + node).on(node).allocated(windows(17, "uid-full-" + node)));
        }
        return harness;
    }

    @Test
    void shouldHaveTurnsToPlaceSeveralStreamsAndRememberWhatPortsAnswered() {
        Harness slow = withRoomForOne(1, "a", "b", "c", "d", "e", "f");
        slow.pod(pod("two").ask("streams", TWO)).pod(pod("web"));

        assertThat(slow.scheduler.scheduleOne()).isTrue();
        assertThat(slow.messages).isEmpty();
        assertThat(slow.scheduler.scheduleOne()).isTrue();
        assertThat(slow.bound).containsOnlyKeys("web");
        slow.run();

        assertThat(slow.messages.get("two"))
                .startsWith("0/6 nodes are available: 6 node(s) had no free window that meets the deadline.");

        slow.inbox().podDeleted("uid-full-d");
        slow.clock.advance(Duration.ofSeconds(1));
        slow.run();
        assertThat(slow.nodeOf("two")).isEqualTo("d");
        assertThat(slow.bound.get("two").allocation().streams()).hasSize(2);
    }

    @Test
    void shouldEndAWhatIfThatTakesTooLongAndGoFurtherTheNextTime() {
        String[] nodes = IntStream.range(0, 40).mapToObj(i -> "n" + i).toArray(String[]::new);
        Harness slow = withRoomForOne(1, nodes);
        PodInfo two = pod("two").ask("streams", TWO).info();

        assertThat(slow.scheduler.whatIf(two).message())
                .startsWith("0/40 nodes are available: ")
                .contains("node(s) had a timetable that there was no time to ask")
                .contains("node(s) had no free window that meets the deadline");
        slow.scheduler.whatIf(two);
        assertThat(slow.scheduler.whatIf(two).message())
                .startsWith("0/40 nodes are available: 40 node(s) had no free window that meets the deadline.");
    }

    @Test
    void shouldEvictNobodyWhileItIsUnknownWhomThatWouldSpare() {
        // A node takes two placements of the two streams: without its pod, and with it.
        Harness slow = withRoomForOne(1, "a", "b", "c", "d", "e", "f");
        slow.pod(pod("two").ask("streams", TWO).priority(10)).run();
        assertThat(slow.victims).isEmpty();
        assertThat(slow.messages.get("two"))
                .contains("no preemption victims found on 1 of 6 nodes, there was no time to try more.");

        Harness quick = withRoomForOne(100, "a", "b", "c", "d", "e", "f");
        quick.pod(pod("two").ask("streams", TWO).priority(10)).run();
        assertThat(quick.victims.get("two")).hasSize(1);
    }

    private static Allocation eighteen(String podUid) {
        return windows(18, podUid);
    }

    private static Allocation windows(int count, String podUid) {
        List<StreamAllocation> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StreamDemand demand =
                    new StreamDemand("s" + i, 1_000_000, 1_000_000, 1522, Phase.ASSIGNED, OptionalLong.empty(), 7);
            streams.add(new Window(1_000_000, i * 13_336L, 13_336).allocation("uplink0", demand));
        }
        return new Allocation(Allocation.VERSION, podUid, null, List.of(), streams);
    }

    private static List<? extends Plugin> plugins(StreamSettings streams) {
        return DefaultPlugins.create(TierSettings.DEFAULT, streams, DpdkReadiness.Mode.OFF, VolumeWriter.NONE);
    }

    /** 14 windows of 13,336 ns in 1 ms are 18.7%, 15 are 20.004%. */
    @Test
    void shouldCapTheShareOfAPortThatOneNamespaceHolds() {
        Harness capped = new Harness(plugins(new StreamSettings(20)));
        capped.gatedNode("a");
        for (int i = 0; i < 15; i++) {
            capped.pod(plc(i));
        }
        capped.run();

        assertThat(capped.bound).hasSize(14);
        assertThat(capped.messages.values())
                .singleElement(InstanceOfAssertFactories.STRING)
                .startsWith("0/1 nodes are available: 1 node(s) had too much of their gated time held by the pod's"
                        + " namespace.");

        capped.pod(plc(99).namespace("other")).run();
        assertThat(capped.nodeOf("plc99")).isEqualTo("a");
    }

    @Test
    void shouldPreferThePortWhoseOtherPeriodsLoseLess() {
        // Both ports hold a tenth. On a, whatever is added costs the streams of 125 µs; on b nothing has another
        // period.
        harness.gatedNode("a").gatedNode("b");
        holding("a", new Window(125_000, 0, 12_500));
        holding("b", new Window(1_000_000, 0, 100_000));

        harness.pod(pod("plc").ask("period", "1ms")).run();

        assertThat(harness.nodeOf("plc")).isEqualTo("b");
    }

    private void holding(String node, Window window) {
        StreamDemand demand = new StreamDemand(
                "s0", window.periodNs(), window.periodNs(), 64, Phase.ASSIGNED, OptionalLong.empty(), 7);
        harness.pod(pod("holder-" + node)
                .on(node)
                .allocated(new Allocation(
                        Allocation.VERSION,
                        "uid-holder-" + node,
                        null,
                        List.of(),
                        List.of(window.allocation("uplink0", demand)))));
    }

    @Test
    void shouldRefuseNodesWhoseClockIsNotLocked() {
        harness.node(node("a"));
        NodeDataplane live = Nodes.dataplane(harness.clock.instant(), "uplink0");
        harness.inbox()
                .dataplane(
                        "a",
                        new NodeDataplane(
                                live.heartbeatTime(),
                                "test",
                                new NodeDataplane.Clock(NodeDataplane.ClockState.UNLOCKED, "ptp", 37, -1),
                                live.ports(),
                                List.of(),
                                List.of(),
                                List.of()));

        harness.pod(plc(0)).run();

        assertThat(harness.messages.get("plc0"))
                .startsWith("0/1 nodes are available: 1 node(s) had a clock that is not locked.");
    }

    @Test
    void shouldNameTheLimitOfThePortsGates() {
        harness.node(node("a"));
        NodeDataplane.GatedPort offloaded = new NodeDataplane.GatedPort(
                "uplink0",
                "af_packet",
                1_000_000_000L,
                true,
                1_000,
                0,
                1522,
                List.of(),
                null,
                List.of(),
                List.of(),
                new NodeDataplane.GateLimits(64, 1_000_000_000L, 1_000_000_000L, 20_000));
        harness.inbox()
                .dataplane("a", Nodes.dataplane(harness.clock.instant(), List.of(offloaded), List.of(), List.of()));

        harness.pod(plc(0)).run();

        assertThat(harness.messages.get("plc0"))
                .startsWith("0/1 nodes are available: 1 node(s) had no free window that meets the deadline.")
                .contains("a: stream s0 on port uplink0: its window of 13336ns is shorter than the shortest interval of"
                        + " the port's gates, 20µs (static test)");
    }

    @Test
    void shouldRefuseNodesWhoseAgentIsSilent() {
        harness.gatedNode("a");
        harness.clock.advance(NodeDataplane.LIVE_FOR.plusMillis(1));

        harness.pod(plc(0)).run();

        assertThat(harness.messages.get("plc0"))
                .startsWith("0/1 nodes are available: 1 node(s) had no live dataplane agent.");
    }

    @Test
    void shouldTakeStreamsAgainAsSoonAsASteppedClockIsRight() {
        harness.gatedNode("a").setWall(Duration.ofHours(1)).pod(plc(0)).run();
        assertThat(harness.messages.get("plc0")).contains("1 node(s) had no live dataplane agent");

        harness.setWall(Duration.ZERO);
        harness.scheduler.flush();
        harness.run();

        assertThat(harness.nodeOf("plc0")).isEqualTo("a");
    }

    @Test
    void shouldPlaceThePodWhenTheAgentSpeaksAgain() {
        harness.gatedNode("a");
        harness.clock.advance(NodeDataplane.LIVE_FOR.plusMillis(1));
        harness.pod(plc(0)).run();

        harness.clock.advance(Duration.ofSeconds(1));
        harness.inbox().dataplane("a", Nodes.dataplane(harness.clock.instant(), "uplink0"));
        harness.run();

        assertThat(harness.nodeOf("plc0")).isEqualTo("a");
    }

    @Test
    void shouldRefuseNodesWithoutGatedPort() {
        harness.node(node("a")).pod(plc(0)).run();

        assertThat(harness.messages.get("plc0")).startsWith("0/1 nodes are available: 1 node(s) had no gated port.");
    }

    @Test
    void shouldRefusePortsWhoseLinkIsDown() {
        harness.node(node("a"));
        harness.inbox()
                .dataplane(
                        "a",
                        Nodes.dataplane(
                                harness.clock.instant(),
                                List.of(Nodes.gatedPort("uplink0", false)),
                                List.of(),
                                List.of()));

        harness.pod(plc(0)).run();

        assertThat(harness.messages.get("plc0"))
                .startsWith("0/1 nodes are available: 1 node(s) had a gated port without full link.");
    }

    @Test
    void shouldTakeNoNewStreamWhereAnInstalledOneCannotBeRead() {
        harness.node(node("a"));
        harness.pod(pod("old").on("a"));
        harness.inbox()
                .dataplane(
                        "a",
                        Nodes.dataplane(
                                harness.clock.instant(),
                                List.of(Nodes.gatedPort("uplink0", true)),
                                List.of(),
                                List.of(new NodeDataplane.Installed(
                                        "uid-old", "default", "old", List.of(), List.of("s0")))));

        harness.pod(plc(0)).run();
        assertThat(harness.messages.get("plc0")).contains("had a stream whose windows are unknown");

        harness.inbox().podDeleted("uid-old");
        harness.clock.advance(Duration.ofMinutes(6));
        harness.inbox().dataplane("a", Nodes.dataplane(harness.clock.instant(), "uplink0"));
        harness.run();
        assertThat(harness.nodeOf("plc0")).isEqualTo("a");
    }

    @Test
    void shouldKeepWindowsWhenTheGuardGrows() {
        harness.gatedNode("a");
        for (int i = 0; i < 18; i++) {
            harness.pod(plc(i));
        }
        harness.run();
        NodeDataplane.GatedPort slower = new NodeDataplane.GatedPort(
                "uplink0", "af_packet", 1_000_000_000L, true, 5_000, 0, 1522, List.of(), null);

        harness.inbox().dataplane("a", Nodes.dataplane(harness.clock.instant(), List.of(slower), List.of(), List.of()));
        harness.pod(plc(18)).run();

        assertThat(harness.bound).doesNotContainKey("plc18");
        assertThat(harness.cluster
                        .node("a")
                        .gatedPorts()
                        .get("uplink0")
                        .timetable()
                        .holdings())
                .hasSize(18)
                .allMatch(holding -> holding.window().lengthNs() == 13_336);
    }
}
