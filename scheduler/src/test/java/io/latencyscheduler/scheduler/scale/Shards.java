package io.latencyscheduler.scheduler.scale;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.sandbox.chaos.Auditor;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.cycle.Reporter;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.cycle.Settings;
import io.latencyscheduler.scheduler.fake.FakeClock;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.framework.Profile;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import io.latencyscheduler.scheduler.plugin.DpdkReadiness;
import io.latencyscheduler.scheduler.plugin.StreamSettings;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import io.latencyscheduler.scheduler.queue.Backoff;
import io.latencyscheduler.scheduler.trace.Decision;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Several schedulers, each of which alone decides on the nodes of its pool, before one API server that takes the first
 * binding of a pod and refuses every other. A waiting pod belongs to one of them; one that has nothing to do takes half of
 * what the longest queue holds, one that cannot place a pod passes it on. Who a pod belongs to is known late and to nobody
 * for certain, so two may decide on it at once: the API server's answer settles that, and the loser frees what it had
 * reserved. A port cannot be given twice, as only one scheduler gives it.
 *
 * <p>Virtual time: in a turn each scheduler makes at most one decision; events and answers arrive turns later. A seed
 * repeats a run.
 */
final class Shards {
    /**
     * What came of it.
     *
     * @param turns until every pod had its node
     * @param stolen pods that a scheduler without work took
     * @param passedOn pods that a scheduler could not place
     * @param conflicts bindings of pods that another had bound
     * @param waiting pods without a node in the end
     */
    record Outcome(int turns, int placed, int stolen, int passedOn, int conflicts, int waiting) {}

    private static final int PATIENCE_TURNS = 1_000_000;
    private static final int LATEST_TURNS = 20;

    private static final class Known {
        final PodInfo pod;
        int owner;
        String nodeName = "";

        Known(PodInfo pod, int owner) {
            this.pod = pod;
            this.owner = owner;
        }
    }

    private record Late(int atTurn, Runnable what) {}

    private final class Shard implements Binder, Reporter {
        final int number;
        final Deque<Runnable> tasks = new ArrayDeque<>();
        final Deque<Late> mail = new ArrayDeque<>();
        final Scheduler core;

        Shard(int number) {
            this.number = number;
            core = new Scheduler(
                    new Settings(Keys.SCHEDULER_NAME, Settings.DEFAULT_NODES_TO_SCORE, number, Backoff.DEFAULT),
                    new Profile(DefaultPlugins.create(
                            TierSettings.DEFAULT, StreamSettings.DEFAULT, DpdkReadiness.Mode.OFF, VolumeWriter.NONE)),
                    new Cluster(),
                    this,
                    this,
                    tasks::add,
                    clock,
                    clock);
        }

        /** In the order in which it was sent, and late. */
        void tell(Runnable what) {
            int at = turn + random.nextInt(LATEST_TURNS);
            mail.add(new Late(mail.isEmpty() ? at : Math.max(at, mail.getLast().atTurn), what));
        }

        void turn() {
            while (!mail.isEmpty() && mail.getFirst().atTurn <= turn) {
                mail.poll().what.run();
            }
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
            if (!core.scheduleOne() && stealing) {
                steal();
            }
        }

        /** Of the longest queue, as this one knows it. */
        private void steal() {
            Shard longest = this;
            for (Shard other : shards) {
                if (other.core.queue().waiting().size()
                        > longest.core.queue().waiting().size()) {
                    longest = other;
                }
            }
            int half = longest.core.queue().waiting().size() / 2;
            for (var waiting : longest.core.queue().waiting()) {
                if (half-- > 0 && own(waiting.pod().pod(), longest.number, number)) {
                    stolen++;
                }
            }
        }

        @Override
        public CompletionStage<Result> bind(Request request) {
            CompletableFuture<Result> answer = new CompletableFuture<>();
            api.add(new Late(turn + random.nextInt(LATEST_TURNS), () -> {
                Result result = write(request);
                tell(() -> answer.complete(result));
            }));
            return answer;
        }

        @Override
        public void decided(Decision decision) {
            int next = (number + 1) % shards.size();
            if (!decision.scheduled() && stealing && shards.size() > 1 && own(decision.pod(), number, next)) {
                passedOn++;
            }
        }

        @Override
        public void broke(String doing, RuntimeException cause) {
            throw new AssertionError(doing, cause);
        }

        @Override
        public void unschedulable(PodInfo pod, String reason, String message, String nominatedNodeName) {}

        @Override
        public void scheduled(PodInfo pod, String nodeName, String why, int attempts) {}

        @Override
        public void warning(PodInfo pod, String reason, String message) {}

        @Override
        public void preempt(PodInfo preemptor, String nodeName, List<PodInfo> victims) {}
    }

    private final FakeClock clock = new FakeClock();
    private final Random random;
    private final boolean stealing;
    private final Auditor auditor = new Auditor(pod -> true);
    private final List<Shard> shards = new ArrayList<>();
    private final Map<String, Integer> poolOf = new LinkedHashMap<>();
    private final Map<String, Known> pods = new LinkedHashMap<>();
    private final List<Late> api = new ArrayList<>();
    private int turn;
    private int placed;
    private int stolen;
    private int passedOn;
    private int conflicts;

    Shards(int count, boolean stealing, long seed) {
        this.random = new Random(seed);
        this.stealing = stealing;
        for (int number = 0; number < count; number++) {
            shards.add(new Shard(number));
        }
    }

    Auditor auditor() {
        return auditor;
    }

    /** A node with these owned ports, in the pool of one scheduler. */
    void addNode(String name, int pool, String... ports) {
        poolOf.put(name, pool);
        shards.get(pool).core.inbox().node(Nodes.node(name).build());
        shards.get(pool).core.inbox().inventory(name, Nodes.inventory(name, false, ports));
        ObjectNode inventory = Json.object();
        inventory.putObject("metadata").put("name", name);
        var written = inventory.putObject("spec").putArray("ports");
        for (String port : ports) {
            written.addObject().put("name", port).put("role", "owned");
        }
        auditor.inventory(inventory);
    }

    /** A pod that waits, given to one of the schedulers. */
    void addPod(Pods pod, int owner) {
        Known known = new Known(pod.info(), owner);
        pods.put(known.pod.uid(), known);
        Shard shard = shards.get(owner);
        shard.tell(() -> shard.core.inbox().pod(known.pod));
    }

    /** Compares and swaps the owner, as a patch with a resourceVersion does, and tells both. */
    private boolean own(PodInfo pod, int from, int to) {
        Known known = pods.get(pod.uid());
        if (known == null || known.owner != from || !known.nodeName.isEmpty() || from == to) {
            return false;
        }
        known.owner = to;
        shards.get(from).tell(() -> {
            // What is on its way may still land: only the API server's answer frees what it holds.
            if (shards.get(from).core.queue().contains(pod.uid())) {
                shards.get(from).core.inbox().podDeleted(pod.uid());
            }
        });
        shards.get(to).tell(() -> {
            if (known.nodeName.isEmpty()) {
                shards.get(to).core.inbox().pod(known.pod);
            }
        });
        return true;
    }

    /** What the API server does with a binding. */
    private Binder.Result write(Binder.Request request) {
        Known known = pods.get(request.pod().uid());
        if (known == null || !known.nodeName.isEmpty()) {
            conflicts++;
            return new Binder.Result.Conflict("the pod is bound already");
        }
        known.nodeName = request.nodeName();
        placed++;
        auditor.changed(json(request));
        PodInfo bound = Pods.bound(request.pod(), request.nodeName(), request.allocation());
        Shard home = shards.get(poolOf.getOrDefault(request.nodeName(), 0));
        home.tell(() -> home.core.inbox().pod(bound));
        for (Shard other : shards) {
            if (other != home) {
                other.tell(() -> other.core.inbox().podDeleted(bound.uid()));
            }
        }
        return new Binder.Result.Bound();
    }

    private static ObjectNode json(Binder.Request request) {
        ObjectNode pod = Json.object();
        ObjectNode metadata = pod.putObject("metadata")
                .put("namespace", "default")
                .put("name", request.pod().pod().metadata().name())
                .put("uid", request.pod().uid());
        ObjectNode annotations = metadata.putObject("annotations");
        if (request.allocation() != null) {
            annotations.put(Keys.PREFIX + "interfaces", "1");
            annotations.put(Keys.ALLOCATION, Json.toTree(request.allocation()).toString());
        }
        pod.putObject("spec").put("nodeName", request.nodeName());
        return pod;
    }

    /** Until every pod has its node and every answer has arrived, or patience ends. */
    Outcome run() {
        while (turn < PATIENCE_TURNS && !quiet()) {
            turn++;
            clock.advance(Duration.ofMillis(1));
            int first = random.nextInt(shards.size());
            for (int i = 0; i < shards.size(); i++) {
                shards.get((first + i) % shards.size()).turn();
            }
            List<Late> due = api.stream().filter(late -> late.atTurn <= turn).toList();
            api.removeAll(due);
            due.forEach(late -> late.what.run());
        }
        return new Outcome(turn, placed, stolen, passedOn, conflicts, pods.size() - placed);
    }

    private boolean quiet() {
        return placed == pods.size()
                && api.isEmpty()
                && shards.stream()
                        .allMatch(shard -> shard.mail.isEmpty() && shard.tasks.isEmpty() && shard.core.inFlight() == 0);
    }

    /** Ports that a scheduler's ledger has as held, over all of them. */
    int held() {
        int held = 0;
        for (Shard shard : shards) {
            for (int i = 0; i < shard.core.cluster().nodes().size(); i++) {
                held += shard.core.cluster().nodes().get(i).ownedPorts().held();
            }
        }
        return held;
    }
}
