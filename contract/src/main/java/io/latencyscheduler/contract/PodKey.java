package io.latencyscheduler.contract;

/** What a pod may ask, as annotations. A pod with none of these is an ordinary pod. */
public enum PodKey implements WireName {
    LATENCY("latency", Durations.ACCEPTED, "", "The network latency the pod tolerates."),
    INTERFACES("interfaces", "an integer from 1 to 64", "1 when its tier is dpdk, else 0", "DPDK ports it owns."),
    PERIOD("period", Durations.ACCEPTED, "", "Period of its one stream through the node's gated port."),
    DEADLINE(
            "deadline",
            Durations.ACCEPTED + ", at most the period",
            "the period",
            "When a frame must have left the port, after its release; without period it counts as latency."),
    FRAME_BYTES("frame-bytes", "an integer from 64 to 1522", "1522", "Largest frame of the stream with FCS, in bytes."),
    PHASE(
            "phase",
            "'assigned', 'free' or a duration below the period",
            "assigned",
            "When the application releases a frame within the period."),
    JITTER("jitter", Durations.ACCEPTED, "unbounded", "Largest deviation of emission from the period grid."),
    TRAFFIC_CLASS("traffic-class", "an integer from 0 to 7", "7", "802.1Q traffic class of the stream."),
    LATE_POLICY(
            "late-policy",
            "'drop', 'send-now' or 'next-window'",
            "that of the port",
            "What becomes of frames of its streams that missed their window."),
    STREAMS(
            "streams",
            "a YAML or JSON list of {name, period, deadline, frameBytes, phase, jitter, trafficClass}",
            "",
            "Several streams; excludes the six keys of one stream."),
    TALKS_TO("talks-to", "a label selector such as app=plc", "", "Pods it exchanges frames with; prefers nearness."),
    GROUP("group", "a DNS label", "", "Pods of one group are placed all or none."),
    GROUP_SIZE("group-size", "an integer from 1 to 1000", "", "How many pods the group has."),
    START_BY("start-by", Durations.ACCEPTED, "", "When it must be placed, after its creation; orders the queue.");

    private final String wireName;
    private final String accepted;
    private final String defaultValue;
    private final String help;

    PodKey(String wireName, String accepted, String defaultValue, String help) {
        this.wireName = wireName;
        this.accepted = accepted;
        this.defaultValue = defaultValue;
        this.help = help;
    }

    /** The key without prefix; pods may use it bare only for {@link #LATENCY} and {@link #DEADLINE}. */
    @Override
    public String wireName() {
        return wireName;
    }

    /** The key as it stands in {@code metadata.annotations}. */
    public String annotation() {
        return Keys.PREFIX + wireName;
    }

    /** Whether the key without prefix is read too, for the sake of the founding documents. */
    public boolean bareAccepted() {
        return this == LATENCY || this == DEADLINE;
    }

    /** The accepted form of a value, as it ends a refusal: "must be …". */
    public String accepted() {
        return accepted;
    }

    /** What holds when the key is absent; empty when nothing does. */
    public String defaultValue() {
        return defaultValue;
    }

    /** One sentence for the reference page. */
    public String help() {
        return help;
    }
}
