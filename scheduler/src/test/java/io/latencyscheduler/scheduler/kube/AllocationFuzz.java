package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.AllocationJson;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Any text as the allocation of a bound pod: what it holds is given back whole, and what can be read reads back the same. */
public final class AllocationFuzz {
    private AllocationFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        String uid = "uid";
        try {
            Allocation read = AllocationJson.read(text);
            if (!AllocationJson.read(Json.text(read)).equals(read)) {
                throw new IllegalStateException("reads back otherwise");
            }
            uid = read.podUid(); // Whoever forges one knows his own pod's.
        } catch (IOException refused) {
            // Ignored below, as it would be on a node.
        }
        Harness harness =
                new Harness().dpdkNode("a", "0000:05:00.0", "0000:05:00.1").gatedNode("a");
        int before = harness.cluster.node("a").ownedPorts().headroom();
        for (String node : List.of("a", "nowhere")) {
            PodInfo pod = PodInfo.of(bound(uid, node, text), Decoders.ANNOTATIONS);
            harness.inbox().pod(pod);
            harness.pod(Pods.pod("other").ask("period", "1ms"));
            harness.run();
            harness.inbox().podDeleted(uid);
            harness.inbox().podDeleted("uid-other");
            harness.warnings.forEach(Sentences::require);
        }
        if (harness.cluster.node("a").ownedPorts().headroom() != before) {
            throw new IllegalStateException("a pod that is gone still holds a port");
        }
    }

    private static Pod bound(String uid, String node, String allocation) {
        Pod plain = Pods.pod("p").on(node).build();
        ObjectMeta meta = plain.metadata();
        return new Pod(
                new ObjectMeta(
                        meta.name(),
                        meta.namespace(),
                        uid,
                        "1",
                        0,
                        Map.of(),
                        Map.of(Keys.ALLOCATION, allocation),
                        meta.creationTimestamp(),
                        null,
                        List.of()),
                plain.spec(),
                plain.status());
    }
}
