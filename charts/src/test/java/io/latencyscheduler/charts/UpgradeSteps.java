package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** From the chart of before to today's, while pods come. */
abstract class UpgradeSteps extends Steps {
    UpgradeSteps(Installed installed) {
        super(installed);
    }

    @Test
    @Order(1)
    void shouldInstallTheChartOfBeforeAndTakePodsAtOnce() throws IOException {
        installed.release.install(PreviousChart.in(installed.folder));
        for (String sample :
                Stream.concat(PLACED.stream(), Stream.of("impossible")).toList()) {
            installed.create(
                    Resource.PODS, Files.readString(Chart.ROOT.resolve("manifests/samples/" + sample + ".yaml")));
        }
    }

    @Test
    @Order(2)
    void shouldBeUpgradedUnderLoadWithoutStrandingOrMovingAPod() throws Exception {
        Map<String, String> before = new HashMap<>();
        List<String> fed;
        try (PodFeed feed = new PodFeed(installed, "fed-", "")) {
            for (JsonNode pod : installed.objects.list(Resource.PODS, "default", Map.of())) {
                before.put(Chart.name(pod), pod.at("/spec/nodeName").asText());
            }
            // A setting that changes with the chart, so that every program restarts.
            upgrade(
                    Chart.FOLDER,
                    Map.of(
                            "scheduler.config.projector.debounce", "100ms",
                            "discovery.config.rescan-interval", "2s",
                            "agent.config.heartbeat", "2s",
                            "agent.config.paths.peers", "auto",
                            "scheduler.springConfig.logging.structured.format.console", "ecs",
                            "discovery.springConfig.logging.structured.format.console", "ecs",
                            "agent.springConfig.logging.structured.format.console", "ecs",
                            "agent.cni.enabled", true,
                            "agent.cni.network.file", "20-tsn.conflist"));
            fed = new ArrayList<>(feed.end());
        }
        fed.addAll(PLACED);
        for (String name : fed) {
            awaitBound(name);
        }
        for (JsonNode pod : installed.objects.list(Resource.PODS, "default", Map.of())) {
            String node = before.getOrDefault(Chart.name(pod), "");
            assertThat(pod.at("/spec/nodeName").asText()).as(Chart.name(pod)).startsWith(node);
        }
        assertThat(installed.nodeOf("plc")).isEqualTo(Installed.GATED);
        assertThat(installed.nodeOf("vran-du")).isEqualTo(Installed.OWNED);
        assertThat(installed.nodeOf("impossible")).isEmpty();
        awaitFreePorts("2");
    }

    @Test
    @Order(3)
    void shouldPassHelmTest() {
        installed.release.test();
    }
}
