package io.latencyscheduler.scheduler.scale;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A pod waits for at most one decision on each pod that came before it, and for none on those that rest or that matter
 * less. {@code -Dlatency-scheduler.test.nodes} asks more nodes, for the time that is printed.
 */
class StormTest {
    private static final int STORM = 5_000;
    private static final int NODES = Integer.getInteger("latency-scheduler.test.nodes", 10);

    private final Harness harness = new Harness();

    @BeforeEach
    void addNodes() {
        for (int i = 0; i < NODES; i++) {
            harness.node(node("node-" + i));
        }
    }

    /** Pods that no node takes, all different, so that none is refused in the name of another. */
    private void storm() {
        for (int i = 0; i < STORM; i++) {
            harness.pod(pod("never-" + i).label("number", Integer.toString(i)).container("cpu", "1000"));
        }
    }

    /** Decisions until the pod has its node. */
    private int decisionsUntilPlaced(Pods pod, String name) {
        int before = harness.decisions.size();
        long startNs = System.nanoTime();
        harness.pod(pod);
        while (harness.nodeOf(name).isEmpty() && harness.scheduler.scheduleOne()) {}
        assertThat(harness.nodeOf(name)).isNotEmpty();
        System.out.printf(
                "%,d pods that no node takes, %,d nodes: placed after %,d decisions, %.3f s%n",
                STORM, NODES, harness.decisions.size() - before, (System.nanoTime() - startNs) / 1e9);
        return harness.decisions.size() - before;
    }

    @Test
    void shouldPlaceAPodBehindAStormAfterOneDecisionOnEachOther() {
        storm();

        assertThat(decisionsUntilPlaced(pod("last").container("cpu", "1"), "last"))
                .isEqualTo(STORM + 1);
    }

    @Test
    void shouldPlaceAPodAtOnceWhenTheStormHasHadItsTurn() {
        storm();
        harness.run();

        assertThat(decisionsUntilPlaced(pod("last").container("cpu", "1"), "last"))
                .isEqualTo(1);
    }

    @Test
    void shouldPlaceAPodAfterOneDecisionOnEachOtherThatAnEventWokeAgain() {
        storm();
        harness.run();
        harness.clock.advance(Duration.ofMinutes(1));
        harness.node(node("one-more"));

        assertThat(decisionsUntilPlaced(pod("last").container("cpu", "1"), "last"))
                .isLessThanOrEqualTo(STORM + 1);
    }

    @Test
    void shouldPlaceAPodThatMattersMoreBeforeTheWholeStorm() {
        storm();

        assertThat(decisionsUntilPlaced(pod("first").priority(1).container("cpu", "1"), "first"))
                .isEqualTo(1);
    }
}
