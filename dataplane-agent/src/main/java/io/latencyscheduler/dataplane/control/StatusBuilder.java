package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeDataplane.Clock;
import io.latencyscheduler.contract.NodeDataplane.ClockState;
import io.latencyscheduler.contract.NodeDataplane.Condition;
import io.latencyscheduler.contract.NodeDataplane.GatedPort;
import io.latencyscheduler.contract.NodeDataplane.Installed;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.EngineStats;
import io.latencyscheduler.dataplane.engine.EngineStats.PortStats;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.dataplane.plan.Plan.Refusal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the agent says of itself, as a function of what it does. */
public final class StatusBuilder {
    /** All that was asked is done. */
    static final String READY = "Ready";
    /** The clock follows its source, or none is configured. */
    static final String CLOCK_RELIABLE = "ClockReliable";
    /** Every gated port carries frames. */
    static final String LINKS_UP = "LinksUp";
    /** Every path that should be measured is. */
    static final String PATHS_MEASURED = "PathsMeasured";
    /** Every allocation on the node is honoured. */
    static final String ALLOCATIONS_HONOURED = "AllocationsHonoured";

    private final AgentConfig config;
    private final String version;
    private final Supplier<List<Verdict>> verdicts;

    /** What another part of the agent says of itself, as a condition. */
    public record Verdict(String type, boolean good, String reason, String message) {}

    /** {@code verdicts}: of the parts that the reconciler does not drive. */
    public StatusBuilder(AgentConfig config, String version, Supplier<List<Verdict>> verdicts) {
        this.config = config;
        this.version = version;
        this.verdicts = verdicts;
    }

    /**
     * Builds the status.
     *
     * @param previous the last one, for the times of its conditions; null for the first
     */
    public NodeDataplane build(
            Reconciler.Outcome outcome,
            EngineStats stats,
            Clock clock,
            AgentLoop.Paths paths,
            @Nullable NodeDataplane previous,
            Instant now) {
        Map<String, PortStats> statsByPort =
                stats.ports().stream().collect(Collectors.toMap(PortStats::name, Function.identity()));
        List<GatedPort> ports = new ArrayList<>();
        for (PortSpec port : outcome.ports()) {
            PortStats portStats = statsByPort.get(port.name());
            AgentConfig.Port settings = config.port(port.name());
            ports.add(new GatedPort(
                    port.name(),
                    port.backend().equals("dpdk") ? "dpdk:" + port.device() : port.backend(),
                    port.linkRateBps(),
                    portStats != null && portStats.linkUp(),
                    settings.guardNs(),
                    port.overheadBytes(),
                    port.maxSduBytes(),
                    settings.reserved(),
                    portStats == null ? null : portStats.emission()));
        }
        return new NodeDataplane(
                now,
                version,
                clock,
                ports,
                paths.measured(),
                outcome.installed().stream().map(StatusBuilder::installed).toList(),
                conditions(outcome, ports, clock, paths.problems(), previous, now));
    }

    private static Installed installed(BoundPod pod) {
        return new Installed(
                pod.uid(),
                pod.namespace(),
                pod.name(),
                pod.allocation().interfaces(),
                pod.allocation().streams().stream().map(StreamAllocation::name).toList());
    }

    private List<Condition> conditions(
            Reconciler.Outcome outcome,
            List<GatedPort> ports,
            Clock clock,
            List<String> pathProblems,
            @Nullable NodeDataplane previous,
            Instant now) {
        List<String> down = ports.stream()
                .filter(port -> !port.linkUp())
                .map(GatedPort::name)
                .toList();
        List<Refusal> refused = outcome.plan().refused();
        boolean unlocked = clock.state() == ClockState.UNLOCKED;
        List<Condition> conditions = new ArrayList<>(List.of(
                condition(
                        READY,
                        outcome.failures().isEmpty(),
                        outcome.failures().isEmpty() ? "Running" : "StepFailed",
                        outcome.failures().isEmpty()
                                ? ports.size() + " gated ports, "
                                        + outcome.installed().size() + " pods"
                                : String.join("; ", outcome.failures()),
                        previous,
                        now),
                condition(
                        CLOCK_RELIABLE,
                        !unlocked,
                        unlocked ? "Unlocked" : clock.state() == ClockState.LOCKED ? "Locked" : "NoSourceConfigured",
                        "clock " + clock.source() + ", TAI − UTC " + clock.taiOffsetSeconds() + " s",
                        previous,
                        now),
                condition(
                        LINKS_UP,
                        down.isEmpty(),
                        down.isEmpty() ? "Up" : "LinkDown",
                        down.isEmpty() ? "every gated port carries frames" : "down: " + String.join(", ", down),
                        previous,
                        now),
                condition(
                        PATHS_MEASURED,
                        pathProblems.isEmpty(),
                        pathProblems.isEmpty() ? "Measured" : "ProbeFailed",
                        pathProblems.isEmpty()
                                ? "every path that should be measured is"
                                : String.join("; ", pathProblems),
                        previous,
                        now),
                condition(
                        ALLOCATIONS_HONOURED,
                        refused.isEmpty(),
                        refused.isEmpty() ? "AllHonoured" : "AllocationRefused",
                        refused.isEmpty()
                                ? "every allocation on this node is honoured"
                                : refused.stream()
                                        .map(refusal -> refusal.pod().display() + ": " + refusal.sentence())
                                        .collect(Collectors.joining("; ")),
                        previous,
                        now)));
        for (Verdict verdict : verdicts.get()) {
            conditions.add(
                    condition(verdict.type(), verdict.good(), verdict.reason(), verdict.message(), previous, now));
        }
        return List.copyOf(conditions);
    }

    private static Condition condition(
            String type, boolean good, String reason, String message, @Nullable NodeDataplane previous, Instant now) {
        String status = good ? "True" : "False";
        Instant since = previous == null
                ? now
                : previous.conditions().stream()
                        .filter(condition -> condition.type().equals(type)
                                && condition.status().equals(status))
                        .map(Condition::lastTransitionTime)
                        .findFirst()
                        .orElse(now);
        return new Condition(type, status, reason, message, since);
    }
}
