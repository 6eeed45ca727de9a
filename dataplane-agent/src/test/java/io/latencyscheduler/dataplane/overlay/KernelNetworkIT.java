package io.latencyscheduler.dataplane.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The overlay without Open vSwitch: the kernel's bridges and VXLAN, the engine's gates on a packet socket. */
@RequiresTier(2)
class KernelNetworkIT extends OverlayScenario {
    @Override
    void prepare(TestNode node) {
        node.addressUplink();
    }

    @Override
    List<String> properties(TestNode node) {
        return List.of("--dataplane.overlay.mode=auto", "--dataplane.backend=af-packet");
    }

    @Override
    String carrier() {
        return "through the kernel's bridge and VXLAN";
    }

    @Override
    String label() {
        return "kernel";
    }

    @Test
    void shouldCarryEveryFrameThroughFaultsOfAgentLinkAndPodAndLeaveNothingBehind() {
        createPod("talker", one.name, 100_000);
        createPod("near", one.name, 300_000);
        createPod("far", two.name, -1);
        awaitReady(one);
        awaitReady(two);
        String talker = attach(one, "talker", "1.1.0");
        String near = attach(one, "near", "1.0.0");
        String far = attach(two, "far", "0.4.0");
        awaitPing(talker, address(far));
        awaitPing(talker, address(near));

        expectEveryFrameAccounted(one, talker, "talker", far);
        expectEveryFrameAccounted(one, talker, "talker", near);
        expectEveryFrameThroughMemory(one, talker, "talker", near, "near");

        one.link("down");
        assertThat(ping(talker, address(far))).isFalse();
        one.link("up");
        awaitPing(talker, address(far));

        Object folder = folder(one, "talker");
        one.stopAgent();
        assertThat(ping(talker, address(far)))
                .describedAs("pods talk without agent")
                .isTrue();
        delete(one, near, "near");
        deletePod("near");
        startAgent(one);
        awaitReady(one);
        assertThat(folder(one, "talker"))
                .describedAs("the folder that the pod has mounted")
                .isEqualTo(folder);
        expectEveryFrameAccounted(one, talker, "talker", far);

        Shell.run("ip", "netns", "del", far);
        TestNode.await("no interface of far", () -> podLinks(two).isEmpty(), two);
        delete(two, far, "far");
        delete(one, talker, "talker");
        for (String pod : List.of("talker", "far")) {
            deletePod(pod);
        }
        expectNoTraceOfPods(one);
        expectNoTraceOfPods(two);
    }
}
