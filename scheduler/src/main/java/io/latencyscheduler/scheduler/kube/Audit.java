package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.scheduler.cycle.Reporter;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.ledger.Auditor;
import io.latencyscheduler.scheduler.ledger.Auditor.Drift;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.metrics.Metric;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the ledger with a consistent list of all pods, now and then, and repairs what differs twice. Every second time
 * everything that is watched is listed anew as well: whatever event a watch lost, of whatever object, is then told.
 */
final class Audit {
    private static final Logger LOG = LoggerFactory.getLogger(Audit.class);

    private final ClusterWatches watches;
    private final SchedulerLoop loop;
    private final SchedulerMetrics metrics;
    private final ApiReporter reporter;
    private final InstantSource clock;
    /** Only the scheduler's thread touches it. */
    private final Auditor auditor = new Auditor();
    /** Only the timer's thread touches it. */
    private boolean relistsNow = true;

    Audit(
            ClusterWatches watches,
            SchedulerLoop loop,
            SchedulerMetrics metrics,
            ApiReporter reporter,
            InstantSource clock) {
        this.watches = watches;
        this.loop = loop;
        this.metrics = metrics;
        this.reporter = reporter;
        this.clock = clock;
    }

    /** Lists, on the calling thread, and hands the list over to the scheduler's. */
    void run() {
        if (!watches.haveSynced()) {
            return;
        }
        // Not every time, so that a loss is seen by two audits in turn, and counted, before it is healed this way.
        relistsNow = !relistsNow;
        try {
            List<PodInfo> pods = watches.listPods();
            loop.ask(core -> {
                compare(core, pods);
                return core;
            });
            if (relistsNow) {
                watches.relistAll();
            }
        } catch (IOException | RuntimeException failure) {
            LOG.warn("this audit is left out: {}", failure.toString());
        }
    }

    void compare(Scheduler core, List<PodInfo> pods) {
        List<Drift> drifts = auditor.audit(core.cluster(), pods);
        metrics.count(Metric.AUDITS);
        if (drifts.isEmpty()) {
            return;
        }
        Map<String, PodInfo> byUid = new HashMap<>();
        pods.forEach(pod -> byUid.put(pod.uid(), pod));
        for (Drift drift : drifts) {
            metrics.count(Metric.CAPACITY_DRIFT, drift.kind().name().toLowerCase(Locale.ROOT));
            LOG.error("drift: {} {}: {}", drift.kind(), drift.subject(), drift.detail());
            switch (drift.kind()) {
                case GHOST -> core.inbox().podDeleted(drift.subject());
                case NOT_COUNTED, ELSEWHERE, OTHER_ALLOCATION -> {
                    PodInfo pod = byUid.get(drift.subject());
                    if (pod != null) {
                        core.inbox().pod(pod);
                    }
                }
                case PORT_HELD_TWICE -> decideForTheNode(core.cluster(), drift);
            }
        }
    }

    /**
     * Which of two pods keeps a port is the node's to decide: its agent serves the earlier one and evicts the other. Where
     * no agent is alive nobody would, so the leader evicts those that took it later.
     */
    private void decideForTheNode(Cluster cluster, Drift drift) {
        NodeState node = cluster.node(drift.node());
        if (node == null || !loop.placing()) {
            return;
        }
        NodeDataplane agent = node.dataplane();
        if (agent != null && agent.liveAt(clock.instant())) {
            return;
        }
        List<String> holders = node.ownedPorts().conflicts().getOrDefault(drift.subject(), List.of());
        for (String uid : holders.subList(Math.min(1, holders.size()), holders.size())) {
            Cluster.Placed placed = cluster.placed(uid);
            if (placed != null && !placed.assumed() && !placed.pod().pod().terminating()) {
                reporter.evict(
                        placed.pod(),
                        Reporter.PORT_HELD_TWICE,
                        "port " + drift.subject() + " of node " + drift.node()
                                + " belongs to another pod, and no dataplane agent is there to tell them apart");
            }
        }
    }
}
