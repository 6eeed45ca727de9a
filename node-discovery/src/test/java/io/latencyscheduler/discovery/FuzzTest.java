package io.latencyscheduler.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.discovery.host.OvsdbAnswerFuzz;
import io.latencyscheduler.sandbox.testing.FuzzCorpus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Kept fuzz inputs and variations of them. The input that breaks a target is in the message. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FuzzTest {
    /** The same variations in every build; {@code make fuzz} looks for new ones. */
    private static final long SEED = 1;

    private interface Target {
        void run(byte[] input) throws IOException;
    }

    private static void run(String name, int variations, Target target) {
        int kept = new FuzzCorpus("node-discovery", name, input -> {
                    try {
                        target.run(input);
                    } catch (IOException broke) {
                        throw new UncheckedIOException(broke);
                    }
                })
                .run(variations, Long.getLong("latency-scheduler.test.seed", SEED));
        assertThat(kept).isPositive();
    }

    @Test
    void shouldConcludeSomethingOfAnyTree() {
        run("HostTreeFuzz", 200, HostTreeFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldReadOrRefuseAnyAnswerOfTheSwitchsDatabase() {
        run("OvsdbAnswerFuzz", 3_000, OvsdbAnswerFuzz::fuzzerTestOneInput);
    }
}
