package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.NodeVerdicts;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.PreScorePlugin;
import io.latencyscheduler.scheduler.framework.Profile;
import io.latencyscheduler.scheduler.framework.ScorePlugin;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.Decision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the node for one pod: PreFilter, Filter, PreScore, Score. Changes nothing but where the next search starts.
 */
final class SchedulingCycle {
    /** Ranks that a decision remembers: enough to see how close it was, cheap enough for every one. */
    static final int RANKS_KEPT = 10;

    /** Nodes whose memory is fetched at once; a processor keeps some ten misses in flight. */
    private static final int FETCHED_AHEAD = 16;

    private final Profile profile;
    private final Cluster cluster;
    private final Nominations nominations;
    private final int enough;
    private final SplittableRandom random;

    private int nextStart;
    /** Which nodes this cycle has looked at: by slot, the number of the cycle. */
    private int[] seen = new int[0];

    private int cycle;

    /** Nobody reads it: without it the compiler would see that {@link #fetch} comes to nothing. */
    @SuppressWarnings("unused")
    private long fetched;

    /** What was found; {@code node} is null when nothing fits. */
    record Found(
            CycleState state,
            FilterRun filters,
            @Nullable NodeState node,
            Verdict podVerdict,
            Set<Plugin> rejectors,
            Search search,
            List<Decision.NodeScore> scored) {
        /** Whether there was no time to ask some node, and no other was found: the pod needs another turn. */
        boolean unfinished() {
            return node == null && search.undecided > 0;
        }
    }

    /** What the filters said. */
    static final class Search implements NodeVerdicts {
        final List<NodeState> feasible = new ArrayList<>();
        final List<NodeState> refused = new ArrayList<>();
        final List<Verdict> verdicts = new ArrayList<>();
        private @Nullable Verdict[] bySlot = new Verdict[0];
        int others;
        int undecided;
        Verdict othersVerdict = Verdict.SUCCESS;

        void refuse(NodeState node, Verdict verdict) {
            refused.add(node);
            verdicts.add(verdict);
            undecided += verdict.code() == Code.UNDECIDED ? 1 : 0;
        }

        /** Nodes with this verdict count as not looked at. */
        void forget(Verdict verdict) {
            for (int i = refused.size() - 1; i >= 0; i--) {
                if (verdicts.get(i) == verdict) {
                    refused.remove(i);
                    verdicts.remove(i);
                    others++;
                }
            }
        }

        @Override
        public int refusedWith(Code code) {
            int count = othersVerdict.code() == code ? others : 0;
            for (Verdict verdict : verdicts) {
                count += verdict.code() == code ? 1 : 0;
            }
            return count;
        }

        @Override
        public Verdict of(NodeState node) {
            if (bySlot.length == 0) {
                index();
            }
            int slot = node.slot();
            Verdict verdict = slot >= 0 && slot < bySlot.length ? bySlot[slot] : null;
            return verdict == null ? othersVerdict : verdict;
        }

        private void index() {
            int slots = 1;
            for (NodeState node : refused) {
                slots = Math.max(slots, node.slot() + 1);
            }
            for (NodeState node : feasible) {
                slots = Math.max(slots, node.slot() + 1);
            }
            bySlot = new Verdict[slots];
            for (int i = 0; i < refused.size(); i++) {
                bySlot[refused.get(i).slot()] = verdicts.get(i);
            }
            for (NodeState node : feasible) {
                bySlot[node.slot()] = Verdict.SUCCESS;
            }
        }
    }

    /**
     * @param enough feasible nodes to rank; the search stops there
     * @param seed of the choice among equally good nodes
     */
    SchedulingCycle(Profile profile, Cluster cluster, Nominations nominations, int enough, long seed) {
        this.profile = profile;
        this.cluster = cluster;
        this.nominations = nominations;
        this.enough = enough;
        this.random = new SplittableRandom(seed);
    }

    /** How many nodes there is no time to ask in this turn. What the others answered costs little to ask again. */
    int undecided(PodInfo pod, CycleState state) {
        return filter(pod, state, true, PreFilterPlugin.Result.SUCCESS).search.undecided;
    }

    Found find(PodInfo pod, CycleState state, boolean lookAtAll) {
        return find(pod, state, lookAtAll, PreFilterPlugin.Result.SUCCESS);
    }

    /** Among these nodes alone, as if a plugin had said so, with {@code others} as its verdict on the rest. */
    Found findAmong(List<NodeState> nodes, Verdict others, PodInfo pod, CycleState state) {
        Found found = find(pod, state, true, PreFilterPlugin.Result.only(List.of(NodeSet.of(nodes)), others));
        found.search().forget(others);
        return found;
    }

    private Found find(PodInfo pod, CycleState state, boolean lookAtAll, PreFilterPlugin.Result among) {
        Found filtered = filter(pod, state, lookAtAll, among);
        Search search = filtered.search;
        if (search.feasible.isEmpty()) {
            return filtered;
        }
        List<Decision.NodeScore> scored = score(pod, state, search.feasible, lookAtAll);
        NodeState best = cluster.node(scored.get(0).nodeName());
        return new Found(state, filtered.filters, best, Verdict.SUCCESS, Set.of(), search, scored);
    }

    /** What is found when no node is chosen. */
    private Found filter(PodInfo pod, CycleState state, boolean lookAtAll, PreFilterPlugin.Result among) {
        Candidates candidates = new Candidates(cluster.nodes());
        candidates.add(among);
        Set<Plugin> skipped = new HashSet<>();
        List<PreFilterPlugin> preFilters = new ArrayList<>();
        Search search = new Search();
        for (PreFilterPlugin plugin : profile.preFilter()) {
            PreFilterPlugin.Result result = plugin.preFilter(state, pod);
            if (result.verdict().skip()) {
                skipped.add(plugin);
            } else if (result.verdict().rejects()) {
                return refused(state, result.verdict(), Set.of(plugin));
            } else {
                preFilters.add(plugin);
                candidates.add(result);
            }
        }
        List<FilterPlugin> filters = new ArrayList<>(profile.filter());
        filters.removeIf(skipped::contains);
        FilterRun run = new FilterRun(filters, preFilters, nominations);
        search(pod, state, candidates, run, lookAtAll ? Integer.MAX_VALUE : enoughFor(pod), search);
        Set<Plugin> rejectors = search.feasible.isEmpty() ? rejectors(search) : Set.of();
        return new Found(state, run, null, Verdict.SUCCESS, rejectors, search, List.of());
    }

    /**
     * How many feasible nodes to rank. A pod that wants to be near something is not served by any good node, so more are
     * ranked for it: all where it names its peers, kube-scheduler's share (50% of 100 nodes falling to 5%) for preferences.
     */
    private int enoughFor(PodInfo pod) {
        int nodes = cluster.nodes().size();
        if (pod.demand().value().talksTo().isPresent()) {
            return Math.max(1, nodes);
        }
        boolean prefers = !pod.podTerms().preferred().isEmpty()
                || !pod.pod().spec().topologySpreadConstraints().isEmpty()
                || (pod.pod().spec().affinity() != null
                        && pod.pod().spec().affinity().nodeAffinity() != null);
        int percent = Math.max(5, 50 - nodes / 125);
        return prefers ? Math.max(enough, (int) ((long) nodes * percent / 100)) : enough;
    }

    /** What is found when the pod is refused, or something breaks, before any node is looked at. */
    Found refused(CycleState state, Verdict verdict, Set<Plugin> rejectors) {
        FilterRun none = new FilterRun(List.of(), List.of(), nominations);
        return new Found(state, none, null, verdict, rejectors, new Search(), List.of());
    }

    /** A node that there is no time to ask ends the search, unless all are to be looked at: the next turn begins there. */
    private void search(
            PodInfo pod, CycleState state, Candidates candidates, FilterRun filters, int limit, Search search) {
        beginLooking();
        int looked = 0;
        String nominated = nominations.nodeOf(pod.uid());
        NodeState first = nominated == null ? null : cluster.node(nominated);
        if (first != null && look(pod, state, candidates, filters, search, first)) {
            return; // As kube-scheduler: room was made there, so nothing else is searched.
        }
        looked += first == null ? 0 : 1;
        boolean all = limit == Integer.MAX_VALUE;
        for (int stage = 0;
                stage < candidates.stages() && search.feasible.isEmpty() && (all || search.undecided == 0);
                stage++) {
            for (NodeSet set : candidates.walk(stage)) {
                int size = set.size();
                int start = size == 0 ? 0 : Math.floorMod(nextStart, size);
                for (int i = 0; i < size && search.feasible.size() < limit && (all || search.undecided == 0); i++) {
                    if (i % FETCHED_AHEAD == 0) {
                        fetch(set, start + i, Math.min(FETCHED_AHEAD, size - i));
                    }
                    int place = start + i;
                    NodeState node = set.get(place < size ? place : place - size);
                    if (seen[node.slot()] != cycle && candidates.belongs(stage, node)) {
                        looked++;
                        look(pod, state, candidates, filters, search, node);
                    }
                }
            }
        }
        if (search.feasible.isEmpty() && (all || search.undecided == 0)) {
            for (NodeState node : candidates.outsideStages()) {
                if (seen[node.slot()] != cycle) {
                    looked++;
                    look(pod, state, candidates, filters, search, node);
                }
            }
        }
        nextStart += looked;
        search.others = cluster.nodes().size() - looked;
        search.othersVerdict = candidates.others();
    }

    /**
     * Has the processor fetch what the next nodes will be asked for. In a large cluster a node was last looked at thousands of
     * nodes ago and is in no cache: one node after another would wait for memory a dozen times each, here those waits overlap.
     */
    private void fetch(NodeSet set, int from, int count) {
        int size = set.size();
        long read = 0;
        for (int place = from; place < from + count; place++) {
            read += set.get(place < size ? place : place - size).fetch();
        }
        fetched = read;
    }

    /** Judges a node not seen in this cycle; true when it can take the pod. */
    private boolean look(
            PodInfo pod, CycleState state, Candidates candidates, FilterRun filters, Search search, NodeState node) {
        seen[node.slot()] = cycle;
        Verdict verdict = candidates.judge(node);
        if (!verdict.rejects()) {
            verdict = filters.judge(state, pod, node);
        }
        if (verdict.rejects()) {
            search.refuse(node, verdict);
            return false;
        }
        search.feasible.add(node);
        return true;
    }

    private void beginLooking() {
        if (seen.length < cluster.slots()) {
            seen = Arrays.copyOf(seen, cluster.slots() * 2);
        }
        cycle++;
    }

    private Set<Plugin> rejectors(Search search) {
        Set<String> names = new HashSet<>();
        search.verdicts.forEach(verdict -> names.add(verdict.plugin()));
        if (search.others > 0 && search.othersVerdict.rejects()) {
            names.add(search.othersVerdict.plugin());
        }
        names.remove(""); // Nodes that nobody asked about.
        Set<Plugin> plugins = new HashSet<>();
        names.forEach(name -> plugins.add(profile.plugin(name)));
        return plugins;
    }

    /** Best first, with each plugin's share; which of several equal ones is first is random. */
    private List<Decision.NodeScore> score(PodInfo pod, CycleState state, List<NodeState> feasible, boolean lookAtAll) {
        if (feasible.size() == 1) {
            return List.of(new Decision.NodeScore(feasible.get(0).name(), 0, List.of()));
        }
        Set<Plugin> skipped = new HashSet<>();
        for (PreScorePlugin plugin : profile.preScore()) {
            if (plugin.preScore(state, pod, feasible).skip()) {
                skipped.add(plugin);
            }
        }
        List<ScorePlugin> asked = new ArrayList<>(profile.score());
        asked.removeIf(skipped::contains);
        int count = feasible.size();
        long[][] shares = new long[asked.size()][count];
        long[] totals = new long[count];
        for (int k = 0; k < shares.length; k++) {
            ScorePlugin plugin = asked.get(k);
            long[] share = shares[k];
            for (int i = 0; i < count; i++) {
                share[i] = plugin.score(state, pod, feasible.get(i));
            }
            plugin.normalizeScores(state, pod, feasible, share);
            for (int i = 0; i < count; i++) {
                share[i] *= plugin.weight();
                totals[i] += share[i];
            }
        }
        List<Decision.NodeScore> ranked = new ArrayList<>();
        for (int i : order(totals, best(totals), lookAtAll ? count : Math.min(count, RANKS_KEPT))) {
            List<Decision.PluginScore> parts = new ArrayList<>(asked.size());
            for (int k = 0; k < asked.size(); k++) {
                parts.add(new Decision.PluginScore(asked.get(k).name(), shares[k][i]));
            }
            ranked.add(new Decision.NodeScore(feasible.get(i).name(), totals[i], parts));
        }
        return ranked;
    }

    /** The places of the best, as many as wanted, in falling order of their totals; {@code first} before its equals. */
    private static int[] order(long[] totals, int first, int wanted) {
        if (wanted > RANKS_KEPT) {
            return IntStream.concat(
                            IntStream.of(first),
                            IntStream.range(0, totals.length)
                                    .filter(i -> i != first)
                                    .boxed()
                                    .sorted((a, b) -> Long.compare(totals[b], totals[a]))
                                    .mapToInt(Integer::intValue))
                    .toArray();
        }
        int[] places = new int[wanted];
        places[0] = first;
        int filled = 1;
        for (int i = 0; i < totals.length; i++) {
            if (i == first || (filled == wanted && totals[i] <= totals[places[wanted - 1]])) {
                continue;
            }
            int at = filled < wanted ? filled++ : wanted - 1;
            while (at > 1 && totals[places[at - 1]] < totals[i]) {
                places[at] = places[at - 1];
                at--;
            }
            places[at] = i;
        }
        return places;
    }

    /** The place of the largest; each of several equal ones with the same probability. */
    private int best(long[] totals) {
        int best = 0;
        int equals = 1;
        for (int i = 1; i < totals.length; i++) {
            if (totals[i] > totals[best]) {
                best = i;
                equals = 1;
            } else if (totals[i] == totals[best] && random.nextInt(++equals) == 0) {
                best = i;
            }
        }
        return best;
    }
}
