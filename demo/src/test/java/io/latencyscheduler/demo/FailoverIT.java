package io.latencyscheduler.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.chaos.FailoverRounds;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten rounds of what {@code make chaos-failover ROUNDS=200} runs; {@code -Dlatency-scheduler.test.seed} repeats them. */
@RequiresApiServer
@RequiresTier(2)
class FailoverIT {
    private static final int ROUNDS = 10;

    @Test
    void shouldNeverLetTwoPodsUseAPortNorStrandAPodWhenTheLeaderIsFrozenKilledOrCutOff(@TempDir Path folder)
            throws Exception {
        long seed = Long.getLong("latency-scheduler.test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Path repository = Path.of(System.getProperty("repository.root"));
        List<FailoverRounds.Round> rounds = FailoverRounds.run(
                new FailoverRounds.Options(
                        ROUNDS,
                        seed,
                        repository.resolve("scheduler/target/latency-scheduler.jar"),
                        repository.resolve("dataplane-agent/target/dataplane-agent.jar"),
                        repository.resolve("manifests"),
                        folder),
                System.out::println);

        assertThat(rounds).hasSize(ROUNDS);
        assertThat(rounds).allMatch(FailoverRounds.Round::sound);
    }
}
