package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.cli.Output.Tone;
import io.latencyscheduler.scheduler.offline.OfflineScheduler;
import io.latencyscheduler.scheduler.offline.Snapshot;
import io.latencyscheduler.scheduler.trace.Decision;
import io.latencyscheduler.scheduler.view.DecisionJson;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code explain POD}: why it is there, or nowhere, node by node. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Why a pod is where it is, or pending, node by node.",
            "",
            "The scheduler that leads remembers the last decision on each of the last 500 pods, until it restarts or"
                    + " another takes over. What every node would say now is worked out here, from the cluster's objects,"
                    + " by the scheduler's own code."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:the pod has a node",
            "1:it has none",
            "2:no such pod, or wrong options",
            "3:the cluster cannot be read"
        })
final class ExplainCommand implements Callable<Integer> {
    @Mixin
    private final ClusterAccess cluster = new ClusterAccess();

    @Mixin
    private final Output output = new Output();

    @Parameters(index = "0", paramLabel = "POD", description = "Name, or namespace/name.")
    private String pod = "";

    @Option(names = "--snapshot", paramLabel = "FILE", description = "A snapshot instead of a cluster.")
    private @Nullable Path snapshotFile;

    @Option(names = "--all", description = "List every node, however many share a reason.")
    private boolean all;

    @Override
    public Integer call() throws IOException {
        try (cluster) {
            String key = pod.contains("/") ? pod : (snapshotFile == null ? cluster.namespace() : "default") + "/" + pod;
            JsonNode remembered = snapshotFile == null ? remembered(key) : null;
            Snapshot snapshot =
                    snapshotFile == null ? cluster.snapshot(output) : Snapshot.read(snapshotFile, Instant.now());
            for (JsonNode object : snapshot.objects()) {
                JsonNode metadata = object.path("metadata");
                if (object.path("kind").asText().equals("Pod")
                        && key.equals(metadata.path("namespace").asText() + "/"
                                + metadata.path("name").asText())) {
                    return explain(key, object, remembered, snapshot);
                }
            }
            output.note("explain: there is no pod " + key);
            return 2;
        }
    }

    private @Nullable JsonNode remembered(String key) {
        try {
            SchedulerAccess.Answer answer = cluster.scheduler().get("/api/v1/decisions/" + key);
            return answer.status() == 200 ? answer.tree() : null;
        } catch (IOException unreachable) {
            output.note("the scheduler cannot be asked what it decided: " + unreachable.getMessage());
            return null;
        }
    }

    private int explain(String key, JsonNode object, @Nullable JsonNode remembered, Snapshot snapshot)
            throws IOException {
        String node = object.path("spec").path("nodeName").asText("");
        boolean same = remembered != null
                && remembered
                        .path("uid")
                        .asText()
                        .equals(object.path("metadata").path("uid").asText());
        Decision now = new OfflineScheduler(snapshot).again(object);
        ObjectNode answer = Json.object().put("pod", key).put("node", node.isEmpty() ? null : node);
        answer.put("scheduler", object.path("spec").path("schedulerName").asText());
        answer.set("decided", same ? remembered : null);
        answer.set("now", DecisionJson.of(now));
        if (output.json()) {
            output.print(answer);
        } else {
            print(key, node, object, same ? remembered : null, answer.path("now"));
        }
        return node.isEmpty() ? 1 : 0;
    }

    private void print(String key, String node, JsonNode object, @Nullable JsonNode decided, JsonNode now) {
        output.line(
                node.isEmpty()
                        ? output.tone(Tone.BAD, "Pod " + key + " is pending.")
                        : output.tone(Tone.GOOD, "Pod " + key + " is on node " + node + "."));
        String scheduler = object.path("spec").path("schedulerName").asText();
        if (!scheduler.equals(cluster.schedulerName())) {
            output.line("It is placed by scheduler '" + Output.clean(scheduler) + "', not by '"
                    + cluster.schedulerName() + "'; below is what the latter would say.");
        }
        if (decided == null) {
            output.line("No decision on it is remembered.");
        } else {
            String why = decided.path("scheduled").asBoolean()
                    ? "to place it on " + decided.path("node").asText() + because(decided)
                    : decided.path("message").asText();
            output.line("Decided at " + decided.path("decidedAt").asText() + ", attempt "
                    + decided.path("attempt").asText() + ": " + Output.clean(why));
        }
        output.line("");
        output.line(node.isEmpty() ? "Now:" : "Now, were it not yet placed:");
        DecisionReport.print(output, now, all);
    }

    private static String because(JsonNode decided) {
        String why = decided.path("why").asText("");
        return why.isEmpty() ? "" : " (" + why + ")";
    }
}
