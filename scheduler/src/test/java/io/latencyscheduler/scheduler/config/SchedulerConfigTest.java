package io.latencyscheduler.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.scheduler.plugin.DpdkReadiness;
import io.latencyscheduler.scheduler.plugin.StreamSettings;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import io.latencyscheduler.scheduler.queue.Backoff;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SchedulerConfigTest {
    @Test
    void shouldHaveTheseDefaults() {
        assertThat(SchedulerConfig.read(Map.of()).value())
                .isEqualTo(new SchedulerConfig(
                        "latency-scheduler",
                        new SchedulerConfig.Client(Optional.empty(), 500, 1000, 64, Duration.ofSeconds(10)),
                        new SchedulerConfig.LeaderElection(
                                true,
                                "",
                                "latency-scheduler",
                                Duration.ofSeconds(15),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(2)),
                        TierSettings.DEFAULT,
                        StreamSettings.DEFAULT,
                        DpdkReadiness.Mode.WARN,
                        Backoff.DEFAULT,
                        100,
                        false,
                        new SchedulerConfig.Projector(true, Duration.ofMillis(500)),
                        Duration.ofMinutes(5),
                        new SchedulerConfig.Webhook(
                                false,
                                9443,
                                List.of(),
                                "latency-scheduler-webhook",
                                "",
                                90,
                                "/run/latency-scheduler",
                                "",
                                "",
                                false,
                                "hugepages-2Mi=256Mi",
                                2,
                                "512Mi")));
    }

    @Test
    void shouldReadEveryPropertyUnderItsName() {
        Map<String, String> given = new HashMap<>();
        given.put("latency-scheduler.name", "tsn");
        given.put("latency-scheduler.client.kubeconfig", "/etc/kubeconfig");
        given.put("latency-scheduler.client.qps", "50.5");
        given.put("latency-scheduler.client.burst", "100");
        given.put("latency-scheduler.client.max-in-flight", "7");
        given.put("latency-scheduler.client.request-timeout", "3s");
        given.put("latency-scheduler.leader-election.enabled", "false");
        given.put("latency-scheduler.leader-election.namespace", "kube-system");
        given.put("latency-scheduler.leader-election.lease-name", "lock");
        given.put("latency-scheduler.leader-election.lease-duration", "30s");
        given.put("latency-scheduler.leader-election.renew-deadline", "20s");
        given.put("latency-scheduler.leader-election.retry-period", "5s");
        given.put("latency-scheduler.tiers.dpdk-from", "100us");
        given.put("latency-scheduler.tiers.ovs-dpdk-from", "1ms");
        given.put("latency-scheduler.tiers.kernel-from", "2000");
        given.put("latency-scheduler.tiers.measured", "off");
        given.put("latency-scheduler.tiers.measured-fresh-for", "60s");
        given.put("latency-scheduler.tiers.measured-min-samples", "500");
        given.put("latency-scheduler.tiers.reserved-ports", "3");
        given.put("latency-scheduler.tiers.reserved-cpu-percent", "25");
        given.put("latency-scheduler.streams.max-namespace-share-percent", "40");
        given.put("latency-scheduler.dpdk-readiness", "refuse");
        given.put("latency-scheduler.queue.initial-backoff", "500ms");
        given.put("latency-scheduler.queue.max-backoff", "4s");
        given.put("latency-scheduler.nodes-to-score", "12");
        given.put("latency-scheduler.extender.enabled", "true");
        given.put("latency-scheduler.projector.enabled", "false");
        given.put("latency-scheduler.projector.debounce", "2s");
        given.put("latency-scheduler.audit.interval", "60s");
        given.put("latency-scheduler.webhook.enabled", "true");
        given.put("latency-scheduler.webhook.port", "8443");
        given.put("latency-scheduler.webhook.names", "webhook.tsn.svc, 127.0.0.1");
        given.put("latency-scheduler.webhook.secret", "keys");
        given.put("latency-scheduler.webhook.configuration", "tsn");
        given.put("latency-scheduler.webhook.certificate-days", "30");
        given.put("latency-scheduler.webhook.run-directory", "/run/ls");
        given.put("latency-scheduler.webhook.library-directory", "/opt/ls");
        given.put("latency-scheduler.webhook.network", "tsn/overlay");
        given.put("latency-scheduler.webhook.extended-resource", "true");
        given.put("latency-scheduler.webhook.hugepages", "hugepages-1Gi=2Gi");
        given.put("latency-scheduler.webhook.cpus", "4");
        given.put("latency-scheduler.webhook.memory", "1Gi");

        assertThat(given).hasSameSizeAs(Property.values());
        Reading<SchedulerConfig> reading = SchedulerConfig.read(given);
        assertThat(reading.faults()).isEmpty();
        assertThat(reading.value())
                .isEqualTo(new SchedulerConfig(
                        "tsn",
                        new SchedulerConfig.Client(
                                Optional.of(Path.of("/etc/kubeconfig")), 50.5, 100, 7, Duration.ofSeconds(3)),
                        new SchedulerConfig.LeaderElection(
                                false,
                                "kube-system",
                                "lock",
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(5)),
                        new TierSettings(
                                100_000,
                                1_000_000,
                                2_000_000,
                                TierSettings.Measured.OFF,
                                Duration.ofMinutes(1),
                                500,
                                3,
                                25),
                        new StreamSettings(40),
                        DpdkReadiness.Mode.REFUSE,
                        new Backoff(Duration.ofMillis(500), Duration.ofSeconds(4)),
                        12,
                        true,
                        new SchedulerConfig.Projector(false, Duration.ofSeconds(2)),
                        Duration.ofMinutes(1),
                        new SchedulerConfig.Webhook(
                                true,
                                8443,
                                List.of("webhook.tsn.svc", "127.0.0.1"),
                                "keys",
                                "tsn",
                                30,
                                "/run/ls",
                                "/opt/ls",
                                "tsn/overlay",
                                true,
                                "hugepages-1Gi=2Gi",
                                4,
                                "1Gi")));
    }

    @Test
    void shouldReportAllFaultsAtOnceEachWithItsPropertyAndValue() {
        Reading<SchedulerConfig> reading = SchedulerConfig.read(Map.of(
                "latency-scheduler.name", "Not A Label",
                "latency-scheduler.client.qps", "fast",
                "latency-scheduler.client.burst", "0",
                "latency-scheduler.leader-election.enabled", "yes",
                "latency-scheduler.leader-election.renew-deadline", "15s",
                "latency-scheduler.tiers.kernel-from", "1ms",
                "latency-scheduler.tiers.measured", "maybe",
                "latency-scheduler.queue.max-backoff", "5",
                "latency-scheduler.audit.intervall", "60s"));

        assertThat(reading.faults())
                .extracting(Fault::sentence)
                .containsExactlyInAnyOrder(
                        "latency-scheduler.name: 'Not A Label' must be a DNS label",
                        "latency-scheduler.client.qps: 'fast' must be a number above 0",
                        "latency-scheduler.client.burst: '0' must be an integer of 1 or more",
                        "latency-scheduler.leader-election.enabled: 'yes' must be true or false",
                        "latency-scheduler.leader-election.renew-deadline: '15s' must be "
                                + Property.LEADER_ELECTION_RENEW_DEADLINE.accepted(),
                        "latency-scheduler.tiers.kernel-from: '1ms' must be " + Property.TIERS_KERNEL_FROM.accepted(),
                        "latency-scheduler.tiers.measured: 'maybe' must be decide or off",
                        "latency-scheduler.queue.max-backoff: '5' must be " + Property.QUEUE_MAX_BACKOFF.accepted(),
                        "latency-scheduler.audit.intervall: '60s' must be a property that exists: see"
                                + " docs/reference/configuration.md");
    }

    @Test
    void shouldReadEveryDefaultInItsOwnForm() {
        for (Property property : Property.values()) {
            assertThat(SchedulerConfig.read(Map.of(property.fullName(), property.defaultValue()))
                            .faults())
                    .isEmpty();
        }
    }

    @Test
    void shouldDocumentEveryPropertyWithItsDefault() throws IOException {
        Path page = Path.of(System.getProperty("repository.root"), "docs", "reference", "configuration.md");
        String text = Files.readString(page);
        for (Property property : Property.values()) {
            String fallback = property.defaultValue().isEmpty() ? "" : "`" + property.defaultValue() + "`";
            assertThat(text)
                    .contains("| `%s` | %s | %s | %s |"
                            .formatted(property.fullName(), fallback, property.accepted(), property.help()));
        }
    }
}
