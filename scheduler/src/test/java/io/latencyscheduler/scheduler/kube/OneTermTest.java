package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class OneTermTest {
    private final CycleState state = new CycleState(new Cluster(), Instant.EPOCH);
    private final PodInfo pod =
            PodReader.manifest("{kind: Pod, metadata: {name: web, namespace: ns, uid: u}, spec: {}}");
    private long term = 1;
    private final OneTerm plugin = new OneTerm(() -> {
        long then = term;
        return () -> term == then;
    });

    private Verdict bindAfter(Runnable meanwhile) {
        Cluster cluster = state.cluster();
        cluster.putPod(pod, "node-1");
        Cluster.Placed placed = cluster.placed("u");
        NodeState node = placed.node();
        assertThat(plugin.reserve(state, pod, node).success()).isTrue();
        meanwhile.run();
        return plugin.preBind(state, pod, "node-1").toCompletableFuture().join();
    }

    @Test
    void shouldLetAPodGoOnInTheTermOfItsDecision() {
        assertThat(bindAfter(() -> {}).success()).isTrue();
    }

    @Test
    void shouldGiveAPodUpThatWasDecidedInAnEarlierTermEvenWhenThisInstanceLeadsAgain() {
        assertThat(bindAfter(() -> term = 3).code()).isEqualTo(Code.ERROR);
    }
}
