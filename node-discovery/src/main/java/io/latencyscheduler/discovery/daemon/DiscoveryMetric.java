package io.latencyscheduler.discovery.daemon;

/** Every metric of this program, once. */
public enum DiscoveryMetric {
    SCAN_DURATION("latency_scheduler_discovery_scan_duration", "time that one scan of the host takes"),
    PUBLICATIONS("latency_scheduler_discovery_publications", "attempts to publish, by outcome"),
    API_REQUESTS("latency_scheduler_discovery_api_requests", "requests sent to the API server beside the watch"),
    PROBLEMS("latency_scheduler_discovery_problems", "what the last scan had to skip or refuse, by source"),
    PORTS("latency_scheduler_discovery_ports", "network ports, by role"),
    LAST_PUBLICATION(
            "latency_scheduler_discovery_last_publication_timestamp_seconds",
            "when everything last stood on the API server as found, in seconds since 1970"),
    HOT_PLUG_EVENTS("latency_scheduler_discovery_hot_plug_events", "kernel events about devices that led to a scan");

    private final String metricName;
    private final String help;

    DiscoveryMetric(String metricName, String help) {
        this.metricName = metricName;
        this.help = help;
    }

    public String metricName() {
        return metricName;
    }

    public String help() {
        return help;
    }
}
