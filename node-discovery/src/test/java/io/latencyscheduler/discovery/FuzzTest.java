package io.latencyscheduler.discovery;

import io.latencyscheduler.discovery.host.OvsdbAnswerFuzz;
import io.latencyscheduler.sandbox.testing.FuzzCorpus;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Kept fuzz inputs and variations of them. The input that breaks a target is in the message. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FuzzTest {
    private static void run(String name, int variations, FuzzCorpus.Target target) {
        new FuzzCorpus("node-discovery", name, target).run(variations);
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
