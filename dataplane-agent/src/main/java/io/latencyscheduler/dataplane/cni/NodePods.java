package io.latencyscheduler.dataplane.cni;

import io.latencyscheduler.dataplane.cni.PodDirectory.Standing;
import io.latencyscheduler.dataplane.control.Reconciler;
import io.latencyscheduler.dataplane.control.SocketPaths;
import io.latencyscheduler.dataplane.kube.NodeWatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The pods as the agent's watch and its last pass know them. */
public final class NodePods implements PodDirectory {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long LOOK_AGAIN_MILLIS = 50;

    private final NodeWatch watch;
    private final Supplier<Reconciler.@Nullable Outcome> lastOutcome;
    private final Path runDirectory;

    /** {@code lastOutcome}: what the control loop's last pass came to; null before the first. */
    public NodePods(NodeWatch watch, Supplier<Reconciler.@Nullable Outcome> lastOutcome, Path runDirectory) {
        this.watch = watch;
        this.lastOutcome = lastOutcome;
        this.runDirectory = runDirectory;
    }

    @Override
    public Standing find(String uid, String namespace, String name) {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Standing standing = standing(uid, namespace, name);
            if (!(standing instanceof Standing.NotYet) || System.nanoTime() - deadlineNs > 0) {
                return standing;
            }
            try {
                Thread.sleep(LOOK_AGAIN_MILLIS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return standing;
            }
        }
    }

    private Standing standing(String uid, String namespace, String name) {
        String pod = namespace + "/" + name;
        String known = watch.uid(namespace, name);
        Reconciler.Outcome outcome = lastOutcome.get();
        if (outcome == null || known.isEmpty()) {
            return new Standing.NotYet(
                    outcome == null
                            ? "the agent has not read the node's pods from the API server yet"
                            : "pod " + pod + " is not known on this node yet");
        }
        if (!uid.isEmpty() && !uid.equals(known)) {
            return new Standing.NotYet("pod " + pod + " has UID " + known + " and not " + uid
                    + ": a pod of the same name took its place, or the news is on its way");
        }
        for (var refusal : outcome.plan().refused()) {
            if (refusal.pod().uid().equals(known)) {
                return new Standing.Refused(refusal.sentence());
            }
        }
        if (outcome.installed().stream().anyMatch(installed -> installed.uid().equals(known))) {
            return new Standing.Served(SocketPaths.socket(runDirectory, known).toString());
        }
        return watch.hasAllocation(known)
                ? new Standing.NotYet("the streams of pod " + pod + " are not admitted yet"
                        + (outcome.failures().isEmpty() ? "" : ": " + String.join("; ", outcome.failures())))
                : new Standing.Ordinary();
    }
}
