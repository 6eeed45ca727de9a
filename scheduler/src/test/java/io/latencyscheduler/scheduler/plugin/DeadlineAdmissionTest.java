package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.timetable.Window;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    void shouldRefuseNodesWhoseAgentIsSilent() {
        harness.gatedNode("a");
        harness.clock.advance(NodeDataplane.LIVE_FOR.plusMillis(1));

        harness.pod(plc(0)).run();

        assertThat(harness.messages.get("plc0"))
                .startsWith("0/1 nodes are available: 1 node(s) had no live dataplane agent.");
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
