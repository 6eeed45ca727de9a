package io.latencyscheduler.scheduler.cycle;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import io.latencyscheduler.scheduler.plugin.StreamSettings;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalsTest {
    /** First of all filters: counts the nodes that are looked at. */
    private static final class Looks implements FilterPlugin {
        int count;

        @Override
        public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
            count++;
            return Verdict.SUCCESS;
        }
    }

    private final Looks looks = new Looks();
    private final Harness harness = new Harness(withLooks());

    private List<Plugin> withLooks() {
        List<Plugin> plugins = new ArrayList<>();
        plugins.add(looks);
        plugins.addAll(DefaultPlugins.create(TierSettings.DEFAULT, StreamSettings.DEFAULT));
        return plugins;
    }

    private static Pods large(String name) {
        return pod(name).container("cpu", "8");
    }

    private int looksAfter(Runnable change) {
        int before = looks.count;
        change.run();
        harness.run();
        return looks.count - before;
    }

    @Test
    void shouldRefusePodsAlikeWithoutAskingTheNodesAgain() {
        harness.node(node("a")).node(node("b"));
        assertThat(looksAfter(() -> harness.pod(large("first")))).isEqualTo(2);

        assertThat(looksAfter(() -> harness.pod(large("second").volume(generated("token-x7f2v")))))
                .isZero();

        assertThat(harness.messages.get("second"))
                .isEqualTo(harness.messages.get("first"))
                .startsWith("0/2 nodes are available: 2 Insufficient cpu.");
        assertThat(harness.decisions)
                .extracting(decision -> decision.pod().uid())
                .contains("uid-second");
    }

    private static Pod.Volume generated(String name) {
        return new Pod.Volume(name, null, null, null, null, null, null, null, null);
    }

    @Test
    void shouldAskTheNodesForAPodThatDiffersInWhatAPluginMayRead() {
        harness.node(node("a")).pod(large("first")).run();

        assertThat(looksAfter(() -> harness.pod(large("labelled").label("app", "x"))))
                .isEqualTo(1);
        assertThat(looksAfter(() -> harness.pod(large("urgent").priority(5)))).isEqualTo(1);
        assertThat(looksAfter(() -> harness.pod(large("elsewhere").namespace("other"))))
                .isEqualTo(1);
        assertThat(looksAfter(() -> harness.pod(large("claiming").claim("data"))))
                .isEqualTo(0);
        assertThat(harness.messages.get("claiming")).contains("persistentvolumeclaim");
    }

    @Test
    void shouldPlaceBothWhenAnEventHelpsThem() {
        harness.node(node("a")).pod(large("first")).pod(large("second")).run();

        harness.node(node("b").offers("cpu", "16")).run();
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.nodeOf("first")).isEqualTo("b");
        assertThat(harness.nodeOf("second")).isEqualTo("b");
    }

    @Test
    void shouldPlaceALaterPodAlikeWhenAnEventHelped() {
        harness.node(node("a")).pod(large("first")).run();

        harness.node(node("b").offers("cpu", "16")).pod(large("second")).run();

        assertThat(harness.nodeOf("second")).isEqualTo("b");
    }

    @Test
    void shouldAskTheNodesAgainWhenTheRefusalIsOld() {
        harness.node(node("a")).pod(large("first")).run();
        harness.clock.advance(Refusals.VALID_FOR);

        assertThat(looksAfter(() -> harness.pod(large("second")))).isPositive();
    }

    @Test
    void shouldLookForVictimsAgainWhenAPodOfLowerPriorityHasCome() {
        harness.node(node("a"));
        harness.pod(pod("peer").on("a").priority(5).container("cpu", "4"));
        harness.pod(pod("first").priority(5).container("cpu", "3")).run();
        assertThat(harness.victims).isEmpty();

        harness.node(node("b").label("taken", "yes"));
        harness.pod(pod("low").on("b").container("cpu", "4"));
        harness.pod(pod("second").priority(5).container("cpu", "3")).run();

        assertThat(harness.victims).containsKey("second");
    }
}
