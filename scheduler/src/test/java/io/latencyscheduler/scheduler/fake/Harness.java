package io.latencyscheduler.scheduler.fake;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.cycle.Inbox;
import io.latencyscheduler.scheduler.cycle.Reporter;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.cycle.Settings;
import io.latencyscheduler.scheduler.framework.Plugin;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A scheduler with a binder and a reporter that remember, under a clock that stands still. */
public final class Harness implements Binder, Reporter {
    public final FakeClock clock = new FakeClock();
    public final Cluster cluster = new Cluster();
    public final Scheduler scheduler;

    /** Bindings not yet answered, when {@link #answer} is off. */
    public final Map<String, CompletableFuture<Result>> unanswered = new LinkedHashMap<>();
    /** Where each pod was bound, by name. */
    public final Map<String, Request> bound = new LinkedHashMap<>();
    /** The last message for each pod that could not be placed, by name. */
    public final Map<String, String> messages = new HashMap<>();

    public final Map<String, List<String>> victims = new LinkedHashMap<>();
    public final List<Decision> decisions = new ArrayList<>();
    public final Map<String, String> whys = new HashMap<>();
    /** Warnings as {@code reason pod: message}. */
    public final List<String> warnings = new ArrayList<>();
    /** Whether bindings succeed at once and the watch tells so. */
    public boolean answer = true;

    private final Deque<Runnable> tasks = new ArrayDeque<>();

    private Duration wallAhead = Duration.ZERO;

    public Harness() {
        this(TierSettings.DEFAULT);
    }

    public Harness(TierSettings tiers) {
        this(DefaultPlugins.create(tiers, StreamSettings.DEFAULT, DpdkReadiness.Mode.OFF, VolumeWriter.NONE));
    }

    public Harness(List<? extends Plugin> plugins) {
        scheduler = new Scheduler(
                new Settings("latency-scheduler", Settings.DEFAULT_NODES_TO_SCORE, 1, Backoff.DEFAULT),
                new Profile(plugins),
                cluster,
                this,
                this,
                tasks::add,
                clock,
                () -> clock.instant().plus(wallAhead));
    }

    /** The wall clock is set this far ahead of the time that passes. */
    public Harness setWall(Duration ahead) {
        wallAhead = ahead;
        return this;
    }

    public Inbox inbox() {
        return scheduler.inbox();
    }

    public Harness node(Nodes node) {
        inbox().node(node.build());
        return this;
    }

    /** A node with owned ports. */
    public Harness dpdkNode(String name, String... ports) {
        node(Nodes.node(name));
        inbox().inventory(name, Nodes.inventory(name, false, ports));
        return this;
    }

    public Harness inventory(String name, NodeInventory inventory) {
        inbox().inventory(name, inventory);
        return this;
    }

    /** A node with a live agent that runs one gated port, {@code uplink0}, of 1 Gb/s. */
    public Harness gatedNode(String name) {
        node(Nodes.node(name));
        inbox().inventory(name, Nodes.gatedInventory(name, "uplink0"));
        inbox().dataplane(name, Nodes.dataplane(clock.instant(), "uplink0"));
        return this;
    }

    public Harness pod(Pods pod) {
        inbox().pod(pod.info());
        return this;
    }

    /** Schedules and answers until nothing is due. */
    public Harness run() {
        do {
            runTasks();
        } while (scheduler.scheduleOne() || !tasks.isEmpty());
        return this;
    }

    /** Lets the scheduler's thread take in what it was handed, without a decision. */
    public void runTasks() {
        while (!tasks.isEmpty()) {
            tasks.poll().run();
        }
    }

    /** The node a pod was bound to; empty when it was not. */
    public String nodeOf(String pod) {
        Request request = bound.get(pod);
        return request == null ? "" : request.nodeName();
    }

    public List<String> interfacesOf(String pod) {
        Request request = bound.get(pod);
        return request == null || request.allocation() == null
                ? List.of()
                : request.allocation().interfaces();
    }

    @Override
    public CompletionStage<Result> bind(Request request) {
        String name = request.pod().pod().metadata().name();
        if (!answer) {
            CompletableFuture<Result> result = new CompletableFuture<>();
            unanswered.put(name, result);
            bound.put(name, request);
            return result;
        }
        bound.put(name, request);
        tasks.add(() -> inbox().pod(Pods.bound(request.pod(), request.nodeName(), request.allocation())));
        return CompletableFuture.completedFuture(new Result.Bound());
    }

    @Override
    public void decided(Decision decision) {
        decisions.add(decision);
    }

    @Override
    public void broke(String doing, RuntimeException cause) {
        throw new AssertionError(doing, cause);
    }

    @Override
    public void unschedulable(PodInfo pod, String reason, String message, String nominatedNodeName) {
        messages.put(pod.pod().metadata().name(), message);
    }

    @Override
    public void scheduled(PodInfo pod, String nodeName, String why, int attempts) {
        whys.put(pod.pod().metadata().name(), why);
    }

    @Override
    public void warning(PodInfo pod, String reason, String message) {
        warnings.add(reason + " " + pod.pod().metadata().name() + ": " + message);
    }

    @Override
    public void preempt(PodInfo preemptor, String nodeName, List<PodInfo> pods) {
        victims.put(
                preemptor.pod().metadata().name(),
                pods.stream().map(pod -> pod.pod().metadata().name()).toList());
    }
}
