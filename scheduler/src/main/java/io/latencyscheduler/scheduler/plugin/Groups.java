package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.Filters;
import io.latencyscheduler.scheduler.framework.NodeVerdicts;
import io.latencyscheduler.scheduler.framework.PermitPlugin;
import io.latencyscheduler.scheduler.framework.PostFilterPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Places the pods of a group all or none: none is tried before all exist, each holds its place until all have one, and
 * when one cannot be placed the others let go at once, so that two groups never wait for each other's places.
 */
public final class Groups implements PreFilterPlugin, PostFilterPlugin, PermitPlugin {
    /** Longest that a pod holds a place for the others. */
    public static final Duration HOLD = Duration.ofSeconds(30);

    private @Nullable Waiting waiting;

    @Override
    public PreFilterPlugin.Result preFilter(CycleState state, PodInfo pod) {
        Optional<PodDemand.Group> group = pod.demand().value().group();
        if (group.isEmpty()) {
            return PreFilterPlugin.Result.SKIP;
        }
        int exist = state.cluster().groupMembers(key(pod, group.get())).size();
        return exist >= group.get().size()
                ? PreFilterPlugin.Result.SUCCESS
                : PreFilterPlugin.Result.refused(Verdict.unresolvable(
                        this,
                        "group " + group.get().name() + " has " + exist + " of its "
                                + group.get().size() + " pods"));
    }

    /** How a group is called within the cluster. */
    public static String key(PodInfo pod, PodDemand.Group group) {
        return pod.pod().metadata().namespace() + "/" + group.name();
    }

    @Override
    public PermitPlugin.Result permit(CycleState state, PodInfo pod, String nodeName, Waiting held) {
        waiting = held;
        Optional<PodDemand.Group> group = pod.demand().value().group();
        if (group.isEmpty()) {
            return PermitPlugin.Result.SUCCESS;
        }
        String key = key(pod, group.get());
        int placed = placed(state.cluster(), key);
        if (placed < group.get().size()) {
            return new PermitPlugin.Result(
                    Verdict.pending(
                            this,
                            "waiting for the other pods of group " + group.get().name()),
                    HOLD);
        }
        for (PodInfo other : heldOf(held, key)) {
            held.allow(other, this);
        }
        return PermitPlugin.Result.SUCCESS;
    }

    private static int placed(Cluster cluster, String key) {
        int placed = 0;
        for (String uid : cluster.groupMembers(key)) {
            placed += cluster.placed(uid) == null ? 0 : 1;
        }
        return placed;
    }

    private static List<PodInfo> heldOf(Waiting held, String key) {
        List<PodInfo> others = new ArrayList<>();
        for (PodInfo other : held.pods()) {
            Optional<PodDemand.Group> group = other.demand().value().group();
            if (group.isPresent() && key(other, group.get()).equals(key)) {
                others.add(other);
            }
        }
        return others;
    }

    /** After preemption has found nothing. */
    @Override
    public PostFilterPlugin.Result postFilter(CycleState state, PodInfo pod, NodeVerdicts verdicts, Filters filters) {
        Optional<PodDemand.Group> group = pod.demand().value().group();
        if (group.isPresent() && waiting != null) {
            for (PodInfo other : heldOf(waiting, key(pod, group.get()))) {
                waiting.reject(
                        other, this, "group " + group.get().name() + " cannot be placed: no node for pod " + pod.key());
            }
        }
        return PostFilterPlugin.Result.nothing("");
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.PodAppeared || event instanceof ClusterEvent.PodItselfChanged;
    }

    @Override
    public boolean mayHelp(PodInfo refused, ClusterEvent event) {
        return !(event instanceof ClusterEvent.PodAppeared appeared)
                || (refused.demand()
                                .value()
                                .group()
                                .equals(appeared.pod().demand().value().group())
                        && refused.pod()
                                .metadata()
                                .namespace()
                                .equals(appeared.pod().pod().metadata().namespace()));
    }
}
