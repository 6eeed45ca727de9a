package io.latencyscheduler.scheduler;

import io.latencyscheduler.sandbox.testing.FuzzCorpus;
import io.latencyscheduler.scheduler.admission.ReviewFuzz;
import io.latencyscheduler.scheduler.extender.ExtenderFuzz;
import io.latencyscheduler.scheduler.kube.AllocationFuzz;
import io.latencyscheduler.scheduler.kube.AnnotationsFuzz;
import io.latencyscheduler.scheduler.kube.PodFuzz;
import io.latencyscheduler.scheduler.offline.SnapshotFuzz;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Kept fuzz inputs and variations of them. The input that breaks a target is in the message. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FuzzTest {
    private static void run(String name, int variations, FuzzCorpus.Target target) {
        new FuzzCorpus("scheduler", name, target).run(variations);
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
    void shouldAnswerOrRefuseAnythingAskedOfTheExtender() {
        run("ExtenderFuzz", 1_000, ExtenderFuzz::fuzzerTestOneInput);
    }

    @Test
    void shouldAnswerOrRefuseAnyAdmissionReview() {
        run("ReviewFuzz", 1_000, ReviewFuzz::fuzzerTestOneInput);
    }
}
