package io.latencyscheduler.dataplane.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The overlay on two Open vSwitches with DPDK, one for each node. */
@RequiresTier(3)
class OverlayIT extends OverlayScenario {
    @Override
    void prepare(TestNode node) {
        node.startDatabase();
        node.startSwitch();
    }

    @Override
    List<String> properties(TestNode node) {
        return List.of("--dataplane.overlay.mode=ovs", "--dataplane.overlay.uplink-devargs=" + node.uplinkDevargs());
    }

    @Override
    String carrier() {
        return "through Open vSwitch with DPDK";
    }

    @Override
    String label() {
        return "ovs-dpdk";
    }

    @Test
    void shouldCarryEveryFrameThroughFaultsOfSwitchAgentLinkAndPodAndLeaveNothingBehind() {
        createPod("talker", one.name, 100_000);
        createPod("near", one.name, 300_000);
        createPod("far", two.name, -1);
        createPod("back", two.name, 200_000);
        awaitReady(one);
        awaitReady(two);
        String talker = attach(one, "talker", "1.1.0");
        String near = attach(one, "near", "0.4.0");
        String far = attach(two, "far", "1.0.0");
        String back = attach(two, "back", "1.0.0");
        awaitPing(talker, address(far));
        awaitPing(talker, address(near));
        awaitPing(back, address(near));

        // Across nodes, on one node through the switch, and through memory.
        expectEveryFrameAccounted(one, talker, "talker", far);
        expectEveryFrameAccounted(one, talker, "talker", near);
        expectEveryFrameAccounted(two, back, "back", near);
        expectEveryFrameThroughMemory(one, talker, "talker", near, "near");
        assertThat(two.flows("tsn-int")).contains("tun_src=10.0.10.11");

        restartTheSwitchWhileFramesFlow(talker, far);
        expectEveryFrameAccounted(one, talker, "talker", far);

        breakTheLinkAndHealIt(talker, far);
        expectEveryFrameAccounted(one, talker, "talker", far);

        String nearMac = mac(near);
        replaceTheAgentWhileAPodGoes(talker, near, far);
        expectEveryFrameAccounted(one, talker, "talker", far);
        TestNode.await("no trace of near", () -> !two.flows("tsn-int").isEmpty() && traceless(one, nearMac), one);

        killAPod(far);

        String talkerMac = mac(talker);
        String backMac = mac(back);
        delete(one, talker, "talker");
        delete(two, back, "back");
        for (String pod : List.of("talker", "far", "back")) {
            deletePod(pod);
        }
        expectNoTraceOfPods(one);
        expectNoTraceOfPods(two);
        assertThat(traceless(one, talkerMac) && traceless(two, backMac)).isTrue();
    }

    private void restartTheSwitchWhileFramesFlow(String talker, String far) {
        long before = offered(one);
        CompletableFuture<JsonNode> talking = CompletableFuture.supplyAsync(() -> talk(talker, "talker", far, 800));
        TestNode.await("frames flow", () -> offered(one) > before + 50, one);
        TestNode.await(
                "traffic class 7 is class selector 7 between the nodes",
                () -> one.datapathFlows().contains("tos=0xe0"),
                one);
        one.killSwitch();
        one.startSwitch();
        JsonNode sent = talking.join();
        assertThat(sent.path("refused").asInt(0)).isZero();
        awaitAccounted(one);
        awaitPing(talker, address(far));
    }

    private void breakTheLinkAndHealIt(String talker, String far) {
        String address = address(far);
        one.link("down");
        assertThat(ping(talker, address)).describedAs("the link is down").isFalse();
        one.link("up");
        awaitPing(talker, address);
    }

    /** While no agent runs, pods talk, and one ends: its address is free at once, the rest when there is an agent again. */
    private void replaceTheAgentWhileAPodGoes(String talker, String near, String far) {
        one.killAgent();
        assertThat(ping(talker, address(far)))
                .describedAs("pods talk without agent")
                .isTrue();
        int leases = one.leases().size();
        delete(one, near, "near");
        deletePod("near");
        assertThat(one.leases()).hasSize(leases - 1);
        startAgent(one);
        awaitReady(one);
        assertThat(podLinks(one)).hasSize(1);
    }

    /** Its namespace goes without a word to the plugin, as with a runtime that crashed. */
    private void killAPod(String far) {
        String mac = mac(far);
        Shell.run("ip", "netns", "del", far);
        TestNode.await("no trace of far", () -> podLinks(two).size() == 1 && traceless(two, mac), two);
        delete(two, far, "far");
    }

    /** Neither port nor flow of a pod of the node. */
    private static boolean traceless(TestNode node, String mac) {
        String ports = node.vsctl("--columns=external_ids", "list", "Port");
        return !ports.contains(mac) && !node.flows("tsn-int").contains(mac);
    }
}
