package io.latencyscheduler.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.chaos.ChaosRounds;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few rounds of what {@code make chaos} runs for long; {@code -Dlatency-scheduler.test.seed} chooses others. */
@RequiresApiServer
@RequiresTier(2)
class ChaosIT {
    private static final int ROUNDS = 3;

    @Test
    void shouldHealFromSpoiledRequestsLostEventsAndRestarts(@TempDir Path folder) throws Exception {
        long seed = Long.getLong("latency-scheduler.test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Path repository = Path.of(System.getProperty("repository.root"));
        List<ChaosRounds.Round> rounds = ChaosRounds.run(
                new ChaosRounds.Options(
                        ROUNDS,
                        seed,
                        repository.resolve("scheduler/target/latency-scheduler.jar"),
                        repository.resolve("dataplane-agent/target/dataplane-agent.jar"),
                        repository.resolve("manifests"),
                        folder),
                System.out::println);

        assertThat(rounds).hasSize(ROUNDS);
        assertThat(rounds).flatExtracting(ChaosRounds.Round::faults).isEmpty();
    }
}
