package io.latencyscheduler.scheduler.config;

import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.scheduler.plugin.DpdkReadiness;
import io.latencyscheduler.scheduler.plugin.StreamSettings;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import io.latencyscheduler.scheduler.queue.Backoff;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What an operator may set. Names, defaults and accepted forms: {@link Property}.
 *
 * @param name {@code spec.schedulerName} of the pods to place
 * @param client how to reach the API server
 * @param leaderElection who of several binds
 * @param tiers which path keeps which latency
 * @param streams limits on streams
 * @param dpdkReadiness what becomes of pods that do not request what DPDK needs
 * @param backoff rests after failed attempts
 * @param nodesToScore feasible nodes to rank
 * @param extender whether kube-scheduler may use this as its extender
 * @param projector the label with free ports
 * @param auditInterval between two comparisons of the ledger with a consistent list
 * @param webhook the mutating admission webhook
 */
public record SchedulerConfig(
        String name,
        Client client,
        LeaderElection leaderElection,
        TierSettings tiers,
        StreamSettings streams,
        DpdkReadiness.Mode dpdkReadiness,
        Backoff backoff,
        int nodesToScore,
        boolean extender,
        Projector projector,
        Duration auditInterval,
        Webhook webhook) {

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

    /** The label with free ports. */
    public record Projector(boolean enabled, Duration debounce) {}

    /**
     * The mutating admission webhook.
     *
     * @param names DNS names and addresses of its certificate
     * @param configuration MutatingWebhookConfiguration that is told the authority; empty: none
     * @param libraryDirectory empty: nothing is preloaded
     * @param network empty: none
     */
    public record Webhook(
            boolean enabled,
            int port,
            List<String> names,
            String secret,
            String configuration,
            int certificateDays,
            String runDirectory,
            String libraryDirectory,
            String network,
            boolean extendedResource,
            String hugepages,
            int cpus,
            String memory) {
        public Webhook {
            names = List.copyOf(names);
        }
    }

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
        TierSettings tiers = tiers(reader);
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
                tiers,
                new StreamSettings(reader.integer(Property.STREAMS_MAX_NAMESPACE_SHARE_PERCENT, 1, 100)),
                reader.oneOf(Property.DPDK_READINESS, DpdkReadiness.Mode.values()),
                initial.compareTo(max) <= 0 ? new Backoff(initial, max) : Backoff.DEFAULT,
                reader.integer(Property.NODES_TO_SCORE, 1, Integer.MAX_VALUE),
                reader.bool(Property.EXTENDER_ENABLED),
                new Projector(
                        reader.bool(Property.PROJECTOR_ENABLED),
                        reader.duration(Property.PROJECTOR_DEBOUNCE, Duration.ZERO)),
                reader.duration(Property.AUDIT_INTERVAL, Duration.ofSeconds(1)),
                webhook(reader));
        return reader.finish(config);
    }

    private static Webhook webhook(ConfigReader reader) {
        boolean enabled = reader.bool(Property.WEBHOOK_ENABLED);
        List<String> names = Stream.of(reader.text(Property.WEBHOOK_NAMES).split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        reader.require(
                (!enabled || !names.isEmpty())
                        && names.stream().allMatch(name -> name.matches("[A-Za-z0-9.:-]{1,253}")),
                Property.WEBHOOK_NAMES);
        return new Webhook(
                enabled,
                reader.integer(Property.WEBHOOK_PORT, 0, 65_535),
                names,
                reader.dnsLabel(Property.WEBHOOK_SECRET),
                reader.dnsLabel(Property.WEBHOOK_CONFIGURATION),
                reader.integer(Property.WEBHOOK_CERTIFICATE_DAYS, 1, 3650),
                reader.matching(Property.WEBHOOK_RUN_DIRECTORY, "/[^:]*"),
                reader.matching(Property.WEBHOOK_LIBRARY_DIRECTORY, "(/[^:]*)?"),
                reader.matching(Property.WEBHOOK_NETWORK, "([a-z0-9][-a-z0-9.]*/)?[a-z0-9][-a-z0-9.]*|"),
                reader.bool(Property.WEBHOOK_EXTENDED_RESOURCE),
                reader.matching(Property.WEBHOOK_HUGEPAGES, "hugepages-[0-9]+[KMG]i=[0-9]+[KMG]i"),
                reader.integer(Property.WEBHOOK_CPUS, 1, 1024),
                reader.matching(Property.WEBHOOK_MEMORY, "[1-9][0-9]*([kMGT]|[KMGT]i)?"));
    }

    private static TierSettings tiers(ConfigReader reader) {
        long dpdk = reader.duration(Property.TIERS_DPDK_FROM, Duration.ZERO).toNanos();
        long ovsDpdk =
                reader.duration(Property.TIERS_OVS_DPDK_FROM, Duration.ZERO).toNanos();
        long kernel = reader.duration(Property.TIERS_KERNEL_FROM, Duration.ZERO).toNanos();
        reader.require(dpdk <= ovsDpdk, Property.TIERS_OVS_DPDK_FROM);
        reader.require(ovsDpdk <= kernel, Property.TIERS_KERNEL_FROM);
        boolean rising = dpdk <= ovsDpdk && ovsDpdk <= kernel;
        return new TierSettings(
                rising ? dpdk : 0,
                rising ? ovsDpdk : 0,
                rising ? kernel : 0,
                reader.oneOf(Property.TIERS_MEASURED, TierSettings.Measured.values()),
                reader.duration(Property.TIERS_MEASURED_FRESH_FOR, Duration.ZERO),
                reader.integer(Property.TIERS_MEASURED_MIN_SAMPLES, 1, Integer.MAX_VALUE),
                reader.integer(Property.TIERS_RESERVED_PORTS, 0, Integer.MAX_VALUE),
                reader.integer(Property.TIERS_RESERVED_CPU_PERCENT, 0, 100));
    }
}
