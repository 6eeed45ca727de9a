package io.latencyscheduler.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job with the built programs as processes: the demo is the end-to-end test. */
@RequiresTier(2)
class StoryIT {
    private static final int FRAMES = 1500;

    @TempDir
    Path folder;

    private Report tell(@Nullable Path kubeconfig) throws IOException {
        try (Story story = new Story(Installation.here(), new Progress(System.err), folder, FRAMES, kubeconfig)) {
            return story.tell();
        }
    }

    private static void assertEveryPromiseKept(Report report) {
        assertThat(report.failures()).isEmpty();
        assertThat(report.pods())
                .extracting(Report.PodRow::name)
                .containsExactly("vran-du", "upf", "plc", "web", "impossible");
        assertThat(report.pods().get(4).why()).startsWith("0/").contains("nodes are available: ");
        assertThat(report.frames()).isNotNull();
        assertThat(report.frames().sent()).isEqualTo(FRAMES);
        assertThat(report.frames().unaccounted()).isZero();
        assertThat(report.nodes().get(0).dpdkBefore()).isEqualTo("4");
        assertThat(report.nodes().get(0).dpdkAfter()).isEqualTo("2");
    }

    @Test
    void shouldKeepEveryPromiseOnTheSandbox() throws IOException {
        assertEveryPromiseKept(tell(null));
    }

    @Test
    @RequiresApiServer
    void shouldKeepEveryPromiseOnARealApiServerAndLeaveNothingBehind() throws Exception {
        try (ControlPlane controlPlane = ControlPlane.start(ControlPlaneOptions.fromEnvironment())) {
            Path kubeconfig = controlPlane.kubeconfig();
            assertEveryPromiseKept(tell(kubeconfig));
            try (Clients clients = Clients.open(ClientSettings.of(kubeconfig, "story-it"))) {
                ObjectClient objects = new ObjectClient(clients.commands());
                assertThat(objects.list(Resource.NODES, "", Map.of())).isEmpty();
                assertThat(objects.list(Resource.CUSTOM_RESOURCE_DEFINITIONS, "", Map.of()).stream()
                                .filter(found ->
                                        found.at("/spec/group").asText().equals(Keys.GROUP)))
                        .isEmpty();
            }
        }
    }
}
