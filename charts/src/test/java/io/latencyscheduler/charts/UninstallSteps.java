package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The end of an installation. */
abstract class UninstallSteps extends Steps {
    UninstallSteps(Installed installed) {
        super(installed);
    }

    @Test
    void shouldLeaveRunningPodsAndCleanNodesWhenItIsUninstalled() throws IOException {
        installed.release.uninstall();

        assertThat(traces()).isEmpty();
        for (String name : PLACED) {
            assertThat(installed.pod(name).at("/status/phase").asText())
                    .as(name)
                    .isEqualTo("Running");
            assertThat(installed.nodeOf(name)).isNotEmpty();
        }
        awaitNoProgram();
    }
}
