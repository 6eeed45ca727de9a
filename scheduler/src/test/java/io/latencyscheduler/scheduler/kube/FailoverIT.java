package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.chaos.Auditor;
import io.latencyscheduler.sandbox.chaos.FailoverRounds;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten rounds of what {@code make chaos-failover ROUNDS=200} runs; {@code -Dlatency-scheduler.test.seed} repeats them. */
@RequiresApiServer
class FailoverIT {
    private static final int ROUNDS = 10;

    @Test
    void shouldNeverGiveAPortTwiceNorStrandAPodWhenTheLeaderIsFrozenKilledOrCutOff(@TempDir Path folder)
            throws Exception {
        long seed = Long.getLong("latency-scheduler.test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Path repository = Path.of(System.getProperty("repository.root"));
        List<FailoverRounds.Round> rounds = FailoverRounds.run(
                new FailoverRounds.Options(
                        ROUNDS,
                        seed,
                        repository.resolve("scheduler/target/latency-scheduler.jar"),
                        repository.resolve("manifests"),
                        folder),
                System.out::println);

        assertThat(rounds).hasSize(ROUNDS);
        // A binding that a leader was about to send when it was frozen is sent when it wakes: no lease excludes that.
        // The
        // round ends when nobody holds anything any more.
        assertThat(rounds)
                .flatExtracting(round -> round.violations().stream()
                        .filter(violation -> round.fault() != FailoverRounds.Fault.FROZEN
                                || violation.kind() != Auditor.Kind.PORT_GIVEN_TWICE)
                        .toList())
                .isEmpty();
        assertThat(rounds).flatExtracting(FailoverRounds.Round::stranded).isEmpty();
    }
}
