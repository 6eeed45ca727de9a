package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.demo.PodNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an operator sees of programs that have worked. */
abstract class DashboardSteps extends Steps {
    DashboardSteps(Installed installed) {
        super(installed);
    }

    /** After all that came before there is something to see in each. */
    @Test
    void shouldShowDataInEveryPanelOfEveryDashboardAndEvaluateEveryAlert() throws Exception {
        until(
                "all programs are scraped",
                () -> installed.prometheus.up() == 5,
                () -> installed.prometheus.up() + " of 5 are");
        sendFrames();
        try (PodFeed feed = new PodFeed(installed, "seen-", "latency-scheduler.io/latency: 20ms")) {
            awaitPanels();
            assertThat(feed.end()).isNotEmpty();
        }
        until(
                "every alert was evaluated",
                () -> installed.prometheus.rules().values().stream().allMatch("ok"::equals),
                () -> installed.prometheus.rules().toString());
        assertThat(installed.prometheus.rules()).hasSizeGreaterThan(10);
    }

    private void awaitPanels() throws IOException {
        for (Dashboard dashboard : Dashboard.all().toList()) {
            for (JsonNode panel : dashboard.panels()) {
                for (JsonNode target : panel.path("targets")) {
                    String expression = target.path("expr")
                            .asText()
                            .replace("$instance", ".*")
                            .replace("$__rate_interval", "10m");
                    until(
                            dashboard + ", panel '" + panel.path("title").asText() + "' shows data",
                            () -> !installed.prometheus.values(expression).isEmpty(),
                            () -> "nothing for " + expression);
                }
            }
        }
    }

    /** The PLC at work: an application that knows nothing of gates, its frames taken to the agent and sent in their windows. */
    private void sendFrames() throws IOException {
        JsonNode stream = allocation("plc").at("/streams/0");
        // Every pod with an allocation has a folder and a socket; this one's are named by its UID.
        String uid = installed.pod("plc").at("/metadata/uid").asText();
        Path socket = installed.runDirectory.resolve(uid).resolve("tsn.sock");
        assertThat(socket).exists();
        Path programs = Chart.ROOT.resolve("dataplane-agent/target/native");
        List<String> command = new ArrayList<>(PodNetwork.inside(installed.network.talkerNamespace()));
        command.addAll(List.of(
                "env",
                "LD_PRELOAD=" + programs.resolve("libtsnsocket.so"),
                "TSN_SOCKET=" + socket,
                programs.resolve("tsn-perf").toString(),
                "talker",
                "-a",
                PodNetwork.LISTENER_ADDRESS,
                "-p",
                "9999",
                "-n",
                "5000",
                "-s",
                "1000",
                "-i",
                stream.path("periodNs").asLong() + "ns",
                "--offset",
                stream.path("offsetNs").asLong() + "ns",
                "-t",
                "-w",
                "500us"));
        Installed.run(command.toArray(String[]::new));
    }
}
