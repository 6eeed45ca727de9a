package io.latencyscheduler.scheduler.metrics;

import java.util.List;

/**
 * Every metric of the scheduler: the one place for its name, help, labels and buckets. Suffixes and label words are
 * kube-scheduler's, so that what people know of it holds here; durations are seconds.
 */
public enum Metric {
    SCHEDULE_ATTEMPTS(
            Kind.COUNTER,
            "schedule_attempts_total",
            "Attempts to place a pod, by result: scheduled, unschedulable or error (a fault of the scheduler's own).",
            List.of("result")),
    SCHEDULING_ALGORITHM_DURATION(
            Kind.HISTOGRAM,
            "scheduling_algorithm_duration_seconds",
            "Time to decide on a pod, in memory.",
            List.of(),
            exponential(1e-5, 2, 15)),
    BINDING_DURATION(
            Kind.HISTOGRAM,
            "binding_duration_seconds",
            "Time from a decision to the API server's answer to the binding, by result: bound, conflict or failed.",
            List.of("result"),
            exponential(1e-3, 2, 15)),
    POD_SCHEDULING_SLI_DURATION(
            Kind.HISTOGRAM,
            "pod_scheduling_sli_duration_seconds",
            "Time from a pod's creation to its binding, over all attempts.",
            List.of(),
            exponential(1e-2, 2, 20)),
    POD_SCHEDULING_ATTEMPTS(
            Kind.HISTOGRAM, "pod_scheduling_attempts", "Attempts it took to place a pod.", List.of(), new double[] {
                1, 2, 4, 8, 16
            }),
    PENDING_PODS(
            Kind.GAUGE,
            "pending_pods",
            "Pods that wait, by queue: active, backoff, unschedulable or gated.",
            List.of("queue")),
    IN_FLIGHT_PODS(Kind.GAUGE, "in_flight_pods", "Pods decided and not yet known to be bound.", List.of()),
    UNSCHEDULABLE_VERDICTS(
            Kind.COUNTER,
            "unschedulable_verdicts_total",
            "Attempts that ended without a node, by each plugin that refused one.",
            List.of("plugin")),
    REFUSED_NODES(
            Kind.COUNTER,
            "refused_nodes_total",
            "Nodes refused to pods, by the plugin that refused; each counts once in every attempt.",
            List.of("plugin")),
    ALLOCATIONS(
            Kind.COUNTER,
            "allocations_total",
            "Pods bound with an allocation, by tier: dpdk, ovs-dpdk, kernel, or none for ports or streams alone.",
            List.of("tier")),
    LATENCY_HEADROOM(
            Kind.HISTOGRAM,
            "latency_headroom_seconds",
            "Latency that a bound pod tolerates less what its path keeps, as measured or configured, by tier.",
            List.of("tier"),
            exponential(1e-5, 4, 10)),
    PREEMPTION_ATTEMPTS(Kind.COUNTER, "preemption_attempts_total", "Preemptions begun.", List.of()),
    PREEMPTION_VICTIMS(Kind.COUNTER, "preemption_victims_total", "Pods deleted to make room for others.", List.of()),
    EVICTIONS(
            Kind.COUNTER,
            "evictions_total",
            "Pods evicted because another pod took their port before, on nodes without a live agent, by reason.",
            List.of("reason")),
    WARNINGS(
            Kind.COUNTER,
            "warnings_total",
            "Warnings about pods that go on, by reason, which is that of the event.",
            List.of("reason")),
    LEADER(Kind.GAUGE, "leader", "1 while this instance may place pods, else 0.", List.of()),
    NODES(Kind.GAUGE, "nodes", "Nodes known.", List.of()),
    OWNED_PORTS(
            Kind.GAUGE,
            "owned_ports",
            "Owned ports of all nodes, by state: free or allocated. Counted every 5 s.",
            List.of("state")),
    CAPACITY_DRIFT(
            Kind.COUNTER,
            "capacity_drift_total",
            "Differences between the ledger and a consistent list that two audits in turn found, by kind.",
            List.of("kind")),
    AUDITS(Kind.COUNTER, "audits_total", "Audits of the ledger that ended.", List.of()),
    WATCH_EVENTS(Kind.COUNTER, "watch_events_total", "Watch events read.", List.of("resource", "type")),
    WATCH_LISTS(Kind.COUNTER, "watch_lists_total", "Full lists read.", List.of("resource")),
    WATCH_FAILURES(
            Kind.COUNTER,
            "watch_failures_total",
            "Lists and watches that failed and were tried again.",
            List.of("resource")),
    UNDECODABLE_OBJECTS(
            Kind.COUNTER,
            "undecodable_objects_total",
            "Objects that could not be read and were left as they were.",
            List.of("resource")),
    WRITES_DROPPED(
            Kind.GAUGE,
            "writes_dropped",
            "Writes of least importance given up so far, by kind: event, condition or label.",
            List.of("kind")),
    EVENT_BACKLOG(Kind.GAUGE, "event_backlog", "Watch events not yet taken in by the scheduler's thread.", List.of()),
    BUILD_INFO(Kind.INFO, "build_info", "1; the version is a label.", List.of("version"));

    /** What every name begins with. */
    public static final String PREFIX = "latency_scheduler_";

    /** How it behaves. */
    public enum Kind {
        COUNTER,
        GAUGE,
        HISTOGRAM,
        /** Constant; made by the page itself, as the bridge does not carry its name over. */
        INFO
    }

    private final Kind kind;
    private final String suffix;
    private final String help;
    private final List<String> labels;
    private final double[] buckets;

    Metric(Kind kind, String suffix, String help, List<String> labels, double... buckets) {
        this.kind = kind;
        this.suffix = suffix;
        this.help = help;
        this.labels = labels;
        this.buckets = buckets;
    }

    public Kind kind() {
        return kind;
    }

    public String fullName() {
        return PREFIX + suffix;
    }

    public String help() {
        return help;
    }

    public List<String> labels() {
        return labels;
    }

    double[] buckets() {
        return buckets.clone();
    }

    private static double[] exponential(double first, double factor, int count) {
        double[] bounds = new double[count];
        double bound = first;
        for (int i = 0; i < count; i++) {
            bounds[i] = bound;
            bound *= factor;
        }
        return bounds;
    }
}
