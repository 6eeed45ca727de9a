package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.scheduler.offline.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Pods without a node, by the scheduler that they name. */
final class PendingPods {
    private PendingPods() {}

    /** Its pods, and those of them that no scheduler has said a word about. */
    private static final class Waiting {
        final List<String> pods = new ArrayList<>();
        final List<String> unheard = new ArrayList<>();
    }

    static List<Finding> findings(Snapshot snapshot, Leases leases, String ours) {
        Map<String, Waiting> byScheduler = new TreeMap<>();
        byScheduler.put(ours, new Waiting());
        for (JsonNode object : snapshot.objects()) {
            if (object.path("kind").asText().equals("Pod") && waits(object)) {
                Waiting waiting = byScheduler.computeIfAbsent(
                        object.path("spec").path("schedulerName").asText("default-scheduler"), unused -> new Waiting());
                String key = object.path("metadata").path("namespace").asText() + "/"
                        + object.path("metadata").path("name").asText();
                waiting.pods.add(key);
                if (!judged(object)) {
                    waiting.unheard.add(key);
                }
            }
        }
        List<Finding> findings = new ArrayList<>();
        byScheduler.forEach((scheduler, waiting) -> {
            Leases.State state = leases.state(scheduler);
            // Without a lease a scheduler may run alone, but then it says something about its pods.
            boolean runs = state == Leases.State.FRESH || (state == Leases.State.ABSENT && waiting.unheard.isEmpty());
            if (!runs && !waiting.pods.isEmpty()) {
                findings.add(Finding.error(
                        "pending-pods",
                        named(waiting.pods) + " name" + (waiting.pods.size() == 1 ? "s" : "") + " scheduler '"
                                + scheduler + "', which is not running: " + leases.sentence(scheduler)));
            } else if (scheduler.equals(ours) || !waiting.pods.isEmpty()) {
                String sentence = waiting.pods.isEmpty()
                        ? "no pod waits for scheduler '" + scheduler + "'"
                        : named(waiting.pods) + " wait" + (waiting.pods.size() == 1 ? "s" : "") + " for scheduler '"
                                + scheduler + "'; explain tells why";
                findings.add(
                        waiting.pods.isEmpty()
                                ? Finding.ok("pending-pods", sentence)
                                : Finding.warning("pending-pods", sentence));
            }
        });
        return findings;
    }

    private static boolean waits(JsonNode pod) {
        String phase = pod.path("status").path("phase").asText("");
        return pod.path("spec").path("nodeName").asText("").isEmpty()
                && !pod.path("metadata").has("deletionTimestamp")
                && !phase.equals("Succeeded")
                && !phase.equals("Failed");
    }

    private static boolean judged(JsonNode pod) {
        for (JsonNode condition : pod.path("status").path("conditions")) {
            if (condition.path("type").asText().equals("PodScheduled")) {
                return true;
            }
        }
        return false;
    }

    private static String named(List<String> pods) {
        return pods.size() == 1
                ? "pod " + pods.get(0)
                : pods.size() + " pods (" + pods.get(0) + ", " + pods.get(1) + (pods.size() > 2 ? ", …" : "") + ")";
    }
}
