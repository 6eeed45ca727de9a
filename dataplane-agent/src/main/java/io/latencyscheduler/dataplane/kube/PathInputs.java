package io.latencyscheduler.dataplane.kube;

import io.latencyscheduler.dataplane.control.Desired;
import io.latencyscheduler.dataplane.paths.Probe;
import io.latencyscheduler.dataplane.paths.ProbePlanner;
import io.latencyscheduler.dataplane.plan.BoundPod;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the plan of the probes depends on, as the API server has it. */
public final class PathInputs {
    private final NodeWatch watch;
    private final ProbePlanner planner;
    private final @Nullable PeerDirectory peers;

    /** With {@code peers} null, nothing is measured to other nodes. */
    public PathInputs(NodeWatch watch, ProbePlanner planner, @Nullable PeerDirectory peers) {
        this.watch = watch;
        this.planner = planner;
        this.peers = peers;
    }

    /** What to measure now. Before the pods are known no device counts as free. */
    public List<Probe> plan() {
        Desired desired = watch.desired();
        Set<String> held = new HashSet<>();
        if (desired != null) {
            for (BoundPod pod : desired.pods()) {
                if (!pod.terminated()) {
                    held.addAll(pod.allocation().interfaces());
                }
            }
        }
        return planner.plan(
                desired == null ? null : watch.inventory(), held, peers == null ? List.of() : peers.current());
    }
}
