package io.latencyscheduler.contract;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Status of the cluster-scoped custom resource of the same name: what the dataplane-agent of one node says of itself.
 *
 * @param heartbeatTime when it was written, by the agent's wall clock
 * @param agentVersion version of the agent
 * @param clock how far its clock can be trusted
 * @param ports the gated ports it runs
 * @param paths latencies it measured
 * @param allocations what is installed there: the second witness beside the pods' annotations
 * @param conditions in the usual Kubernetes form
 */
public record NodeDataplane(
        Instant heartbeatTime,
        String agentVersion,
        Clock clock,
        List<GatedPort> ports,
        List<MeasuredPath> paths,
        List<Installed> allocations,
        List<Condition> conditions) {
    /** {@code kind} of the resource. */
    public static final String KIND = "NodeDataplane";

    /** An agent silent for longer gets no new streams. */
    public static final Duration LIVE_FOR = Duration.ofSeconds(90);

    /** What is absent in an object of the API reads as null: such an object is none. */
    public NodeDataplane {
        Objects.requireNonNull(heartbeatTime, "heartbeatTime");
        Objects.requireNonNull(clock, "clock");
        ports = List.copyOf(ports);
        paths = List.copyOf(paths);
        allocations = List.copyOf(allocations);
        conditions = List.copyOf(conditions);
    }

    /** Whether the agent spoke recently enough, seen at {@code now}. */
    public boolean liveAt(Instant now) {
        return !heartbeatTime.plus(LIVE_FOR).isBefore(now);
    }

    /** Whether the clock follows a time source. */
    public enum ClockState implements WireName {
        /** Follows its source within the stated error. */
        LOCKED("locked"),
        /** Runs free: no new streams. */
        UNLOCKED("unlocked"),
        /** No source is configured; one node's promises hold, times across nodes do not compare. */
        LOCAL("local");

        private final String wireName;

        ClockState(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /**
     * The agent's clock.
     *
     * @param taiOffsetSeconds TAI − UTC as used, in seconds
     * @param errorNs bound of its error; -1 when unknown
     */
    public record Clock(ClockState state, String source, int taiOffsetSeconds, long errorNs) {
        public Clock {
            Objects.requireNonNull(state, "state");
            Objects.requireNonNull(source, "source");
        }
    }

    /**
     * A gated port as the agent runs it.
     *
     * @param name as in the inventory
     * @param backend what carries the frames, such as {@code dpdk:net_af_packet} or {@code af_packet}
     * @param linkRateBps as used for windows
     * @param linkUp whether it carries frames now
     * @param guardNs added to each window for emission error
     * @param overheadBytes added to each frame beside preamble and gap: 50 under VXLAN, else 0
     * @param maxSduBytes largest frame it takes, with FCS
     * @param reserved windows reserved by local configuration, admitted like streams but by nobody's pod
     * @param emission measured emission error; null before the first samples
     * @param classes limits of the traffic classes that differ from the port's; absent: none do
     * @param periodsNs the only periods it supports; empty or absent: any
     * @param gates limits of its gate control list; null when it has none, as with gates in software
     */
    public record GatedPort(
            String name,
            String backend,
            long linkRateBps,
            boolean linkUp,
            long guardNs,
            int overheadBytes,
            int maxSduBytes,
            List<ReservedWindow> reserved,
            @Nullable Quantiles emission,
            List<ClassLimit> classes,
            List<Long> periodsNs,
            @Nullable GateLimits gates) {
        public GatedPort {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(backend, "backend");
            reserved = copyOrEmpty(reserved);
            classes = copyOrEmpty(classes);
            periodsNs = copyOrEmpty(periodsNs);
        }

        /** A port whose classes are all alike, that takes any period and runs its gates in software. */
        public GatedPort(
                String name,
                String backend,
                long linkRateBps,
                boolean linkUp,
                long guardNs,
                int overheadBytes,
                int maxSduBytes,
                List<ReservedWindow> reserved,
                @Nullable Quantiles emission) {
            this(
                    name,
                    backend,
                    linkRateBps,
                    linkUp,
                    guardNs,
                    overheadBytes,
                    maxSduBytes,
                    reserved,
                    emission,
                    List.of(),
                    List.of(),
                    null);
        }

        /** A list that an older agent did not write is empty. */
        private static <T> List<T> copyOrEmpty(@Nullable List<T> list) {
            return list == null ? List.of() : List.copyOf(list);
        }
    }

    /**
     * Limits of one traffic class.
     *
     * @param trafficClass 0 to 7
     * @param streams whether streams may use it; otherwise it is for other traffic alone
     * @param guardNs added to each window of the class
     * @param maxSduBytes queueMaxSDU: its largest frame, with FCS
     */
    public record ClassLimit(int trafficClass, boolean streams, long guardNs, int maxSduBytes) {}

    /**
     * Limits of a gate control list (IEEE 802.1Q 12.29.1.5 to 12.29.1.7).
     *
     * @param supportedListMax most entries
     * @param supportedIntervalMaxNs longest interval of an entry
     * @param supportedCycleMaxNs longest cycle
     * @param minIntervalNs shortest interval of an entry; Linux taprio asks for the time of a 60-byte frame
     */
    public record GateLimits(
            int supportedListMax, long supportedIntervalMaxNs, long supportedCycleMaxNs, long minIntervalNs) {}

    /** A window that local configuration takes: {@code [offsetNs + k*periodNs, + windowNs)}. */
    public record ReservedWindow(String name, long periodNs, long offsetNs, long windowNs) {
        public ReservedWindow {
            Objects.requireNonNull(name, "name");
        }
    }

    /** Quantiles of a distribution in nanoseconds, with the number of samples behind them. */
    public record Quantiles(long samples, long p50Ns, long p99Ns, long p999Ns, long maxNs) {}

    /** How a path is measured. */
    public enum Method implements WireName {
        /** Both ends of the probe are on the node: what the node itself adds. */
        LOOP("loop"),
        /** Half of a round trip to another node over the nodes' own network. */
        PAIR("pair");

        private final String wireName;

        Method(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /** How far a measurement can be relied upon, as its agent sees it. */
    public enum PathState implements WireName {
        /** Fresh and of enough samples. */
        USABLE("usable"),
        /** Begun, or begun anew, a moment ago. */
        TOO_FEW_SAMPLES("too-few-samples"),
        /** No probe could be sent of late. */
        OLD("old");

        private final String wireName;

        PathState(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /**
     * A measured path: one-way latency through this node's path of a tier, over the last {@link #WINDOW}. A lost probe counts
     * as one that took the probe's timeout; so does, at the probe's rate, the time in which it waited.
     *
     * @param method how; only {@link Method#LOOP} tells of the node alone, and decides tiers
     * @param peer the other node of a {@link Method#PAIR}; empty for a loop
     * @param latency its quantiles; their samples are the probes sent
     * @param lost how many of these never came
     * @param measuredAt when the last probe was sent
     * @param state what the agent holds of it
     */
    public record MeasuredPath(
            Tier tier, Method method, String peer, Quantiles latency, long lost, Instant measuredAt, PathState state) {
        /** Probes older than this are forgotten, and a measurement whose last probe is older says nothing. */
        public static final Duration WINDOW = Duration.ofMinutes(5);

        /** Fewer say nothing of a p99.9. */
        public static final long MIN_SAMPLES = 10_000;

        /** An agent of an earlier version wrote loops alone, and neither peer nor state. */
        public MeasuredPath {
            Objects.requireNonNull(tier, "tier");
            Objects.requireNonNull(latency, "latency");
            Objects.requireNonNull(measuredAt, "measuredAt");
            method = method == null ? Method.LOOP : method;
            peer = peer == null ? "" : peer;
            state = state == null ? PathState.USABLE : state;
        }

        /** A usable loop without losses. */
        public MeasuredPath(Tier tier, Quantiles latency, Instant measuredAt) {
            this(tier, Method.LOOP, "", latency, 0, measuredAt, PathState.USABLE);
        }
    }

    /** An allocation installed on the node. */
    public record Installed(
            String podUid, String namespace, String pod, List<String> interfaces, List<String> streams) {
        public Installed {
            Objects.requireNonNull(podUid, "podUid");
            interfaces = List.copyOf(interfaces);
            streams = List.copyOf(streams);
        }
    }

    /** A Kubernetes condition; status is {@code True}, {@code False} or {@code Unknown}. */
    public record Condition(String type, String status, String reason, String message, Instant lastTransitionTime) {}
}
