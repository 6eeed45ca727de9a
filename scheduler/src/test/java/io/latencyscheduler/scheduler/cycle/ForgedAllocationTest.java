package io.latencyscheduler.scheduler.cycle;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.ledger.Auditor;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A user writes the annotation that only a scheduler may write. */
class ForgedAllocationTest {
    private final Harness harness = new Harness();

    private static Allocation of(String uid, String... ports) {
        return new Allocation(Allocation.VERSION, uid, Tier.DPDK, List.of(ports), List.of());
    }

    private int headroom() {
        return harness.cluster.node("a").ownedPorts().headroom();
    }

    @Test
    void shouldNotCountWhatAPendingPodClaims() {
        harness.dpdkNode("a", "p0", "p1");

        PodInfo pending = pod("thief").allocated(of("uid-thief", "p0", "p1")).info();

        assertThat(pending.allocation()).isNull();
    }

    @Test
    void shouldBindAnOrdinaryPodThatClaimsPortsWithAnAllocationOfNothingAndSaySo() {
        harness.dpdkNode("a", "p0")
                .pod(pod("thief").container("cpu", "1").allocated(of("uid-thief", "p0")))
                .run();

        assertThat(harness.bound.get("thief").allocation()).isEqualTo(Allocation.ofNothing("uid-thief"));
        assertThat(headroom()).isEqualTo(1);
        assertThat(harness.warnings)
                .containsExactly(
                        "AllocationIgnored thief: the annotation latency-scheduler.io/allocation was there before"
                                + " the pod was bound; the binding replaces it");
    }

    @Test
    void shouldGiveAPodWhatItAsksForAndNotWhatItClaims() {
        harness.dpdkNode("a", "p0", "p1", "p2")
                .pod(pod("thief").ask("latency", "1ms").allocated(of("uid-thief", "p1", "p2")))
                .run();

        assertThat(harness.interfacesOf("thief")).containsExactly("p0");
        assertThat(headroom()).isEqualTo(2);
    }

    @Test
    void shouldKeepCountingWhatAPodWasBoundWithWhenItsAnnotationIsRewritten() {
        harness.dpdkNode("a", "p0", "p1", "p2").pod(pod("owner").on("a").allocated(of("uid-owner", "p0")));

        harness.pod(pod("owner").on("a").allocated(of("uid-owner", "p1", "p2")));

        assertThat(harness.cluster.node("a").ownedPorts().holder("p0")).isEqualTo("uid-owner");
        assertThat(headroom()).isEqualTo(2);
        assertThat(harness.warnings)
                .containsExactly("AllocationIgnored owner: the annotation latency-scheduler.io/allocation was changed"
                        + " after the pod was bound; what it was bound with still counts");
    }

    @Test
    void shouldGiveNothingToABoundPodThatClaimsPortsLater() {
        harness.dpdkNode("a", "p0").pod(pod("web").on("a"));

        harness.pod(pod("web").on("a").allocated(of("uid-web", "p0")));
        harness.inbox().dataplane("a", null);

        assertThat(headroom()).isEqualTo(1);
        assertThat(harness.warnings).hasSize(1);
    }

    @Test
    void shouldTellOfAnAllocationThatWasMadeForAnotherPod() {
        harness.dpdkNode("a", "p0").pod(pod("copy").on("a").allocated(of("uid-original", "p0")));

        assertThat(headroom()).isEqualTo(1);
        assertThat(harness.warnings)
                .singleElement()
                .satisfies(warning -> assertThat(warning)
                        .startsWith("AllocationIgnored copy:")
                        .endsWith("UID uid-copy"));
    }

    @Test
    void shouldTellOncePerChangeAndNotAtEveryUpdateAfterIt() {
        harness.dpdkNode("a", "p0").pod(pod("owner").on("a").allocated(of("uid-owner", "p0")));
        harness.pod(pod("owner").on("a"));
        harness.pod(pod("owner").on("a").label("x", "1"));
        harness.pod(pod("owner").on("a").label("x", "2"));

        assertThat(harness.warnings).hasSize(1).first().asString().contains("was removed");
        assertThat(headroom()).isZero();
    }

    @Test
    void shouldNotTakeARewrittenAnnotationForDriftOfTheLedger() {
        harness.dpdkNode("a", "p0", "p1").pod(pod("owner").on("a").allocated(of("uid-owner", "p0")));
        PodInfo rewritten =
                pod("owner").on("a").allocated(of("uid-owner", "p1")).info();
        harness.inbox().pod(rewritten);
        Auditor auditor = new Auditor();

        auditor.audit(harness.cluster, List.of(rewritten));

        assertThat(auditor.audit(harness.cluster, List.of(rewritten))).isEmpty();
    }

    @Test
    void shouldFindAnAllocationWhoseBindingTheLedgerMissed() {
        harness.dpdkNode("a", "p0", "p1")
                .node(node("b"))
                .pod(pod("owner").on("a").allocated(of("uid-owner", "p0")));
        PodInfo unseen = pod("owner").on("a").allocated(of("uid-owner", "p1")).info();
        Auditor auditor = new Auditor();

        auditor.audit(harness.cluster, List.of(unseen));

        assertThat(auditor.audit(harness.cluster, List.of(unseen)))
                .extracting(Auditor.Drift::kind)
                .containsExactly(Auditor.Kind.OTHER_ALLOCATION);
    }
}
