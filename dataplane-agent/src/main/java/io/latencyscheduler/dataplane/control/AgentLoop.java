package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.dataplane.control.Desired.IgnoredAllocation;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.EngineStats;
import io.latencyscheduler.dataplane.log.PodLog;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.dataplane.plan.Plan.Refusal;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that drives the engine: after each change and at each heartbeat it reconciles, reports and publishes.
 */
public final class AgentLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AgentLoop.class);
    private static final Duration RETRY = Duration.ofSeconds(2);
    /** Several requests that each run into their timeout are no reason to restart. */
    private static final Duration STUCK = Duration.ofMinutes(2);

    /** Where the loop's results go. */
    public interface Outlet {
        /** Writes the node's status. */
        void publish(NodeDataplane status) throws IOException;

        /** Tells of pods whose allocation is refused; called with all of them each time, and must cope with repeats. */
        void refused(List<Refusal> refusals) throws IOException;

        /** Tells of allocations that count for nothing; called and repeated likewise. */
        void ignored(List<IgnoredAllocation> ignored) throws IOException;
    }

    /** Tells the state of the node's clock. */
    public interface ClockSource {
        NodeDataplane.Clock read(EngineStats stats);
    }

    /** What is known of the node's paths. */
    public interface Paths {
        /** What was measured. */
        List<NodeDataplane.MeasuredPath> measured();

        /** Why paths that should be measured are not, one sentence each. */
        List<String> problems();
    }

    private final Supplier<@Nullable Desired> desired;
    private final Reconciler reconciler;
    private final Engine engine;
    private final StatusBuilder statusBuilder;
    private final ClockSource clockSource;
    private final Paths paths;
    private final Outlet outlet;
    private final InstantSource clock;
    private final Duration heartbeat;
    private final Thread thread = new Thread(this::run, "agent-control");

    private boolean changed = true; // guarded by this
    private boolean stopping; // guarded by this
    private volatile Reconciler.@Nullable Outcome lastOutcome;
    private volatile @Nullable NodeDataplane lastStatus;
    private @Nullable Instant publishedAt;
    private volatile String problem = "the API server has not been read yet";
    /** When the pass that runs now began, in the JVM's nanoseconds; 0 between passes. */
    private volatile long passSinceNs;

    public AgentLoop(
            Supplier<@Nullable Desired> desired,
            Reconciler reconciler,
            Engine engine,
            StatusBuilder statusBuilder,
            ClockSource clockSource,
            Paths paths,
            Outlet outlet,
            InstantSource clock,
            Duration heartbeat) {
        this.desired = desired;
        this.reconciler = reconciler;
        this.engine = engine;
        this.statusBuilder = statusBuilder;
        this.clockSource = clockSource;
        this.paths = paths;
        this.outlet = outlet;
        this.clock = clock;
        this.heartbeat = heartbeat;
    }

    /** Begins. To be called once. */
    public void start() {
        thread.start();
    }

    /** Something may differ; returns at once. */
    public synchronized void wake() {
        changed = true;
        notifyAll();
    }

    /** What keeps the agent from doing its work; empty when nothing does. */
    public String problem() {
        return problem;
    }

    /** Whether the loop's thread runs and no pass has taken longer than it can for want of answers. */
    public boolean responsive() {
        long since = passSinceNs;
        return thread.isAlive() && (since == 0 || System.nanoTime() - since < STUCK.toNanos());
    }

    /** What the last pass came to; null before the first. */
    public Reconciler.@Nullable Outcome lastOutcome() {
        return lastOutcome;
    }

    /** What was last published; null before the first. */
    public @Nullable NodeDataplane lastStatus() {
        return lastStatus;
    }

    private void run() {
        while (awaitTurn()) {
            passSinceNs = Math.max(1, System.nanoTime());
            try {
                pass();
            } catch (IOException | RuntimeException failed) {
                problem = String.valueOf(failed.getMessage());
                LOG.warn("pass failed, tried again in {}: {}", RETRY, problem);
            } finally {
                passSinceNs = 0;
            }
        }
    }

    private synchronized boolean awaitTurn() {
        long waitMillis = (problem.isEmpty() ? heartbeat : RETRY).toMillis();
        long deadlineNs = System.nanoTime() + waitMillis * 1_000_000;
        while (!changed && !stopping) {
            long leftMillis = (deadlineNs - System.nanoTime()) / 1_000_000;
            if (leftMillis <= 0) {
                break;
            }
            try {
                wait(leftMillis);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        changed = false;
        return !stopping;
    }

    /** One pass; does nothing before the API server's picture is complete. */
    void pass() throws IOException {
        Desired now = desired.get();
        if (now == null) {
            return;
        }
        Reconciler.Outcome outcome = reconciler.reconcile(now);
        tell(lastOutcome, outcome);
        lastOutcome = outcome;
        problem = String.join("; ", outcome.failures());
        EngineStats stats = engine.stats();
        NodeDataplane before = lastStatus;
        NodeDataplane status =
                statusBuilder.build(outcome, stats, clockSource.read(stats), paths, before, clock.instant());
        if (before == null || differs(before, status) || heartbeatDue(status.heartbeatTime())) {
            outlet.publish(status);
            lastStatus = status;
            publishedAt = status.heartbeatTime();
        }
        if (!outcome.plan().refused().isEmpty()) {
            outlet.refused(outcome.plan().refused());
        }
        if (!now.ignored().isEmpty()) {
            outlet.ignored(now.ignored());
        }
    }

    /** What differs from the pass before. */
    private static void tell(Reconciler.@Nullable Outcome before, Reconciler.Outcome now) {
        List<BoundPod> served = before == null ? List.of() : before.installed();
        for (BoundPod pod : now.installed()) {
            if (!served.contains(pod)) {
                PodLog.about(LOG.atInfo(), pod).log("pod {} is served", pod.display());
            }
        }
        Set<String> uids = now.installed().stream().map(BoundPod::uid).collect(Collectors.toSet());
        for (BoundPod pod : served) {
            if (!uids.contains(pod.uid())) {
                PodLog.about(LOG.atInfo(), pod).log("pod {} is served no more", pod.display());
            }
        }
        List<String> told = before == null ? List.of() : before.failures();
        now.failures().stream().filter(failure -> !told.contains(failure)).forEach(failure -> LOG.warn("{}", failure));
    }

    private boolean heartbeatDue(Instant now) {
        return publishedAt == null || !now.isBefore(publishedAt.plus(heartbeat));
    }

    /** Measurements alone wait for the heartbeat: a write per sample would be a write per second per node. */
    private static boolean differs(NodeDataplane before, NodeDataplane after) {
        return !before.allocations().equals(after.allocations())
                || !before.conditions().equals(after.conditions())
                || before.clock().state() != after.clock().state()
                || !withoutMeasurements(before).equals(withoutMeasurements(after));
    }

    private static List<NodeDataplane.GatedPort> withoutMeasurements(NodeDataplane status) {
        return status.ports().stream()
                .map(port -> new NodeDataplane.GatedPort(
                        port.name(),
                        port.backend(),
                        port.linkRateBps(),
                        port.linkUp(),
                        port.guardNs(),
                        port.overheadBytes(),
                        port.maxSduBytes(),
                        port.reserved(),
                        null,
                        port.classes(),
                        port.periodsNs(),
                        port.gates()))
                .toList();
    }

    /** Stops the thread; the engine is the caller's to close. */
    @Override
    public void close() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
