package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.EventNote;
import io.latencyscheduler.kube.EventNote.Regarding;
import io.latencyscheduler.kube.EventRecorder;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Transport;
import io.latencyscheduler.scheduler.cycle.Reporter;
import io.latencyscheduler.scheduler.metrics.Metric;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.trace.Decision;
import io.latencyscheduler.scheduler.trace.DecisionLog;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/** Tells through conditions, events, metrics and the decision log, in kube-scheduler's words and forms. Never blocks. */
public final class ApiReporter implements Reporter, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiReporter.class);

    /** A condition that cannot be written is soon out of date: the pod's next attempt writes another. */
    private static final int CONDITION_ATTEMPTS = 5;

    private final ObjectClient objects;
    private final Evictor evictor;
    private final EventRecorder events;
    private final Leadership leadership;
    private final SchedulerMetrics metrics;
    private final DecisionLog decisions;
    private final InstantSource clock;
    private final LatestWrites conditions = new LatestWrites("condition", 4, CONDITION_ATTEMPTS);

    /**
     * @param background carries conditions, behind the bindings
     * @param evictor removes pods
     */
    public ApiReporter(
            Transport background,
            Evictor evictor,
            EventRecorder events,
            Leadership leadership,
            SchedulerMetrics metrics,
            DecisionLog decisions,
            InstantSource clock) {
        this.objects = new ObjectClient(background);
        this.evictor = evictor;
        this.events = events;
        this.leadership = leadership;
        this.metrics = metrics;
        this.decisions = decisions;
        this.clock = clock;
    }

    @Override
    public void decided(Decision decision) {
        decisions.add(decision);
        metrics.count(
                Metric.SCHEDULE_ATTEMPTS,
                decision.scheduled() ? "scheduled" : decision.failed() ? "error" : "unschedulable");
        for (Decision.NodeVerdict refused : decision.refused()) {
            metrics.count(Metric.REFUSED_NODES, refused.verdict().plugin());
        }
        if (decision.othersVerdict().rejects()) {
            metrics.add(
                    Metric.REFUSED_NODES,
                    decision.others(),
                    decision.othersVerdict().plugin());
        }
        if (!decision.scheduled()) {
            // A pod that waits is tried again and again: its first refusal is news, the others are for those who look
            // closer.
            Level level = decision.attempt() == 1 ? Level.INFO : Level.DEBUG;
            if (LOG.isEnabledForLevel(level)) {
                about(LOG.atLevel(level), decision.pod(), decision.attempt())
                        .log("pod {} finds no node: {}", decision.pod().key(), decision.message());
            }
            TreeSet<String> plugins = new TreeSet<>();
            plugins.add(decision.podVerdict().plugin());
            plugins.add(decision.othersVerdict().plugin());
            String before = "";
            for (Decision.NodeVerdict refused : decision.refused()) {
                String plugin = refused.verdict().plugin();
                if (!plugin.equals(before)) {
                    plugins.add(plugin);
                    before = plugin;
                }
            }
            plugins.remove("");
            plugins.forEach(plugin -> metrics.count(Metric.UNSCHEDULABLE_VERDICTS, plugin));
        }
    }

    @Override
    public void broke(String doing, RuntimeException cause) {
        LOG.error("{} broke", doing, cause);
    }

    @Override
    public void unschedulable(PodInfo pod, String reason, String message, @Nullable String nominatedNodeName) {
        events.record(new EventNote(regarding(pod), EventNote.WARNING, "FailedScheduling", "Scheduling", message));
        Patch patch = condition(pod.pod(), reason, message, nominatedNodeName);
        if (patch != null) {
            conditions.put(pod.uid(), Duration.ZERO, () -> patchStatus(pod, patch));
        }
    }

    /** The patch of the pod's status; null when it says all that already. */
    private @Nullable Patch condition(Pod pod, String reason, String message, @Nullable String nominatedNodeName) {
        boolean nominates = nominatedNodeName != null
                && !nominatedNodeName.equals(pod.status().nominatedNodeName());
        Pod.Condition present = null;
        for (Pod.Condition condition : pod.status().conditions()) {
            if (condition.type().equals("PodScheduled")) {
                present = condition;
            }
        }
        boolean same = present != null
                && present.status().equals("False")
                && present.reason().equals(reason)
                && present.message().equals(message);
        if (same && !nominates) {
            return null;
        }
        ObjectNode patch = Json.object();
        patch.putObject("metadata").put("uid", pod.uid());
        ObjectNode status = patch.putObject("status");
        if (!same) {
            ObjectNode condition = status.putArray("conditions")
                    .addObject()
                    .put("type", "PodScheduled")
                    .put("status", "False")
                    .put("reason", reason)
                    .put("message", message)
                    .putNull("lastProbeTime");
            if (present == null || !present.status().equals("False")) {
                condition.put("lastTransitionTime", seconds(clock.instant()));
            }
        }
        if (nominates) {
            status.put("nominatedNodeName", nominatedNodeName);
        }
        return Patch.strategic(patch);
    }

    private void patchStatus(PodInfo pod, Patch patch) throws IOException {
        if (!leadership.leads()) {
            return;
        }
        try {
            objects.patchStatus(
                    Resource.PODS,
                    pod.pod().metadata().namespace(),
                    pod.pod().metadata().name(),
                    patch);
        } catch (ApiFailure refused) {
            // Gone, or another pod of that name: nobody is left to tell.
            if (refused.status() != 404 && refused.status() != 409) {
                throw refused;
            }
        }
    }

    @Override
    public void scheduled(PodInfo pod, String nodeName, String why, int attempts) {
        metrics.observe(Metric.POD_SCHEDULING_ATTEMPTS, attempts);
        conditions.discard(pod.uid());
        Instant created = pod.createdAt();
        if (created.isAfter(Instant.EPOCH)) {
            metrics.observe(
                    Metric.POD_SCHEDULING_SLI_DURATION,
                    Math.max(0, Duration.between(created, clock.instant()).toMillis() / 1000.0));
        }
        String note = "Successfully assigned " + pod.key() + " to " + nodeName + (why.isEmpty() ? "" : ": " + why);
        events.record(new EventNote(regarding(pod), EventNote.NORMAL, "Scheduled", "Binding", note));
        about(LOG.atInfo(), pod, attempts)
                .addKeyValue("node", nodeName)
                .log("pod {} is bound to {}", pod.key(), nodeName);
    }

    /** A line of the log about a pod, with fields that machines read. */
    private static LoggingEventBuilder about(LoggingEventBuilder line, PodInfo pod, int attempt) {
        return line.addKeyValue("pod", pod.key())
                .addKeyValue("podUid", pod.uid())
                .addKeyValue("attempt", attempt);
    }

    @Override
    public void warning(PodInfo pod, String reason, String message) {
        if (!leadership.leads()) {
            return; // Stand-bys see the same pods.
        }
        metrics.count(Metric.WARNINGS, reason);
        events.record(new EventNote(regarding(pod), EventNote.WARNING, reason, "Scheduling", message));
    }

    @Override
    public void preempt(PodInfo preemptor, String nodeName, List<PodInfo> victims) {
        metrics.count(Metric.PREEMPTION_ATTEMPTS);
        for (PodInfo victim : victims) {
            metrics.count(Metric.PREEMPTION_VICTIMS);
            evictor.preempt(victim);
            events.record(new EventNote(
                    regarding(victim),
                    EventNote.NORMAL,
                    "Preempted",
                    "Preempting",
                    "Preempted by pod " + preemptor.uid() + " on node " + nodeName));
        }
    }

    /** A pod must leave its node: a Warning event, and an eviction as far as its disruption budget allows. */
    void evict(PodInfo pod, String reason, String message) {
        metrics.count(Metric.EVICTIONS, reason);
        events.record(new EventNote(regarding(pod), EventNote.WARNING, reason, "Evicting", message));
        LOG.atWarn()
                .addKeyValue("pod", pod.key())
                .addKeyValue("podUid", pod.uid())
                .log("pod {} must leave its node: {}", pod.key(), message);
        evictor.evict(pod);
    }

    private static Regarding regarding(PodInfo pod) {
        return Regarding.pod(
                pod.pod().metadata().namespace(), pod.pod().metadata().name(), pod.uid());
    }

    static String seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Conditions not written for want of room or an API server. */
    public long dropped() {
        return conditions.dropped();
    }

    @Override
    public void close() {
        conditions.close();
    }
}
