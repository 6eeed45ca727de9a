package io.latencyscheduler.scheduler.offline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.scheduler.kube.ObjectFeed;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.Decision;
import io.latencyscheduler.scheduler.view.NodeView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What becomes of a workload on a cluster or on a plan of one: the live scheduler's code places it pod by pod, evicts where
 * priorities say so, and what finds no node is the answer to what breaks first. Belongs to one thread.
 */
public final class Simulation {
    /** Pods of the snapshot that wait there already. */
    public static final String WAITING = "waiting in the snapshot";

    /** Pods that have a node in the snapshot: told of when one has to leave, and not asked for again. */
    public static final String PLACED = "placed in the snapshot";

    /** Rounds of growth at most; whatever grows further has no limit worth a plan. */
    private static final int MAX_ROUNDS = 10_000;

    /**
     * What became of one workload.
     *
     * @param byNode how many of its pods each node has
     * @param evicted how often one of its pods had to leave for a more important one; it is asked for again then
     * @param refusal why the first that stayed pending did, in kube-scheduler's words; empty when none did
     */
    public record Outcome(
            String name, int asked, int placed, int evicted, Map<String, Integer> byNode, String refusal) {}

    /** How much of something is taken, and how much there is. */
    public record Use(long taken, long total) {
        /** 0 to 1, and 0 of nothing. */
        public double share() {
            return total == 0 ? 0 : (double) taken / total;
        }
    }

    /**
     * What the nodes together have taken.
     *
     * @param gatedTime share of the gated ports' time in parts per million, and a million for each port
     */
    public record Usage(Use cpuMilli, Use memoryBytes, Use pods, Use dpdkPorts, Use gatedTime) {
        /** By the words of a report, in the order of the record. */
        public Map<String, Use> byName() {
            Map<String, Use> uses = new LinkedHashMap<>();
            uses.put("CPU", cpuMilli);
            uses.put("memory", memoryBytes);
            uses.put("pods", pods);
            uses.put("DPDK ports", dpdkPorts);
            uses.put("gated time", gatedTime);
            return uses;
        }
    }

    /**
     * The pod that was the first to find no node.
     *
     * @param number of the pod within its workload, from 1
     * @param rounds of growth that fitted before it; 0 without growth
     */
    public record Break(String workload, int number, int rounds, String reason) {}

    /**
     * All of it.
     *
     * @param broke what broke first; empty when everything fitted
     * @param nodes every node as it stands then
     */
    public record Result(
            int nodeCount,
            List<Outcome> workloads,
            Usage before,
            Usage after,
            Optional<Break> broke,
            List<NodeView> nodes) {
        public boolean everythingFits() {
            return workloads.stream().allMatch(workload -> workload.placed() == workload.asked());
        }
    }

    private static final class Tally {
        final String name;
        int asked;
        int evicted;
        String refusal = "";
        final Map<String, Integer> byNode = new TreeMap<>();

        Tally(String name) {
            this.name = name;
        }
    }

    private final class Watcher extends SilentReporter {
        @Override
        public void decided(Decision decision) {
            String uid = decision.pod().uid();
            Tally tally = tallyOf.computeIfAbsent(uid, any -> tally(WAITING));
            if (!numberOf.containsKey(uid)) {
                numberOf.put(uid, ++tally.asked);
            }
            if (decision.scheduled()) {
                nodeOf.put(uid, String.valueOf(decision.nodeName()));
            } else {
                nodeOf.remove(uid);
                reasonOf.put(uid, decision.message());
            }
        }

        @Override
        public void preempt(PodInfo preemptor, String nodeName, List<PodInfo> victims) {
            victims.forEach(victim -> leaving.put(victim.uid(), victim)); // Asked for twice, they leave once.
            comingBack.put(preemptor.uid(), preemptor);
        }
    }

    private final OfflineScheduler scheduler;
    private final String schedulerName;
    private final Map<String, Tally> tallies = new LinkedHashMap<>();
    private final Map<String, Tally> tallyOf = new HashMap<>();
    private final Map<String, Integer> numberOf = new HashMap<>();
    private final Map<String, String> nodeOf = new LinkedHashMap<>();
    private final Map<String, String> reasonOf = new LinkedHashMap<>();
    private final Map<String, PodInfo> madeOf = new HashMap<>();
    private final Map<String, PodInfo> leaving = new LinkedHashMap<>();
    private final Map<String, PodInfo> comingBack = new LinkedHashMap<>();
    private int created;

    private Simulation(Snapshot snapshot, long seed) {
        scheduler = new OfflineScheduler(snapshot, seed, new Watcher());
        schedulerName = scheduler.config().name();
    }

    /**
     * Runs it.
     *
     * @param seed of the choice among equally good nodes: the same seed, the same result
     * @param grow after everything is placed, one more pod of each workload is asked for, again and again, until one finds
     *     no node
     * @throws IllegalArgumentException with one sentence per fault when the snapshot cannot be used
     */
    public static Result run(Snapshot snapshot, List<Workload> workloads, long seed, boolean grow) {
        Simulation simulation = new Simulation(snapshot, seed);
        Usage before = simulation.usage();
        simulation.settle();
        for (Workload workload : workloads) {
            for (int i = 0; i < workload.replicas(); i++) {
                simulation.create(workload);
            }
            simulation.settle();
        }
        int rounds = 0;
        while (grow && simulation.pending().isEmpty() && rounds < MAX_ROUNDS) {
            for (Workload workload : workloads) {
                simulation.create(workload);
            }
            simulation.settle();
            rounds += simulation.pending().isEmpty() ? 1 : 0;
        }
        return simulation.result(before, rounds);
    }

    private Tally tally(String name) {
        return tallies.computeIfAbsent(name, Tally::new);
    }

    private void create(Workload workload) {
        Tally tally = tally(workload.name());
        ObjectNode pod = workload.pod().deepCopy();
        String uid = "simulated-" + ++created;
        ObjectNode metadata = pod.withObject("/metadata");
        metadata.put("name", metadata.path("name").asText() + "-" + created).put("uid", uid);
        pod.withObject("/spec").put("schedulerName", schedulerName).remove("nodeName");
        tallyOf.put(uid, tally);
        numberOf.put(uid, ++tally.asked);
        try {
            PodInfo made = ObjectFeed.pod(pod);
            madeOf.put(uid, made);
            scheduler.core().inbox().pod(made);
        } catch (IOException read) {
            throw new UncheckedIOException(read); // It was read once already.
        }
    }

    /** Until nothing moves. Those that had to leave are asked for again, as their controllers would. */
    private void settle() {
        scheduler.settle();
        while (!leaving.isEmpty()) {
            List<PodInfo> again = new ArrayList<>(comingBack.values());
            for (PodInfo victim : leaving.values()) {
                scheduler.core().inbox().podDeleted(victim.uid());
                nodeOf.remove(victim.uid());
                PodInfo made = madeOf.get(victim.uid());
                tallyOf.computeIfAbsent(victim.uid(), any -> tally(PLACED)).evicted++;
                if (made != null) {
                    again.add(made);
                }
            }
            leaving.clear();
            comingBack.clear();
            for (PodInfo pod : again) {
                scheduler.core().inbox().podDeleted(pod.uid()); // Without the rest that a failed attempt earns.
                scheduler.core().inbox().pod(pod);
            }
            scheduler.settle();
        }
    }

    private List<String> pending() {
        return reasonOf.keySet().stream()
                .filter(uid -> !nodeOf.containsKey(uid))
                .toList();
    }

    private Result result(Usage before, int rounds) {
        nodeOf.forEach((uid, node) -> {
            Tally tally = tallyOf.get(uid);
            if (tally != null) {
                tally.byNode.merge(node, 1, Integer::sum);
            }
        });
        Break broke = null;
        for (String uid : pending()) {
            Tally tally = tallyOf.get(uid);
            String reason = reasonOf.getOrDefault(uid, "");
            if (tally != null) {
                tally.refusal = tally.refusal.isEmpty() ? reason : tally.refusal;
                broke = broke == null ? new Break(tally.name, numberOf.getOrDefault(uid, 0), rounds, reason) : broke;
            }
        }
        List<Outcome> outcomes = tallies.values().stream()
                .map(tally -> new Outcome(
                        tally.name,
                        tally.asked,
                        tally.byNode.values().stream()
                                .mapToInt(Integer::intValue)
                                .sum(),
                        tally.evicted,
                        tally.byNode,
                        tally.refusal))
                .toList();
        List<NodeView> nodes = scheduler.nodes();
        return new Result(nodes.size(), outcomes, before, usage(), Optional.ofNullable(broke), nodes);
    }

    private Usage usage() {
        NodeSet nodes = scheduler.core().cluster().nodes();
        long[] taken = new long[5];
        long[] total = new long[5];
        for (int i = 0; i < nodes.size(); i++) {
            NodeState node = nodes.get(i);
            taken[0] += node.requestedMilliCpu();
            total[0] += node.allocatable().milliCpu();
            taken[1] += node.requestedMemoryBytes();
            total[1] += node.allocatable().memoryBytes();
            taken[2] += node.pods().size();
            total[2] += node.allocatablePods();
            taken[3] += node.ownedPorts().held();
            total[3] += node.ownedPorts().held() + Math.max(0, node.ownedPorts().headroom());
        }
        for (NodeView node : scheduler.nodes()) {
            for (NodeView.GatedPortView port : node.gatedPorts()) {
                taken[4] += Math.round(1_000_000 * port.utilisation());
                total[4] += 1_000_000;
            }
        }
        Use[] uses = new Use[5];
        for (int i = 0; i < uses.length; i++) {
            uses[i] = new Use(taken[i], total[i]);
        }
        return new Usage(uses[0], uses[1], uses[2], uses[3], uses[4]);
    }
}
