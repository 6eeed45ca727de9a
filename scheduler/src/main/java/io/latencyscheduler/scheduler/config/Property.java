package io.latencyscheduler.scheduler.config;

import io.latencyscheduler.contract.Durations;

/** Every property of the scheduler: the one place for its name, default and accepted form. */
public enum Property {
    NAME("name", "latency-scheduler", "a DNS label", "Pods with this `spec.schedulerName` are placed."),
    CLIENT_KUBECONFIG(
            "client.kubeconfig",
            "",
            "a path",
            "Kubeconfig file; when empty: `KUBECONFIG`, else the pod's service account, else `~/.kube/config`."),
    CLIENT_QPS("client.qps", "500", "a number above 0", "Requests per second to the API server, on average."),
    CLIENT_BURST("client.burst", "1000", "an integer of 1 or more", "Requests at once after a pause."),
    CLIENT_MAX_IN_FLIGHT(
            "client.max-in-flight", "64", "an integer from 1 to 1000", "Requests waiting for their answer."),
    CLIENT_REQUEST_TIMEOUT(
            "client.request-timeout", "10s", Durations.ACCEPTED, "Longest wait for the answer to a request."),
    LEADER_ELECTION_ENABLED(
            "leader-election.enabled",
            "true",
            Property.TRUE_OR_FALSE,
            "Whether several instances share one lease, of which one binds. Off: there must be one instance alone."),
    LEADER_ELECTION_NAMESPACE(
            "leader-election.namespace", "", "a DNS label", "Namespace of the lease; when empty: the pod's own."),
    LEADER_ELECTION_LEASE_NAME(
            "leader-election.lease-name", "", "a DNS label", "Name of the lease; when empty: that of the scheduler."),
    LEADER_ELECTION_LEASE_DURATION(
            "leader-election.lease-duration",
            "15s",
            Durations.ACCEPTED + ", at least 1s",
            "Others may take a lease that has stood unchanged for so long."),
    LEADER_ELECTION_RENEW_DEADLINE(
            "leader-election.renew-deadline",
            "10s",
            Durations.ACCEPTED + ", below the lease duration",
            "A leader stops binding so long after its last renewal."),
    LEADER_ELECTION_RETRY_PERIOD(
            "leader-election.retry-period",
            "2s",
            Durations.ACCEPTED + ", below the renew deadline",
            "Between two renewals."),
    TIERS_DPDK_FROM(
            "tiers.dpdk-from",
            "800us",
            Durations.ACCEPTED,
            "Least latency that a DPDK port is believed to keep; a pod that tolerates less is infeasible unless"
                    + " measured."),
    TIERS_OVS_DPDK_FROM(
            "tiers.ovs-dpdk-from",
            "5ms",
            Durations.ACCEPTED + ", at least tiers.dpdk-from",
            "Least latency that Open vSwitch with DPDK is believed to keep."),
    TIERS_KERNEL_FROM(
            "tiers.kernel-from",
            "10ms",
            Durations.ACCEPTED + ", at least tiers.ovs-dpdk-from",
            "Least latency that the kernel's network stack is believed to keep."),
    TIERS_MEASURED(
            "tiers.measured",
            "decide",
            "decide or off",
            "Whether fresh latencies measured by a node's agent decide there, instead of the three beliefs."),
    TIERS_MEASURED_FRESH_FOR(
            "tiers.measured-fresh-for", "300s", Durations.ACCEPTED, "A measurement older than this says nothing."),
    TIERS_MEASURED_MIN_SAMPLES(
            "tiers.measured-min-samples",
            "10000",
            "an integer of 1 or more",
            "A measurement of fewer samples says nothing."),
    TIERS_RESERVED_PORTS(
            "tiers.reserved-ports",
            "1",
            "an integer of 0 or more",
            "Free DPDK ports that a pod of a lower tier leaves on a node when it borrows one."),
    TIERS_RESERVED_CPU_PERCENT(
            "tiers.reserved-cpu-percent",
            "10",
            "an integer from 0 to 100",
            "Share of a faster node's CPU that pods of lower tiers leave free there."),
    STREAMS_MAX_NAMESPACE_SHARE_PERCENT(
            "streams.max-namespace-share-percent",
            "100",
            "an integer from 1 to 100",
            "Largest share of one gated port's time that the streams of one namespace may hold."),
    DPDK_READINESS(
            "dpdk-readiness",
            "warn",
            "off, warn or refuse",
            "What becomes of a pod that is to own ports and does not request what DPDK needs: hugepages and whole CPUs."),
    QUEUE_INITIAL_BACKOFF(
            "queue.initial-backoff",
            "1s",
            Durations.ACCEPTED + ", above 0",
            "Rest after a pod's first failed attempt."),
    QUEUE_MAX_BACKOFF(
            "queue.max-backoff",
            "10s",
            Durations.ACCEPTED + ", at least queue.initial-backoff",
            "Longest rest after failed attempts."),
    NODES_TO_SCORE("nodes-to-score", "100", "an integer of 1 or more", "Feasible nodes to rank before one is chosen."),
    EXTENDER_ENABLED(
            "extender.enabled",
            "false",
            Property.TRUE_OR_FALSE,
            "Whether kube-scheduler may ask and bind through `/extender`. Whoever reaches the HTTP port then can bind pods."),
    PROJECTOR_ENABLED(
            "projector.enabled",
            "true",
            Property.TRUE_OR_FALSE,
            "Whether free DPDK ports are shown in the node label `dpdk`."),
    PROJECTOR_DEBOUNCE(
            "projector.debounce",
            "500ms",
            Durations.ACCEPTED,
            "Changes of a node's label are gathered for so long; ten times as long while many pods wait."),
    AUDIT_INTERVAL(
            "audit.interval",
            "300s",
            Durations.ACCEPTED + ", at least 1s",
            "Between two consistent lists of all pods, compared with the ledger."),
    WEBHOOK_ENABLED(
            "webhook.enabled",
            "false",
            Property.TRUE_OR_FALSE,
            "Whether this process serves the mutating admission webhook that completes pods."),
    WEBHOOK_PORT("webhook.port", "9443", "a port from 0 to 65535", "Its HTTPS port; 0: any free one."),
    WEBHOOK_NAMES(
            "webhook.names",
            "",
            "DNS names or addresses separated by commas",
            "By which the API server calls it: those of its certificate, such as `SERVICE.NAMESPACE.svc`."),
    WEBHOOK_SECRET(
            "webhook.secret",
            "latency-scheduler-webhook",
            "a DNS label",
            "Secret in the process's own namespace where the certificate is kept."),
    WEBHOOK_CONFIGURATION(
            "webhook.configuration",
            "",
            "a DNS label",
            "MutatingWebhookConfiguration that is told the certificate's authority; when empty: none."),
    WEBHOOK_CERTIFICATE_DAYS(
            "webhook.certificate-days",
            "90",
            "an integer from 1 to 3650",
            "How long a new certificate is valid; it is renewed after two thirds."),
    WEBHOOK_RUN_DIRECTORY(
            "webhook.run-directory",
            "/run/latency-scheduler",
            "an absolute path",
            "The agents' `dataplane.run-directory`."),
    WEBHOOK_LIBRARY_DIRECTORY(
            "webhook.library-directory",
            "",
            "an absolute path",
            "The agents' `dataplane.library-directory`; when empty, nothing is preloaded."),
    WEBHOOK_NETWORK(
            "webhook.network",
            "",
            "NAME or NAMESPACE/NAME",
            "NetworkAttachmentDefinition for Multus that pods are attached to; when empty: none."),
    WEBHOOK_EXTENDED_RESOURCE(
            "webhook.extended-resource",
            "false",
            Property.TRUE_OR_FALSE,
            "Whether pods that own ports ask for `latency-scheduler.io/dpdk`, which the agents' device plugin offers."),
    WEBHOOK_HUGEPAGES(
            "webhook.hugepages",
            "hugepages-2Mi=256Mi",
            "hugepages-SIZE=AMOUNT",
            "Hugepages of a pod that owns ports and states none."),
    WEBHOOK_CPUS("webhook.cpus", "2", "an integer from 1 to 1024", "Its whole CPUs, likewise."),
    WEBHOOK_MEMORY("webhook.memory", "512Mi", "a quantity such as 512Mi", "Its memory, likewise.");

    static final String TRUE_OR_FALSE = "true or false";

    /** What every name begins with. */
    public static final String PREFIX = "latency-scheduler.";

    private final String name;
    private final String defaultValue;
    private final String accepted;
    private final String help;

    Property(String name, String defaultValue, String accepted, String help) {
        this.name = name;
        this.defaultValue = defaultValue;
        this.accepted = accepted;
        this.help = help;
    }

    /** With prefix, as in a properties file. */
    public String fullName() {
        return PREFIX + name;
    }

    /** Whether it bears on where pods go, so that a decision made elsewhere needs it too. */
    public boolean bearsOnPlacement() {
        return this == NAME
                || this == DPDK_READINESS
                || this == NODES_TO_SCORE
                || name.startsWith("tiers.")
                || name.startsWith("streams.");
    }

    public String defaultValue() {
        return defaultValue;
    }

    /** The accepted form, completing "must be …". */
    public String accepted() {
        return accepted;
    }

    /** One sentence for the reference page. */
    public String help() {
        return help;
    }
}
