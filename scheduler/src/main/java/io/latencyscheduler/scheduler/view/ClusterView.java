package io.latencyscheduler.scheduler.view;

import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;

/**
 * What changed since an earlier look, and the queue.
 *
 * @param generation of the ledger at this look; the next look starts from it
 * @param nodes the nodes that changed, or all at the first look
 * @param names of all nodes that exist
 * @param queue how many pods wait, by place
 * @param inFlight pods decided and not yet bound
 * @param waiting the pods that wait longest, at most {@link #MAX_WAITING}
 */
public record ClusterView(
        long generation,
        List<NodeView> nodes,
        Set<String> names,
        TreeMap<String, Integer> queue,
        int inFlight,
        List<WaitingView> waiting) {
    /** More waiting pods than these are counted but not listed. */
    public static final int MAX_WAITING = 200;

    /** A pod that waits. */
    public record WaitingView(
            String pod, String place, Instant since, Instant firstQueuedAt, int attempts, int priority) {}

    /**
     * A look at the cluster. On the scheduler's thread; its cost grows with what changed.
     *
     * @param since nodes of this generation or an earlier one are left out; -1: none is
     */
    public static ClusterView since(long since, Scheduler core, TierSettings tiers, Instant now) {
        Cluster cluster = core.cluster();
        NodeSet all = cluster.nodes();
        long newest = since;
        List<NodeView> changed = new ArrayList<>();
        Set<String> names = new HashSet<>(2 * all.size());
        for (int place = 0; place < all.size(); place++) {
            NodeState node = all.get(place);
            names.add(node.name());
            if (node.generation() > since) {
                newest = Math.max(newest, node.generation());
                changed.add(NodeView.of(node, uid -> assumed(cluster, uid), tiers, now));
            }
        }
        SchedulingQueue queue = core.queue();
        TreeMap<String, Integer> sizes = new TreeMap<>();
        for (SchedulingQueue.Place place : SchedulingQueue.Place.values()) {
            sizes.put(word(place), queue.size(place));
        }
        return new ClusterView(newest, changed, names, sizes, core.inFlight(), waiting(queue));
    }

    private static boolean assumed(Cluster cluster, String uid) {
        Cluster.Placed placed = cluster.placed(uid);
        return placed != null && placed.assumed();
    }

    private static List<WaitingView> waiting(SchedulingQueue queue) {
        return queue.waiting().stream()
                .sorted(Comparator.comparing(waiting -> waiting.pod().firstQueuedAt()))
                .limit(MAX_WAITING)
                .map(waiting -> new WaitingView(
                        waiting.pod().pod().key(),
                        word(waiting.place()),
                        waiting.since(),
                        waiting.pod().firstQueuedAt(),
                        waiting.pod().attempts(),
                        waiting.pod().pod().priority()))
                .toList();
    }

    private static String word(SchedulingQueue.Place place) {
        return place.name().toLowerCase(Locale.ROOT);
    }
}
