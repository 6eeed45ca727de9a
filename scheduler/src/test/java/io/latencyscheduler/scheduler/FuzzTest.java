package io.latencyscheduler.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.testing.FuzzCorpus;
import io.latencyscheduler.scheduler.admission.ReviewFuzz;
import io.latencyscheduler.scheduler.kube.AllocationFuzz;
import io.latencyscheduler.scheduler.kube.AnnotationsFuzz;
import io.latencyscheduler.scheduler.kube.PodFuzz;
import io.latencyscheduler.scheduler.offline.SnapshotFuzz;
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
        int kept = new FuzzCorpus("scheduler", name, input -> {
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
    void shouldAnswerAnyAnnotationsWithADemandOrFaults() {
        run("AnnotationsFuzz", 5_000, AnnotationsFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldPlaceOrRefuseAnyPod() {
        run("PodFuzz", 1_000, PodFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldCountOrIgnoreAnyAllocation() {
        run("AllocationFuzz", 1_000, AllocationFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldReadOrRefuseAnySnapshot() {
        run("SnapshotFuzz", 500, SnapshotFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldAnswerOrRefuseAnyAdmissionReview() {
        run("ReviewFuzz", 1_000, ReviewFuzz::fuzzerTestOneInput);
    }
}
