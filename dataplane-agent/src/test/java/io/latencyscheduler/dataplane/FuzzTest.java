package io.latencyscheduler.dataplane;

import io.latencyscheduler.dataplane.cni.CniFuzz;
import io.latencyscheduler.dataplane.kube.AllocationFuzz;
import io.latencyscheduler.dataplane.ovs.OvsdbFuzz;
import io.latencyscheduler.dataplane.ovs.OvsdbStreamFuzz;
import io.latencyscheduler.sandbox.testing.FuzzCorpus;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Kept fuzz inputs and variations of them. The input that breaks a target is in the message. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FuzzTest {
    private static void run(String name, int variations, FuzzCorpus.Target target) {
        new FuzzCorpus("dataplane-agent", name, target).run(variations);
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
    void shouldReadTheSwitchsDatabaseTheSameHoweverItsBytesArrive() {
        run("OvsdbStreamFuzz", 300, OvsdbStreamFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldHonourRefuseOrIgnoreAnyAllocation() {
        run("AllocationFuzz", 3_000, AllocationFuzz::fuzzerTestOneInput);
    }
}
