package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import java.time.Duration;

/** Decides on made-up pods while the first lists are on their way, so that real ones do not meet code that never ran. */
final class WarmUp {
    private static final int NODES = 200;
    private static final int ROUNDS = 50;
    private static final Duration LONGEST = Duration.ofSeconds(1);

    private WarmUp() {}

    static void run(SchedulerConfig config) {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        SyntheticCluster cluster = new SyntheticCluster(
                NODES,
                DefaultPlugins.create(config.tiers(), config.streams(), config.dpdkReadiness(), VolumeWriter.NONE));
        for (int round = 0; round < ROUNDS; round++) {
            for (SyntheticCluster.Asks asks : SyntheticCluster.Asks.values()) {
                if (System.nanoTime() - deadline > 0) {
                    return;
                }
                cluster.pass(cluster.pod(asks));
            }
        }
    }
}
