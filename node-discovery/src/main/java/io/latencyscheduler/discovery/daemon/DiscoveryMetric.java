package io.latencyscheduler.discovery.daemon;

import java.util.List;

/** Every metric of this program: the one place for its name, help and labels. Durations are seconds. */
public enum DiscoveryMetric {
    SCAN_DURATION(Kind.HISTOGRAM, "scan_duration_seconds", "Time that one scan of the host takes."),
    PUBLICATIONS(Kind.COUNTER, "publications_total", "Attempts to publish, by outcome.", "outcome"),
    API_REQUESTS(Kind.COUNTER, "api_requests_total", "Requests sent to the API server beside the watch."),
    PROBLEMS(Kind.GAUGE, "problems", "Facts that the last scan could not read or had to refuse, by source.", "source"),
    PORTS(Kind.GAUGE, "ports", "Network ports, by role.", "role"),
    LAST_PUBLICATION(
            Kind.GAUGE,
            "last_publication_timestamp_seconds",
            "When everything last stood on the API server as found, in seconds since 1970; 0 before the first time."),
    HOT_PLUG_EVENTS(Kind.COUNTER, "hot_plug_events_total", "Kernel events about devices that led to a scan."),
    BUILD_INFO(Kind.INFO, "build_info", "1; the version is a label.", "version");

    /** What every name begins with. */
    public static final String PREFIX = "latency_scheduler_discovery_";

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

    DiscoveryMetric(Kind kind, String suffix, String help, String... labels) {
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
