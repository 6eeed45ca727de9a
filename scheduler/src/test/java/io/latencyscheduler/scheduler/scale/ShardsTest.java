package io.latencyscheduler.scheduler.scale;

import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.Pods;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code -Dlatency-scheduler.test.shard-nodes} makes it larger; every node has two ports, every port finds its pod. */
class ShardsTest {
    private static final int NODES = Integer.getInteger("latency-scheduler.test.shard-nodes", 80);
    private static final int PORTS = 2 * NODES;

    /** Of ten pods seven come to the first scheduler. */
    private static Shards shards(int count, boolean stealing, long seed) {
        Shards shards = new Shards(count, stealing, seed);
        for (int i = 0; i < NODES; i++) {
            shards.addNode("node-" + i, i % count, "0000:05:00.0", "0000:05:00.1");
        }
        for (int i = 0; i < PORTS; i++) {
            Pods ported = pod("ported-" + i).ask("interfaces", "1");
            shards.addPod(ported, i % 10 < 7 ? 0 : i % count);
            shards.addPod(pod("plain-" + i).container("cpu", "10m"), i % 10 < 7 ? 0 : i % count);
        }
        return shards;
    }

    private static Shards.Outcome run(Shards shards, String title) {
        long startNs = System.nanoTime();
        Shards.Outcome outcome = shards.run();
        System.out.printf(
                "%,d nodes, %s: %,d pods in %,d turns, %,d stolen, %,d passed on, %,d bound by another meanwhile (%.1f s)%n",
                NODES,
                title,
                outcome.placed(),
                outcome.turns(),
                outcome.stolen(),
                outcome.passedOn(),
                outcome.conflicts(),
                (System.nanoTime() - startNs) / 1e9);
        return outcome;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void shouldFillEveryPortOnceWithFourSchedulersThatStealFromEachOther(long seed) {
        Shards shards = shards(4, true, seed);
        Shards.Outcome outcome = run(shards, "four that steal");

        assertThat(outcome.waiting()).isZero();
        assertThat(shards.auditor().found()).isEmpty();
        assertThat(shards.auditor().bound()).isEqualTo(2 * PORTS);
        assertThat(shards.held()).isEqualTo(PORTS);
        assertThat(outcome.stolen()).isPositive();
    }

    @Test
    void shouldNeedFewerTurnsThanOneScheduler() {
        Shards.Outcome alone = run(shards(1, false, 1), "one");
        Shards.Outcome four = run(shards(4, true, 1), "four that steal");

        assertThat(alone.waiting()).isZero();
        assertThat(four.turns()).isLessThan(alone.turns());
    }
}
