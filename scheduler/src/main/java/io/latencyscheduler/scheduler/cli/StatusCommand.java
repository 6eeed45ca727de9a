package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.cli.Output.Tone;
import io.latencyscheduler.scheduler.offline.OfflineScheduler;
import io.latencyscheduler.scheduler.offline.Snapshot;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code status}: a line for each part, with what to do about it. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Whether every part works: the scheduler, the nodes, their agents; and pods that name a scheduler which is"
                    + " not running."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:no errors", "1:errors", "2:wrong options", "3:the cluster cannot be read"})
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private final ClusterAccess cluster = new ClusterAccess();

    @Mixin
    private final Output output = new Output();

    @Override
    public Integer call() {
        try (cluster) {
            List<Finding> findings = new ArrayList<>();
            Snapshot snapshot = cluster.snapshot(output);
            Instant now = snapshot.takenAt();
            try {
                findings.add(Finding.ok(
                        "api-server",
                        ApiVersions.discover(cluster.clients().commands()).gitVersion() + " at "
                                + cluster.clients().address()));
                Leases leases = Leases.list(cluster.clients().commands(), now);
                findings.add(scheduler(leases));
                findings.addAll(PendingPods.findings(snapshot, leases, cluster.schedulerName()));
            } catch (IOException failure) {
                throw new ClusterAccess.Unreachable("the cluster cannot be read: " + failure.getMessage(), failure);
            }
            findings.addAll(NodeFindings.of(new OfflineScheduler(snapshot).nodes()));
            print(findings);
            return findings.stream().anyMatch(finding -> finding.level() == Finding.Level.ERROR) ? 1 : 0;
        }
    }

    private Finding scheduler(Leases leases) {
        String name = cluster.schedulerName();
        String answer;
        try {
            SchedulerAccess.Answer ready = cluster.scheduler().get("/readyz");
            answer = ready.text().strip().replace('\n', ';');
            if (ready.status() != 200) {
                return Finding.error("scheduler", name + " is not ready: " + answer);
            }
        } catch (IOException unreachable) {
            answer = "its HTTP interface cannot be reached: " + unreachable.getMessage();
            if (leases.state(name) == Leases.State.FRESH) {
                return Finding.warning(
                        "scheduler", name + " renews its lease (" + leases.holder(name) + "), but " + answer);
            }
            return Finding.error(
                    "scheduler",
                    name + " is not running: " + leases.sentence(name)
                            + ". Its pods wait for ever; start it, or name it with --scheduler-name or --scheduler-url");
        }
        return Finding.ok("scheduler", name + ": " + answer);
    }

    private void print(List<Finding> findings) {
        if (output.json()) {
            ArrayNode array = Json.array();
            for (Finding finding : findings) {
                array.addObject()
                        .put("level", finding.level().name().toLowerCase(Locale.ROOT))
                        .put("part", finding.part())
                        .put("message", finding.sentence());
            }
            output.print(array);
            return;
        }
        Output.Table table = output.table("", "PART", "");
        for (Finding finding : findings) {
            Tone tone = switch (finding.level()) {
                case OK -> Tone.GOOD;
                case WARNING -> Tone.WARN;
                case ERROR -> Tone.BAD;
            };
            table.row(tone, finding.level().name(), finding.part(), finding.sentence());
        }
        table.print();
    }
}
