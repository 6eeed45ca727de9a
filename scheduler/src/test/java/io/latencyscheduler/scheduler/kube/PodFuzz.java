package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.nio.charset.StandardCharsets;

/** Any text as the manifest of a pod: a sentence, or a pod that the scheduler places, refuses and lets go again. */
public final class PodFuzz {
    private PodFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        PodInfo pod;
        try {
            pod = PodReader.manifest(new String(input, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException refused) {
            Sentences.require(refused.getMessage());
            return;
        }
        pod.demand().faults().forEach(fault -> Sentences.require(fault.sentence()));
        Harness harness =
                new Harness().dpdkNode("a", "0000:05:00.0", "0000:05:00.1").gatedNode("b");
        harness.scheduler.whatIf(pod);
        harness.inbox().pod(pod);
        harness.run();
        harness.inbox().podDeleted(pod.uid());
        harness.run();
        if (harness.cluster.placed(pod.uid()) != null
                || harness.cluster.node("a").ownedPorts().headroom() != 2) {
            throw new IllegalStateException("a pod that is gone still holds something");
        }
    }
}
