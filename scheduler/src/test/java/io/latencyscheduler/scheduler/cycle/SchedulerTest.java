package io.latencyscheduler.scheduler.cycle;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.queue.SchedulingQueue.Place;
import io.latencyscheduler.scheduler.trace.Decision;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private final Harness harness = new Harness();

    @Test
    void shouldRememberTheBestRanksOfALiveDecisionWithTheirParts() {
        Harness harness = new Harness();
        for (int i = 0; i < 25; i++) {
            harness.node(node("n" + i).offers("cpu", String.valueOf(1 + i)));
        }
        harness.pod(pod("web").container("cpu", "500m"));
        harness.run();

        Decision live = harness.decisions.get(0);
        assertThat(live.scored()).hasSize(SchedulingCycle.RANKS_KEPT);
        assertThat(live.scored().get(0).nodeName()).isEqualTo(live.nodeName());
        assertThat(live.scored()).extracting(Decision.NodeScore::total).isSortedAccordingTo(Comparator.reverseOrder());
        assertThat(live.scored())
                .allSatisfy(node -> assertThat(node.byPlugin().stream()
                                .mapToLong(Decision.PluginScore::score)
                                .sum())
                        .isEqualTo(node.total()));
        Decision whatIf =
                harness.scheduler.whatIf(pod("other").container("cpu", "500m").info());
        assertThat(whatIf.scored()).hasSize(25);
    }

    @Test
    void shouldBindPodWithItsAllocationInOneWrite() {
        harness.dpdkNode("a", "0000:05:00.0", "0000:05:00.1")
                .pod(pod("du").ask("latency", "800us"))
                .run();

        assertThat(harness.nodeOf("du")).isEqualTo("a");
        assertThat(harness.bound.get("du").allocation().tier()).isEqualTo(Tier.DPDK);
        assertThat(harness.bound.get("du").allocation().podUid()).isEqualTo("uid-du");
        assertThat(harness.interfacesOf("du")).containsExactly("0000:05:00.0");
        assertThat(harness.cluster.node("a").ownedPorts().headroom()).isEqualTo(1);
        assertThat(harness.whys.get("du")).isEqualTo("latency 800µs by tier dpdk, configured from 800µs");
    }

    @Test
    void shouldBindOrdinaryPodWithoutAllocation() {
        harness.node(node("a")).pod(pod("web").container("cpu", "1")).run();

        assertThat(harness.nodeOf("web")).isEqualTo("a");
        assertThat(harness.bound.get("web").allocation()).isNull();
    }

    @Test
    void shouldNeverGiveOnePortToTwoPodsWhileTheFirstBindingIsUnanswered() {
        harness.answer = false;
        harness.dpdkNode("a", "p0")
                .pod(pod("first").ask("latency", "1ms"))
                .pod(pod("second").ask("latency", "1ms"))
                .run();

        assertThat(harness.interfacesOf("first")).containsExactly("p0");
        assertThat(harness.bound).doesNotContainKey("second");
        assertThat(harness.messages.get("second"))
                .isEqualTo("0/1 nodes are available: 1 node(s) had too few free DPDK ports. preemption: 0/1 nodes are"
                        + " available: 1 No preemption victims found for incoming pod. a needs 1 more DPDK port.");
    }

    @Test
    void shouldGiveBackThePortWhenBindingFails() {
        harness.answer = false;
        harness.dpdkNode("a", "p0").pod(pod("first").ask("latency", "1ms")).run();
        CompletableFuture<Binder.Result> result = harness.unanswered.get("first");

        result.complete(new Binder.Result.Failed("500"));
        harness.run();

        assertThat(harness.cluster.node("a").ownedPorts().headroom()).isEqualTo(1);
        assertThat(harness.scheduler.queue().place("uid-first")).contains(Place.BACKOFF);
        harness.answer = true;
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();
        assertThat(harness.interfacesOf("first")).containsExactly("p0");
    }

    @Test
    void shouldGiveBackThePortAtOnceWhenThePodIsDeletedWhileBinding() {
        harness.answer = false;
        harness.dpdkNode("a", "p0").pod(pod("first").ask("latency", "1ms")).run();

        harness.inbox().podDeleted("uid-first");
        harness.answer = true;
        harness.pod(pod("second").ask("latency", "1ms")).run();

        assertThat(harness.interfacesOf("second")).containsExactly("p0");
        harness.unanswered.get("first").complete(new Binder.Result.Failed("404"));
        harness.run();
        assertThat(harness.scheduler.queue().contains("uid-first")).isFalse();
    }

    @Test
    void shouldWakeWhoWaitsForAPortWhenItsHolderLeavesThatHadLostItsAnnotation() {
        harness.dpdkNode("a", "p0").pod(pod("first").ask("latency", "1ms")).run();
        harness.pod(pod("second").ask("latency", "1ms")).run();
        harness.inbox().pod(Pods.bound(harness.bound.get("first").pod(), "a", null));

        harness.inbox().podDeleted("uid-first");
        harness.clock.advance(Duration.ofSeconds(2));
        harness.run();

        assertThat(harness.interfacesOf("second")).containsExactly("p0");
    }

    @Test
    void shouldKeepThePortWhenTheWatchSaysBoundBeforeTheBinderSaysFailed() {
        harness.answer = false;
        harness.dpdkNode("a", "p0").pod(pod("first").ask("latency", "1ms")).run();
        Binder.Request request = harness.bound.get("first");

        harness.inbox().pod(Pods.bound(request.pod(), "a", request.allocation()));
        harness.unanswered.get("first").complete(new Binder.Result.Failed("connection reset"));
        harness.run();

        assertThat(harness.cluster.node("a").ownedPorts().headroom()).isZero();
        assertThat(harness.scheduler.queue().contains("uid-first")).isFalse();
    }

    @Test
    void shouldFreeThePortWhenThePodEnds() {
        harness.dpdkNode("a", "p0")
                .pod(pod("first").ask("latency", "1ms"))
                .pod(pod("second").ask("latency", "1ms"))
                .run();
        assertThat(harness.bound).doesNotContainKey("second");

        harness.pod(pod("first").on("a").phase("Succeeded"));
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.interfacesOf("second")).containsExactly("p0");
    }

    @Test
    void shouldSayWhatIsWrongWithAnAnnotation() {
        harness.node(node("a")).pod(pod("web").ask("latency", "fast")).run();

        assertThat(harness.messages.get("web"))
                .isEqualTo("0/1 nodes are available: latency-scheduler.io/latency: 'fast' must be an integer of"
                        + " microseconds such as 5000, or an integer with ns, us, µs, ms or s such as 250us.");
    }

    @Test
    void shouldPlaceThePodOnceItsAnnotationIsMended() {
        harness.node(node("a")).pod(pod("web").ask("latency", "fast")).run();

        harness.pod(pod("web").ask("latency", "20ms"));
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.nodeOf("web")).isEqualTo("a");
    }

    @Test
    void shouldNotTouchPodsOfAnotherScheduler() {
        harness.node(node("a")).pod(pod("web").scheduler("default-scheduler")).run();

        assertThat(harness.bound).isEmpty();
        assertThat(harness.messages).isEmpty();
    }

    @Test
    void shouldCountPodsOfAnotherScheduler() {
        harness.node(node("a"))
                .pod(pod("other").scheduler("default-scheduler").on("a").container("cpu", "3"))
                .pod(pod("web").container("cpu", "2"))
                .run();

        assertThat(harness.messages.get("web")).startsWith("0/1 nodes are available: 1 Insufficient cpu. preemption: ");
    }

    @Test
    void shouldGoOnWithOtherPodsWhenNoneFits() {
        harness.node(node("a"))
                .pod(pod("big").container("cpu", "64"))
                .pod(pod("small").container("cpu", "1"))
                .run();

        assertThat(harness.nodeOf("small")).isEqualTo("a");
    }

    @Test
    void shouldTryAgainWhenANodeAppears() {
        harness.pod(pod("web")).run();
        assertThat(harness.messages.get("web")).isEqualTo("no nodes available to schedule pods");

        harness.node(node("a"));
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.nodeOf("web")).isEqualTo("a");
    }

    @Test
    void shouldTryAPodWithAMalformedAnnotationAgainOnlyOnceThePodIsChanged() {
        harness.dpdkNode("a", "p0").pod(pod("typo").ask("interfaces", "many")).run();
        harness.pod(pod("other")).run();
        harness.dpdkNode("b", "p1").node(node("a").label("new", "label"));
        harness.inbox().podDeleted(pod("other").info().uid());
        harness.clock.advance(Duration.ofMinutes(1));
        harness.run();

        assertThat(harness.decisions)
                .extracting(decision -> decision.pod().key())
                .containsOnlyOnce("default/typo");
        assertThat(harness.messages.get("typo")).contains("latency-scheduler.io/interfaces");

        harness.pod(pod("typo").ask("interfaces", "1")).run();

        assertThat(harness.interfacesOf("typo")).hasSize(1);
    }
}
