package io.latencyscheduler.dataplane.metrics;

import java.util.List;

/** Every metric of the agent: the one place for its name, help and labels. Durations are seconds; ports are the node's gated ones. */
public enum AgentMetric {
    FRAMES(Kind.COUNTER, "frames_total", "Frames that came to their end, by outcome.", "port", "outcome"),
    FRAMES_QUEUED(Kind.GAUGE, "frames_queued", "Frames that wait for their gate or for the device.", "port"),
    DEADLINE_MISSES(
            Kind.COUNTER,
            "deadline_misses_total",
            "Frames of streams that left late, or not at all because they were too late or their gate stayed closed.",
            "port"),
    GATE_WINDOWS(
            Kind.COUNTER,
            "gate_windows_total",
            "Windows that frames were sent for, by result: kept, or missed (left late, gate stayed closed, or still on"
                    + " the wire when it closed).",
            "port",
            "result"),
    GATE_CYCLES(Kind.COUNTER, "gate_cycles_total", "Gate cycles begun.", "port"),
    EMISSION_ERROR(
            Kind.HISTOGRAM,
            "emission_error_seconds",
            "How far from its launch time a frame left, early or late.",
            "port"),
    RECEIVED(
            Kind.COUNTER,
            "received_frames_total",
            "Frames for pods, by where they came from: device, or memory, from a pod of the same port.",
            "port",
            "source"),
    RECEIVE_ENDS(
            Kind.COUNTER,
            "receive_ends_total",
            "What became of them, one for each receiver: delivered, lost to a full ring, or unmatched, when nobody"
                    + " asked.",
            "port",
            "result"),
    LINK_UP(Kind.GAUGE, "link_up", "1 while the port carries frames, else 0.", "port"),
    CLOCK_STATE(
            Kind.GAUGE,
            "clock_state",
            "1 for the state that the node's clock is in, else 0: locked, unlocked, or local (no source configured).",
            "state"),
    CLOCK_ERROR(
            Kind.GAUGE,
            "clock_error_seconds",
            "Bound of the clock's error as the kernel knows it; absent when unknown."),
    PODS(
            Kind.GAUGE,
            "pods",
            "Pods on this node by what became of their allocation: installed, refused or ignored.",
            "state"),
    STATUS_TIMESTAMP(
            Kind.GAUGE,
            "status_timestamp_seconds",
            "When the node's status was last written to the API server, in seconds since 1970; 0 before the first"
                    + " time."),
    READY(Kind.GAUGE, "ready", "1 while the node is as the API server wants it, else 0."),
    BUILD_INFO(Kind.INFO, "build_info", "1; the version is a label.", "version");

    /** What every name begins with. */
    public static final String PREFIX = "latency_scheduler_agent_";

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

    AgentMetric(Kind kind, String suffix, String help, String... labels) {
        this.kind = kind;
        this.suffix = suffix;
        this.help = help;
        this.labels = List.of(labels);
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
}
