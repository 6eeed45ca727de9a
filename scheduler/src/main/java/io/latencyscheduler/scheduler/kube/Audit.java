package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.ledger.Auditor;
import io.latencyscheduler.scheduler.ledger.Auditor.Drift;
import io.latencyscheduler.scheduler.metrics.Metric;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares the ledger with a consistent list of all pods, now and then, and repairs what differs twice. */
final class Audit {
    private static final Logger LOG = LoggerFactory.getLogger(Audit.class);

    private final ClusterWatches watches;
    private final SchedulerLoop loop;
    private final SchedulerMetrics metrics;
    /** Only the scheduler's thread touches it. */
    private final Auditor auditor = new Auditor();

    Audit(ClusterWatches watches, SchedulerLoop loop, SchedulerMetrics metrics) {
        this.watches = watches;
        this.loop = loop;
        this.metrics = metrics;
    }

    /** Lists, on the calling thread, and hands the list over to the scheduler's. */
    void run() {
        if (!watches.haveSynced()) {
            return;
        }
        try {
            List<PodInfo> pods = watches.listPods();
            loop.ask(core -> {
                compare(core, pods);
                return core;
            });
        } catch (IOException | RuntimeException failure) {
            LOG.warn("this audit is left out: {}", failure.toString());
        }
    }

    private void compare(Scheduler core, List<PodInfo> pods) {
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
                // Which of the two keeps the port is the node's to decide; its agent reports the other.
                case PORT_HELD_TWICE -> {}
            }
        }
    }
}
