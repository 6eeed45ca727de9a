package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The model of binding, ledger and failover, checked by spin for every order of events. */
class FailoverModelIT {
    private static final int NO_SPIN = 77;

    @Test
    void shouldKeepTheRulesOfCapacityInEveryOrderOfEventsAndMissThemWhereOneIsLeftOut() throws Exception {
        Path script = Path.of(System.getProperty("repository.root"), "hack", "check-model");
        Process check =
                new ProcessBuilder(script.toString()).redirectErrorStream(true).start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = check.waitFor();

        assumeTrue(status != NO_SPIN, said);
        System.out.print(said);
        assertThat(status).as(said).isZero();
    }
}
