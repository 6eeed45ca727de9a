package io.latencyscheduler.scheduler.kube;

import static io.latencyscheduler.scheduler.fake.Pods.pod;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import io.latencyscheduler.scheduler.ledger.Auditor;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import io.latencyscheduler.scheduler.plugin.DpdkReadiness;
import io.latencyscheduler.scheduler.plugin.StreamSettings;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Two of the real cores (queue, ledger, cycle, plugins, {@link OneTerm}) with a lease, an API server and the ways between
 * them in small. What happens is what reaches a core's one thread or leaves it: a watch event, a turn, an answer, the
 * beginning and the end of a term. Checked always: the API server has no port bound to two pods. Checked when all has
 * settled: each ledger says what the pods say, no pod waits that would fit, and all are placed in the end.
 */
final class TwoSchedulers implements EveryOrder.World {
    /** A rule that is left out, to see that its breach is found. */
    enum LeftOut {
        NOTHING,
        /** An unanswered binding is looked up; left out, it is forgotten unseen. */
        LOOK_UP,
        /** A binding needs a permit when it leaves. */
        PERMIT,
        /** The permit must be of the term in which it was decided. */
        SAME_TERM,
        /** A new leader lists the pods before it places any. */
        LIST
    }

    /** What may go wrong. An answer that comes late stands for one that is lost: the look at the pod says the same. */
    enum Fault {
        TERM_ENDS,
        KILLED,
        REQUEST_HELD_UP,
        DELETED_UNPLACED
    }

    /**
     * What there is, and how much may go wrong.
     *
     * @param ports of the one node
     * @param asks how many of them each pod asks for
     * @param faults how often in all
     * @param kinds of faults
     */
    record Bounds(int ports, List<Integer> asks, int faults, Set<Fault> kinds, LeftOut leftOut) {}

    private static final String NODE = "n";
    /** Longer than any pod rests after a failure. */
    private static final Duration REST = Duration.ofSeconds(11);

    private static final int TIMES = 1;
    private static final int SETTLED_AFTER = 100;

    private enum Phase {
        DECIDED,
        /** Its sender has given up waiting, and it may still land. */
        HELD_UP,
        /** What became of it is not known to its sender yet. */
        LANDED_OR_NOT
    }

    /** A pod as the API server has it; without {@code info} it is gone. */
    private record Change(String uid, @Nullable PodInfo info) {}

    private final Bounds bounds;
    private final Instance[] instances;
    /** How each pod became, in the API server's order: what the watches tell. */
    private final List<Change> changes = new ArrayList<>();

    private final Map<String, PodInfo> pending = new TreeMap<>();
    private final Map<String, Binder.Request> bound = new TreeMap<>();
    private int created;
    private int faultsLeft;
    /** Of the lease, by number; -1 before anybody had it. */
    private int holder = -1;

    private long terms;
    private int timesPassed;

    TwoSchedulers(Bounds bounds) {
        this.bounds = bounds;
        faultsLeft = bounds.faults();
        instances = new Instance[] {new Instance(0), new Instance(1)};
        // Who leads first, and what is there first, is the same in every order.
        create();
        instances[0].lead();
        instances[0].list();
        instances[1].list();
    }

    /** A binding on its way. */
    private static final class Sending {
        final Binder.Request request;
        final long term;
        Phase phase = Phase.DECIDED;

        Sending(Binder.Request request, long term) {
            this.request = request;
            this.term = term;
        }
    }

    /** One scheduler, over the lives of its process. */
    private final class Instance {
        final int number;
        Harness harness = begin();
        /** By the pod's name. */
        final Map<String, Sending> sendings = new TreeMap<>();
        /** What a process that was killed had sent. */
        final List<Binder.Request> orphans = new ArrayList<>();

        boolean leads;
        long term;
        long listedInTerm = -1;
        int heard;

        Instance(int number) {
            this.number = number;
        }

        private Harness begin() {
            List<Plugin> plugins = new ArrayList<>(DefaultPlugins.create(
                    TierSettings.DEFAULT, StreamSettings.DEFAULT, DpdkReadiness.Mode.OFF, VolumeWriter.NONE));
            plugins.add(new OneTerm(() -> permit(term)));
            Harness begun = new Harness(plugins);
            begun.answer = false;
            begun.clock.advance(REST.multipliedBy(timesPassed));
            return begun.dpdkNode(
                    NODE,
                    IntStream.range(0, bounds.ports()).mapToObj(i -> "p" + i).toArray(String[]::new));
        }

        Leadership.Permit permit(long inTerm) {
            return switch (bounds.leftOut()) {
                case PERMIT -> () -> true;
                case SAME_TERM -> () -> leads;
                default -> () -> leads && term == inTerm;
            };
        }

        boolean hasListed() {
            return listedInTerm >= 0;
        }

        boolean places() {
            return leads && (bounds.leftOut() == LeftOut.LIST ? hasListed() : listedInTerm == term);
        }

        boolean hasPodsToTry() {
            return harness.scheduler.queue().size(SchedulingQueue.Place.ACTIVE) > 0
                    || harness.scheduler.queue().size(SchedulingQueue.Place.BACKOFF) > 0;
        }

        boolean nothingOnTheWay() {
            return orphans.isEmpty() && sendings.values().stream().noneMatch(sending -> sending.phase == Phase.HELD_UP);
        }

        boolean mayLead() {
            return !leads
                    && (holder < 0
                            || (!instances[holder].leads && instances[holder].nothingOnTheWay())
                            || (holder == number && orphans.isEmpty()));
        }

        void lead() {
            holder = number;
            term = ++terms;
            leads = true;
        }

        private void tell(Change change) {
            if (change.info() == null) {
                harness.inbox().podDeleted(change.uid());
            } else {
                harness.inbox().pod(change.info());
            }
        }

        void hear() {
            tell(changes.get(heard++));
            harness.runTasks();
        }

        /** As a reflector does: what is there is told, and what has gone. */
        void list() {
            Map<String, Change> latest = new LinkedHashMap<>();
            changes.forEach(change -> latest.put(change.uid(), change));
            latest.values().forEach(this::tell);
            heard = changes.size();
            listedInTerm = term;
            harness.runTasks();
        }

        void turn() {
            harness.scheduler.scheduleOne();
            harness.runTasks();
            harness.unanswered
                    .keySet()
                    .forEach(name -> sendings.computeIfAbsent(name, key -> new Sending(harness.bound.get(key), term)));
        }

        void send(String name) {
            Sending sending = sendings.get(name);
            if (permit(sending.term).holds()) {
                commit(sending.request);
                sending.phase = Phase.LANDED_OR_NOT;
            } else {
                answer(name, new Binder.Result.Failed("this instance no longer leads"));
            }
        }

        void answer(String name, Binder.Result result) {
            sendings.remove(name);
            harness.unanswered.remove(name).complete(result);
            harness.runTasks();
        }

        void lookUp(String name) {
            answer(
                    name,
                    bounds.leftOut() == LeftOut.LOOK_UP
                            ? new Binder.Result.Failed("no answer")
                            : judge(sendings.get(name).request));
        }

        void kill() {
            sendings.values().stream()
                    .filter(sending -> sending.phase == Phase.HELD_UP)
                    .forEach(sending -> orphans.add(sending.request));
            sendings.clear();
            leads = false;
            listedInTerm = -1;
            heard = 0;
            harness = begin();
        }

        String looks() {
            Set<String> holds = new TreeSet<>();
            for (Cluster.Placed placed : harness.cluster.allPlaced()) {
                Allocation allocation = placed.pod().allocation();
                holds.add(placed.pod().uid()
                        + (placed.assumed() ? " assumed " : " bound ")
                        + (allocation == null ? "" : allocation.interfaces()));
            }
            for (SchedulingQueue.Waiting waiting : harness.scheduler.queue().waiting()) {
                holds.add(waiting.pod().pod().uid()
                        + ' '
                        + waiting.place()
                        + waiting.pod().attempts()
                        + waiting.since());
            }
            sendings.forEach((name, sending) -> holds.add(name
                    + ' '
                    + sending.phase
                    + sending.request.allocation().interfaces()
                    + permit(sending.term).holds()));
            orphans.forEach(request -> holds.add("orphan " + request.pod().uid()));
            return holds + " " + leads + hasListed() + places() + (changes.size() - heard)
                    + harness.scheduler.inFlight();
        }
    }

    @Override
    public String looks() {
        StringBuilder looks = new StringBuilder();
        looks.append(created)
                .append(' ')
                .append(faultsLeft)
                .append(' ')
                .append(holder)
                .append(' ');
        looks.append(timesPassed).append(pending.keySet());
        bound.forEach(
                (uid, request) -> looks.append(uid).append(request.allocation().interfaces()));
        for (Change change : changes.subList(Math.min(instances[0].heard, instances[1].heard), changes.size())) {
            looks.append(change.uid())
                    .append(change.info() != null && change.info().pod().bound());
        }
        return looks.append(instances[0].looks()).append(instances[1].looks()).toString();
    }

    @Override
    public List<EveryOrder.Happening> possible() {
        List<EveryOrder.Happening> possible = new ArrayList<>();
        if (created < bounds.asks().size()) {
            possible.add(new EveryOrder.Happening("a pod is created", this::create));
        }
        bound.keySet().forEach(uid -> possible.add(new EveryOrder.Happening(uid + " ends", () -> end(uid))));
        pending.keySet().forEach(uid -> fault(possible, Fault.DELETED_UNPLACED, uid + " is deleted", () -> end(uid)));
        if (timesPassed < TIMES && resting()) {
            possible.add(new EveryOrder.Happening("time passes", this::passTime));
        }
        for (Instance instance : instances) {
            happenings(possible, instance, "scheduler " + instance.number + ": ");
        }
        return possible;
    }

    private void happenings(List<EveryOrder.Happening> possible, Instance instance, String who) {
        // One that never led has nothing that depends on when it hears; should it come to lead, it lists.
        if (instance.hasListed() && instance.heard < changes.size() && instance.term > 0) {
            possible.add(new EveryOrder.Happening(who + "hears", instance::hear));
        }
        if (instance.mayLead()) {
            possible.add(new EveryOrder.Happening(who + "leads", instance::lead));
        }
        if (!instance.hasListed() || (instance.leads && instance.listedInTerm != instance.term)) {
            possible.add(new EveryOrder.Happening(who + "lists", instance::list));
        }
        if (instance.places() && instance.hasPodsToTry()) {
            possible.add(new EveryOrder.Happening(who + "takes a turn", instance::turn));
        }
        if (instance.leads) {
            fault(possible, Fault.TERM_ENDS, who + "leads no more", () -> instance.leads = false);
        }
        if (!instance.sendings.isEmpty()) {
            fault(possible, Fault.KILLED, who + "is killed", instance::kill);
        }
        instance.sendings.forEach((name, sending) -> onTheWay(possible, instance, name, sending, who + name + " "));
        if (!instance.orphans.isEmpty()) {
            possible.add(
                    new EveryOrder.Happening(who + "what it had sent lands", () -> commit(instance.orphans.remove(0))));
            possible.add(new EveryOrder.Happening(who + "what it had sent is lost", () -> instance.orphans.remove(0)));
        }
    }

    private void onTheWay(
            List<EveryOrder.Happening> possible, Instance instance, String name, Sending sending, String what) {
        switch (sending.phase) {
            case DECIDED -> {
                possible.add(new EveryOrder.Happening(what + "leaves and lands", () -> instance.send(name)));
                if (instance.permit(sending.term).holds()) {
                    fault(possible, Fault.REQUEST_HELD_UP, what + "is held up", () -> sending.phase = Phase.HELD_UP);
                }
            }
            case HELD_UP -> {
                possible.add(new EveryOrder.Happening(what + "lands late", () -> {
                    commit(sending.request);
                    sending.phase = Phase.LANDED_OR_NOT;
                }));
                possible.add(new EveryOrder.Happening(what + "is lost", () -> sending.phase = Phase.LANDED_OR_NOT));
            }
            case LANDED_OR_NOT ->
                possible.add(new EveryOrder.Happening(what + "is known to its sender", () -> instance.lookUp(name)));
        }
    }

    private void fault(List<EveryOrder.Happening> possible, Fault kind, String name, Runnable run) {
        if (faultsLeft > 0 && bounds.kinds().contains(kind)) {
            possible.add(0, new EveryOrder.Happening(name, () -> {
                faultsLeft--;
                run.run();
            }));
        }
    }

    private void create() {
        String name = "q" + created;
        // The later one is tried first.
        PodInfo info = pod(name)
                .priority(created)
                .preemptionPolicy("Never")
                .ask("latency", "1ms")
                .ask("interfaces", Integer.toString(bounds.asks().get(created)))
                .info();
        created++;
        pending.put(info.uid(), info);
        changes.add(new Change(info.uid(), info));
    }

    private void end(String uid) {
        pending.remove(uid);
        bound.remove(uid);
        changes.add(new Change(uid, null));
    }

    private boolean resting() {
        for (Instance instance : instances) {
            if (instance.places() && instance.harness.scheduler.queue().size(SchedulingQueue.Place.BACKOFF) > 0) {
                return true;
            }
        }
        return false;
    }

    private void passTime() {
        timesPassed++;
        for (Instance instance : instances) {
            instance.harness.clock.advance(REST);
        }
    }

    /** The API server binds a pod that waits, and refuses otherwise. */
    private void commit(Binder.Request request) {
        String uid = request.pod().uid();
        PodInfo waiting = pending.remove(uid);
        if (waiting == null) {
            return;
        }
        for (Binder.Request other : bound.values()) {
            for (String port : request.allocation().interfaces()) {
                if (other.allocation().interfaces().contains(port)) {
                    throw new AssertionError("port " + port + " is bound to " + uid + " and to "
                            + other.pod().uid());
                }
            }
        }
        bound.put(uid, request);
        changes.add(new Change(uid, Pods.bound(waiting, request.nodeName(), request.allocation())));
    }

    /** As {@link ApiBinder} does: the pod tells what became of a binding. */
    private Binder.Result judge(Binder.Request request) {
        String uid = request.pod().uid();
        Binder.Request there = bound.get(uid);
        if (there == null) {
            return pending.containsKey(uid)
                    ? new Binder.Result.Failed("the binding had no effect")
                    : new Binder.Result.Conflict("the pod is gone");
        }
        return there.nodeName().equals(request.nodeName()) && there.allocation().equals(request.allocation())
                ? new Binder.Result.Bound()
                : new Binder.Result.Conflict("bound by another");
    }

    @Override
    public void settle() {
        faultsLeft = 0;
        for (int i = 0; i < SETTLED_AFTER && !(pending.isEmpty() && bound.isEmpty()); i++) {
            comeToRest();
            audit();
            Set.copyOf(bound.keySet()).forEach(this::end);
        }
        comeToRest();
        audit();
        if (!pending.isEmpty()) {
            throw new AssertionError("stranded: " + pending.keySet());
        }
        for (Instance instance : instances) {
            if (instance.harness.scheduler.inFlight() > 0
                    || instance.harness.cluster.placedPods() > 0
                    || !instance.harness.scheduler.queue().waiting().isEmpty()) {
                throw new AssertionError("scheduler " + instance.number + " still holds " + instance.looks());
            }
        }
    }

    /** Everything arrives, somebody leads, and time passes, until the bound pods alone could change anything. */
    private void comeToRest() {
        String before;
        do {
            before = bound.keySet() + " " + pending.keySet();
            for (int again = 0; again < 2; again++) {
                for (Instance instance : instances) {
                    while (!instance.orphans.isEmpty()) {
                        commit(instance.orphans.remove(0));
                    }
                    arrive(instance);
                }
                if (!instances[0].leads && !instances[1].leads) {
                    instances[Math.max(0, holder)].lead();
                }
                passTime();
            }
        } while (!before.equals(bound.keySet() + " " + pending.keySet()));
    }

    private void arrive(Instance instance) {
        if (!instance.hasListed() || (instance.leads && instance.listedInTerm != instance.term)) {
            instance.list();
        }
        do {
            for (String name : List.copyOf(instance.sendings.keySet())) {
                Sending sending = instance.sendings.get(name);
                if (sending.phase == Phase.DECIDED) {
                    instance.send(name);
                }
                if (sending.phase == Phase.HELD_UP) {
                    commit(sending.request);
                }
                if (instance.sendings.containsKey(name)) {
                    instance.lookUp(name);
                }
            }
            while (instance.heard < changes.size()) {
                instance.hear();
            }
            for (int turns = 0; instance.places() && instance.hasPodsToTry() && turns < 10; turns++) {
                instance.turn();
            }
        } while (!instance.sendings.isEmpty());
    }

    private void audit() {
        Set<String> taken = new HashSet<>();
        List<PodInfo> all = new ArrayList<>(pending.values());
        bound.values().forEach(request -> {
            taken.addAll(request.allocation().interfaces());
            all.add(Pods.bound(request.pod(), request.nodeName(), request.allocation()));
        });
        int free = bounds.ports() - taken.size();
        for (PodInfo waiting : pending.values()) {
            if (waiting.demand().value().interfaces().orElse(0) <= free) {
                throw new AssertionError(waiting.uid() + " waits, and " + free + " ports are free");
            }
        }
        for (Instance instance : instances) {
            Auditor auditor = new Auditor();
            auditor.audit(instance.harness.cluster, all);
            List<Auditor.Drift> drifts = auditor.audit(instance.harness.cluster, all);
            if (!drifts.isEmpty()) {
                throw new AssertionError("the ledger of scheduler " + instance.number + " says otherwise: " + drifts);
            }
        }
    }
}
