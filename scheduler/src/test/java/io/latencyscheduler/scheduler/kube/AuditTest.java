package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.kube.EventRecorder;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.DecisionLog;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuditTest {
    private final Answers server = new Answers();
    private final Harness harness = new Harness().dpdkNode("n1", "p0", "p1");
    private final SchedulerMetrics metrics = new SchedulerMetrics();
    private final SchedulerLoop loop = new SchedulerLoop(harness.clock, ns -> {});
    private final Leadership leadership = Answers.alone();
    private final Evictor evictor =
            new Evictor(server, new ApiVersions("v1", Set.of("policy/v1")), leadership, harness.clock);
    private final ApiReporter reporter = new ApiReporter(
            server,
            evictor,
            new EventRecorder(server, Resource.EVENTS, "test", "test", harness.clock),
            leadership,
            metrics,
            new DecisionLog(1),
            harness.clock);
    private final Audit audit = new Audit(null, loop, metrics, reporter, harness.clock);

    @AfterEach
    void close() {
        reporter.close();
        evictor.close();
    }

    private static PodInfo holding(String name, String port) {
        return Pods.pod(name)
                .uid("uid-" + name)
                .on("n1")
                .allocated(new Allocation(1, "uid-" + name, Tier.DPDK, List.of(port), List.of()))
                .info();
    }

    private void auditTwice(PodInfo... fresh) {
        audit.compare(harness.scheduler, List.of(fresh));
        audit.compare(harness.scheduler, List.of(fresh));
    }

    private double counted(String metric, String label, String value) {
        Double sample = metrics.registry()
                .getSampleValue("latency_scheduler_" + metric, new String[] {label}, new String[] {value});
        return sample == null ? 0 : sample;
    }

    @Test
    void shouldForgetAPodWhoseDeletionWasMissed() {
        harness.inbox().pod(holding("ghost", "p0"));

        auditTwice();

        assertThat(harness.cluster.placed("uid-ghost")).isNull();
        assertThat(harness.cluster.node("n1").ownedPorts().headroom()).isEqualTo(2);
        assertThat(counted("capacity_drift_total", "kind", "ghost")).isEqualTo(1);
    }

    @Test
    void shouldCountAPodWhoseBindingWasMissed() {
        auditTwice(holding("missed", "p0"));

        assertThat(harness.cluster.node("n1").ownedPorts().holder("p0")).isEqualTo("uid-missed");
        assertThat(counted("capacity_drift_total", "kind", "not_counted")).isEqualTo(1);
    }

    @Test
    void shouldNotTakeADifferenceForDriftThatIsGoneAtTheNextAudit() {
        audit.compare(harness.scheduler, List.of(holding("late", "p0")));
        harness.inbox().pod(holding("late", "p0"));
        audit.compare(harness.scheduler, List.of(holding("late", "p0")));

        assertThat(counted("capacity_drift_total", "kind", "not_counted")).isZero();
    }

    private void twoOnOnePort() {
        harness.inbox().pod(holding("first", "p0"));
        harness.inbox().pod(holding("second", "p0"));
        auditTwice(holding("first", "p0"), holding("second", "p0"));
    }

    @Test
    void shouldEvictTheLaterOfTwoPodsOnOnePortWhereNoAgentDecides() throws InterruptedException {
        loop.setPlacing(true);
        twoOnOnePort();

        assertThat(server.next().path()).endsWith("/pods/second/eviction");
        assertThat(counted("evictions_total", "reason", "PortHeldTwice")).isEqualTo(1);
    }

    @Test
    void shouldLeaveTheDecisionToALiveAgent() {
        loop.setPlacing(true);
        harness.inbox().dataplane("n1", Nodes.dataplane(harness.clock.instant(), "uplink0"));
        twoOnOnePort();

        assertThat(counted("evictions_total", "reason", "PortHeldTwice")).isZero();
        assertThat(counted("capacity_drift_total", "kind", "port_held_twice")).isEqualTo(1);
    }

    @Test
    void shouldDecideInPlaceOfAnAgentThatFellSilent() throws InterruptedException {
        loop.setPlacing(true);
        harness.inbox().dataplane("n1", Nodes.dataplane(harness.clock.instant(), "uplink0"));
        harness.clock.advance(Duration.ofSeconds(91));
        twoOnOnePort();

        assertThat(server.next().path()).endsWith("/pods/second/eviction");
    }

    @Test
    void shouldEvictNobodyAsAStandBy() {
        twoOnOnePort();

        assertThat(counted("evictions_total", "reason", "PortHeldTwice")).isZero();
    }
}
