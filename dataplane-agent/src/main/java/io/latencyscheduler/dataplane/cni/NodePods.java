package io.latencyscheduler.dataplane.cni;

import io.latencyscheduler.dataplane.cni.PodDirectory.Standing;
import io.latencyscheduler.dataplane.control.Reconciler;
import io.latencyscheduler.dataplane.control.SocketPaths;
import io.latencyscheduler.dataplane.kube.NodeWatch;
import io.latencyscheduler.dataplane.plan.BoundPod;
import java.io.IOException;
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
    private final Starting starting;

    /** What is done for a pod when its sandbox is made, before its containers. */
    public interface Starting {
        /** May be repeated. */
        void prepare(BoundPod pod) throws IOException;
    }

    /** {@code lastOutcome}: what the control loop's last pass came to; null before the first. */
    public NodePods(
            NodeWatch watch, Supplier<Reconciler.@Nullable Outcome> lastOutcome, Path runDirectory, Starting starting) {
        this.starting = starting;
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
        for (BoundPod installed : outcome.installed()) {
            if (installed.uid().equals(known)) {
                return served(installed);
            }
        }
        return watch.hasAllocation(known)
                ? new Standing.NotYet("the streams and devices of pod " + pod + " are not ready yet"
                        + (outcome.failures().isEmpty() ? "" : ": " + String.join("; ", outcome.failures())))
                : new Standing.Ordinary();
    }

    /** The kubelet has chosen the pod's CPUs by now, and its containers start after this. */
    private Standing served(BoundPod pod) {
        try {
            starting.prepare(pod);
        } catch (IOException failed) {
            return new Standing.NotYet("pod " + pod.display() + " cannot be told what it has: " + failed.getMessage());
        }
        return new Standing.Served(
                pod.uid(), SocketPaths.socket(runDirectory, pod.uid()).toString());
    }
}
