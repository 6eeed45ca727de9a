package io.latencyscheduler.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.dataplane.cni.CniFuzz;
import io.latencyscheduler.dataplane.kube.AllocationFuzz;
import io.latencyscheduler.dataplane.ovs.OvsdbFuzz;
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
        int kept = new FuzzCorpus("dataplane-agent", name, input -> {
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
    void shouldAnswerOrRefuseAnyRequestForAnInterface() {
        run("CniFuzz", 3_000, CniFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldFollowAnyUpdateOfTheSwitchsDatabase() {
        run("OvsdbFuzz", 3_000, OvsdbFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldHonourRefuseOrIgnoreAnyAllocation() {
        run("AllocationFuzz", 3_000, AllocationFuzz::fuzzerTestOneInput);
    }
}
