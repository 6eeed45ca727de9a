package io.latencyscheduler.scheduler.config;

import io.latencyscheduler.contract.Reading;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What an operator may set. Names, defaults and accepted forms: {@link Property}.
 *
 * @param name {@code spec.schedulerName} of the pods to place
 * @param client how to reach the API server
 * @param leaderElection who of several binds
 * @param tiers which path meets which tolerated latency
 * @param queue how pods wait
 * @param nodesToScore feasible nodes to rank
 * @param projector the label with free ports
 * @param auditInterval between two comparisons of the ledger with a consistent list
 */
public record SchedulerConfig(
        String name,
        Client client,
        LeaderElection leaderElection,
        Tiers tiers,
        Queue queue,
        int nodesToScore,
        Projector projector,
        Duration auditInterval) {

    /** How to reach the API server. */
    public record Client(Optional<Path> kubeconfig, double qps, int burst, int maxInFlight, Duration requestTimeout) {}

    /** Who of several binds; an empty namespace means the pod's own. */
    public record LeaderElection(
            boolean enabled,
            String namespace,
            String leaseName,
            Duration leaseDuration,
            Duration renewDeadline,
            Duration retryPeriod) {}

    /**
     * Half-open ranges of the tolerated latency: {@code [0, infeasibleBelow)} none, then DPDK, OVS-DPDK and kernel.
     *
     * @param measured whether fresh measurements decide instead
     * @param reserve DPDK ports per node that lower tiers do not borrow
     */
    public record Tiers(long infeasibleBelowNs, long dpdkBelowNs, long ovsDpdkBelowNs, boolean measured, int reserve) {}

    /** Rests after failed attempts. */
    public record Queue(Duration initialBackoff, Duration maxBackoff) {}

    /** The label with free ports. */
    public record Projector(boolean enabled, Duration debounce) {}

    /**
     * Reads the configuration, with all its faults.
     *
     * @param given values by full property name; those that are not a {@link Property} are faults
     */
    public static Reading<SchedulerConfig> read(Map<String, String> given) {
        ConfigReader reader = new ConfigReader(given);
        String name = reader.dnsLabel(Property.NAME);
        String leaseName = reader.dnsLabel(Property.LEADER_ELECTION_LEASE_NAME);
        Duration lease = reader.duration(Property.LEADER_ELECTION_LEASE_DURATION, Duration.ofSeconds(1));
        Duration renew = reader.duration(Property.LEADER_ELECTION_RENEW_DEADLINE, Duration.ofMillis(1));
        Duration retry = reader.duration(Property.LEADER_ELECTION_RETRY_PERIOD, Duration.ofMillis(1));
        reader.require(renew.compareTo(lease) < 0, Property.LEADER_ELECTION_RENEW_DEADLINE);
        reader.require(retry.compareTo(renew) < 0, Property.LEADER_ELECTION_RETRY_PERIOD);
        Duration infeasible = reader.duration(Property.TIERS_INFEASIBLE_BELOW, Duration.ZERO);
        Duration dpdk = reader.duration(Property.TIERS_DPDK_BELOW, Duration.ZERO);
        Duration ovsDpdk = reader.duration(Property.TIERS_OVS_DPDK_BELOW, Duration.ZERO);
        reader.require(infeasible.compareTo(dpdk) < 0, Property.TIERS_DPDK_BELOW);
        reader.require(dpdk.compareTo(ovsDpdk) < 0, Property.TIERS_OVS_DPDK_BELOW);
        Duration initial = reader.duration(Property.QUEUE_INITIAL_BACKOFF, Duration.ofNanos(1));
        Duration max = reader.duration(Property.QUEUE_MAX_BACKOFF, Duration.ofNanos(1));
        reader.require(initial.compareTo(max) <= 0, Property.QUEUE_MAX_BACKOFF);
        SchedulerConfig config = new SchedulerConfig(
                name,
                new Client(
                        reader.path(Property.CLIENT_KUBECONFIG),
                        reader.positive(Property.CLIENT_QPS),
                        reader.integer(Property.CLIENT_BURST, 1, Integer.MAX_VALUE),
                        reader.integer(Property.CLIENT_MAX_IN_FLIGHT, 1, 1000),
                        reader.duration(Property.CLIENT_REQUEST_TIMEOUT, Duration.ofMillis(1))),
                new LeaderElection(
                        reader.bool(Property.LEADER_ELECTION_ENABLED),
                        reader.dnsLabel(Property.LEADER_ELECTION_NAMESPACE),
                        leaseName.isEmpty() ? name : leaseName,
                        lease,
                        renew,
                        retry),
                new Tiers(
                        infeasible.toNanos(),
                        dpdk.toNanos(),
                        ovsDpdk.toNanos(),
                        reader.oneOf(Property.TIERS_MEASURED, "decide", "off"),
                        reader.integer(Property.TIERS_RESERVE, 0, Integer.MAX_VALUE)),
                new Queue(initial, max),
                reader.integer(Property.NODES_TO_SCORE, 1, Integer.MAX_VALUE),
                new Projector(
                        reader.bool(Property.PROJECTOR_ENABLED),
                        reader.duration(Property.PROJECTOR_DEBOUNCE, Duration.ZERO)),
                reader.duration(Property.AUDIT_INTERVAL, Duration.ofSeconds(1)));
        return reader.finish(config);
    }
}
