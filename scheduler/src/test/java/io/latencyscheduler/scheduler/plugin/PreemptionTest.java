package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.fake.FakeClock;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.fake.Terms;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.PodDisruptionBudget;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PreemptionTest {
    private final Harness harness = new Harness();

    private static Pods low(String name, String node, int priority, String cpu) {
        return pod(name)
                .priority(priority)
                .container("cpu", cpu)
                .label("app", name)
                .on(node);
    }

    private static Pods high(String cpu) {
        return pod("high").priority(1000).container("cpu", cpu);
    }

    @Test
    void shouldEvictThePodOfTheLowestPriority() {
        harness.node(node("a")).node(node("b"));
        harness.pod(low("important", "a", 500, "4")).pod(low("spare", "b", 1, "4"));

        harness.pod(high("2")).run();

        assertThat(harness.victims).containsEntry("high", List.of("spare"));
    }

    @Test
    void shouldEvictOnlyAsManyAsNeededAndSpareTheMostImportant() {
        harness.node(node("a"));
        harness.pod(low("x", "a", 3, "1")).pod(low("y", "a", 2, "1")).pod(low("z", "a", 1, "2"));

        harness.pod(high("2")).run();

        assertThat(harness.victims).containsEntry("high", List.of("z"));
    }

    @Test
    void shouldNotEvictPodsOfTheSamePriority() {
        harness.node(node("a")).pod(low("x", "a", 1000, "4"));

        harness.pod(high("2")).run();

        assertThat(harness.victims).isEmpty();
        assertThat(harness.messages.get("high"))
                .isEqualTo("0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available:"
                        + " 1 No preemption victims found for incoming pod.");
    }

    @Test
    void shouldNotTryNodesThatNoEvictionCanHelp() {
        harness.node(node("a").cordoned()).pod(low("x", "a", 1, "4"));

        harness.pod(high("2")).run();

        assertThat(harness.victims).isEmpty();
        assertThat(harness.messages.get("high")).contains("1 Preemption is not helpful for scheduling.");
    }

    @Test
    void shouldNotPreemptForAPodThatNeverPreempts() {
        harness.node(node("a")).pod(low("x", "a", 1, "4"));

        harness.pod(high("2").preemptionPolicy("Never")).run();

        assertThat(harness.victims).isEmpty();
    }

    @Test
    void shouldPreferVictimsThatNoDisruptionBudgetProtects() {
        harness.node(node("a")).node(node("b"));
        harness.pod(low("guarded", "a", 1, "4")).pod(low("free", "b", 2, "4"));
        budget("guarded", 0);

        harness.pod(high("2")).run();

        assertThat(harness.victims).containsEntry("high", List.of("free"));
    }

    @Test
    void shouldBreakADisruptionBudgetWhenNothingElseHelps() {
        harness.node(node("a")).pod(low("guarded", "a", 1, "4"));
        budget("guarded", 0);

        harness.pod(high("2")).run();

        assertThat(harness.victims).containsEntry("high", List.of("guarded"));
    }

    private void budget(String app, int allowed) {
        harness.inbox()
                .budget(new PodDisruptionBudget(
                        new ObjectMeta(app, "default", "", "", 0, Map.of(), Map.of(), null, null, List.of()),
                        new PodDisruptionBudget.Spec(Terms.app(app)),
                        new PodDisruptionBudget.Status(allowed, Map.of())));
    }

    @Test
    void shouldPreferTheNodeWithTheYoungestVictimAmongEquals() {
        harness.node(node("a")).node(node("b"));
        harness.pod(low("old", "a", 1, "4").started(FakeClock.START))
                .pod(low("young", "b", 1, "4").started(FakeClock.START.plusSeconds(60)));

        harness.pod(high("2")).run();

        assertThat(harness.victims).containsEntry("high", List.of("young"));
    }

    @Test
    void shouldPlaceThePreemptorWhenItsVictimIsGone() {
        harness.node(node("a")).pod(low("x", "a", 1, "4"));
        harness.pod(high("2")).run();

        harness.inbox().podDeleted("uid-x");
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.nodeOf("high")).isEqualTo("a");
    }

    @Test
    void shouldKeepTheRoomThatWasMadeFromPodsOfLowerPriority() {
        harness.node(node("a")).pod(low("x", "a", 1, "4"));
        harness.pod(high("4")).run();
        harness.inbox().podDeleted("uid-x");

        harness.pod(pod("thief").priority(10).container("cpu", "4"));
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.nodeOf("high")).isEqualTo("a");
        assertThat(harness.nodeOf("thief")).isEmpty();
    }

    @Test
    void shouldEvictForAPortTheHolderOfAPortAndNobodyElse() {
        harness.dpdkNode("a", "p0")
                .pod(pod("holder")
                        .priority(5)
                        .on("a")
                        .allocated(new Allocation(1, "uid-holder", Tier.DPDK, List.of("p0"), List.of())))
                .pod(low("bystander", "a", 1, "1"));

        harness.pod(pod("du").priority(1000).ask("latency", "1ms")).run();

        assertThat(harness.victims).containsEntry("du", List.of("holder"));
    }

    @Test
    void shouldKeepTheFreedPortFromAnotherPodUntilThePreemptorHasIt() {
        harness.dpdkNode("a", "p0")
                .pod(pod("holder")
                        .priority(5)
                        .on("a")
                        .allocated(new Allocation(1, "uid-holder", Tier.DPDK, List.of("p0"), List.of())));
        harness.pod(pod("du").priority(1000).ask("latency", "1ms")).run();
        harness.inbox().podDeleted("uid-holder");

        harness.pod(pod("thief").priority(10).ask("latency", "1ms"));
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.interfacesOf("du")).containsExactly("p0");
        assertThat(harness.nodeOf("thief")).isEmpty();
    }

    @Test
    void shouldEvictForAffinityWhatItsAntiAffinityRefuses() {
        harness.node(node("a")).pod(low("enemy", "a", 1, "1"));

        harness.pod(pod("high").priority(1000).affinity(Terms.far(Terms.term("enemy", Terms.HOST))))
                .run();

        assertThat(harness.victims).containsEntry("high", List.of("enemy"));
    }
}
