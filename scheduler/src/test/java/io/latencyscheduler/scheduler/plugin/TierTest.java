package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Nodes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TierTest {
    /** One node of each kind, none of which has been measured. */
    private static Harness oneOfEach() {
        Harness harness = new Harness();
        harness.node(node("plain")).node(node("ovs"));
        harness.inventory("ovs", Nodes.inventory("ovs", true));
        harness.inventory("plain", Nodes.inventory("plain", false));
        return harness.dpdkNode("dpdk", "p0", "p1", "p2");
    }

    @ParameterizedTest(name = "latency {0} goes to {1} by tier {2}")
    @CsvSource({
        "800us, dpdk, DPDK",
        "4999us, dpdk, DPDK",
        "5000, ovs, OVS_DPDK",
        "9999us, ovs, OVS_DPDK",
        "10ms, plain, KERNEL",
        "1s, plain, KERNEL"
    })
    void shouldServeLatencyByTheSlowestTierThatKeepsIt(String latency, String nodeName, Tier tier) {
        Harness harness = oneOfEach().pod(pod("p").ask("latency", latency)).run();

        assertThat(harness.nodeOf("p")).isEqualTo(nodeName);
        assertThat(harness.bound.get("p").allocation().tier()).isEqualTo(tier);
    }

    @Test
    void shouldRefuseLatencyThatNoTierKeeps() {
        Harness harness = oneOfEach().pod(pod("p").ask("latency", "799us")).run();

        assertThat(harness.messages.get("p"))
                .startsWith("0/3 nodes are available: 3 node(s) had no path fast enough for latency 799µs.");
    }

    @Test
    void shouldLetAMeasurementAllowWhatTheRangeForbids() {
        Harness harness = oneOfEach();
        measure(harness, "dpdk", Tier.DPDK, 60_000, 10_000);

        harness.pod(pod("p").ask("latency", "300us")).run();

        assertThat(harness.nodeOf("p")).isEqualTo("dpdk");
        assertThat(harness.whys.get("p")).isEqualTo("latency 300µs by tier dpdk, measured p99.9 60µs");
    }

    @Test
    void shouldLetAMeasurementForbidWhatTheRangeAllows() {
        Harness harness = oneOfEach();
        measure(harness, "ovs", Tier.OVS_DPDK, 9_000_000, 10_000);

        harness.pod(pod("p").ask("latency", "6ms")).run();

        assertThat(harness.nodeOf("p")).isEqualTo("dpdk");
        assertThat(harness.whys.get("p")).endsWith("borrowed");
    }

    @Test
    void shouldNotBelieveAMeasurementOfTooFewSamples() {
        Harness harness = oneOfEach();
        measure(harness, "dpdk", Tier.DPDK, 60_000, 9_999);

        harness.pod(pod("p").ask("latency", "300us")).run();

        assertThat(harness.nodeOf("p")).isEmpty();
    }

    @Test
    void shouldNotBelieveAnOldMeasurement() {
        Harness harness = oneOfEach();
        measure(harness, "dpdk", Tier.DPDK, 60_000, 10_000);
        harness.clock.advance(Duration.ofMinutes(5).plusMillis(1));

        harness.pod(pod("p").ask("latency", "300us")).run();

        assertThat(harness.nodeOf("p")).isEmpty();
    }

    @Test
    void shouldIgnoreMeasurementsWhereTheyAreOff() {
        TierSettings off = new TierSettings(
                800_000, 5_000_000, 10_000_000, TierSettings.Measured.OFF, Duration.ofMinutes(5), 1, 1, 10);
        Harness harness = new Harness(off).dpdkNode("dpdk", "p0");
        measure(harness, "dpdk", Tier.DPDK, 60_000, 10_000);

        harness.pod(pod("p").ask("latency", "300us")).run();

        assertThat(harness.nodeOf("p")).isEmpty();
    }

    @Test
    void shouldBorrowAPortWhenTheOwnTierIsFullDownToTheReserve() {
        Harness harness = oneOfEach();
        for (int i = 0; i < 4; i++) {
            harness.pod(pod("upf" + i).ask("latency", "5ms").container("cpu", i == 0 ? "4" : "100m"));
            harness.run();
        }

        assertThat(harness.nodeOf("upf0")).isEqualTo("ovs");
        assertThat(harness.interfacesOf("upf0")).isEmpty();
        assertThat(harness.interfacesOf("upf1")).containsExactly("p0");
        assertThat(harness.interfacesOf("upf2")).containsExactly("p1");
        assertThat(harness.messages.get("upf3"))
                .startsWith("0/3 nodes are available: 1 Insufficient cpu,"
                        + " 1 node(s) had no path fast enough for latency 5ms,"
                        + " 1 node(s) kept their free DPDK ports in reserve for tier dpdk.");
    }

    @Test
    void shouldKeepAnOrdinaryPodOffFastNodesWhileOthersHaveRoom() {
        Harness harness = oneOfEach();
        for (int i = 0; i < 20; i++) {
            harness.pod(pod("web" + i).container("cpu", "100m"));
        }
        harness.run();

        assertThat(harness.bound.values())
                .allMatch(request -> request.nodeName().equals("plain"));
    }

    @Test
    void shouldNeverKeepAnOrdinaryPodPendingForTheReserve() {
        Harness harness = new Harness()
                .dpdkNode("dpdk", "p0")
                .pod(pod("web").container("cpu", "4"))
                .run();

        assertThat(harness.nodeOf("web")).isEqualTo("dpdk");
    }

    @Test
    void shouldKeepCpuOfAFastNodeInReserveFromPodsOfASlowTier() {
        Harness harness = new Harness()
                .dpdkNode("dpdk", "p0")
                .pod(pod("p").ask("latency", "20ms").container("cpu", "4"))
                .run();

        assertThat(harness.messages.get("p"))
                .contains("1 node(s) kept their free CPU in reserve for pods of a faster tier");
    }

    @Test
    void shouldGiveAsManyPortsAsAskedFromOneNumaNode() {
        Harness harness = new Harness().dpdkNode("dpdk", "a@0", "b@1", "c@1");

        harness.pod(pod("p").ask("latency", "1ms").ask("interfaces", "2")).run();

        assertThat(harness.interfacesOf("p")).containsExactly("b", "c");
    }

    @Test
    void shouldKeepNodesWithManyFreePortsForPodsThatNeedMany() {
        Harness harness = new Harness().dpdkNode("four", "p0", "p1", "p2", "p3").dpdkNode("one", "q0");

        harness.pod(pod("p").ask("latency", "1ms")).run();

        assertThat(harness.nodeOf("p")).isEqualTo("one");
    }

    @Test
    void shouldSayHowManyPortsAreMissingOnTheNearestNode() {
        Harness harness = new Harness()
                .dpdkNode("two", "p0", "p1")
                .dpdkNode("three", "q0", "q1", "q2")
                .node(node("plain"));

        harness.pod(pod("p").ask("interfaces", "5")).run();

        assertThat(harness.messages.get("p"))
                .startsWith("0/3 nodes are available: 3 node(s) had too few DPDK ports.")
                .endsWith("three needs 2 more DPDK ports.");
    }

    private static void measure(Harness harness, String nodeName, Tier tier, long p999Ns, long samples) {
        List<NodeDataplane.MeasuredPath> paths =
                List.of(Nodes.measured(tier, p999Ns, samples, harness.clock.instant()));
        harness.inbox().dataplane(nodeName, Nodes.dataplane(harness.clock.instant(), List.of(), paths, List.of()));
    }
}
