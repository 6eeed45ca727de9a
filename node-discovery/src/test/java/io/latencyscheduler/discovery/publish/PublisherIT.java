package io.latencyscheduler.discovery.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@RequiresApiServer
class PublisherIT extends PublisherBehaviour {
    private static ControlPlane controlPlane;

    @BeforeAll
    static void startServer() throws Exception {
        controlPlane = ControlPlane.start(ControlPlaneOptions.fromEnvironment().withUser("nobody", "token-of-nobody"));
        try (Clients clients = Clients.open(ClientSettings.of(controlPlane.kubeconfig(), "test"))) {
            ObjectClient client = new ObjectClient(clients.commands());
            applyCustomResources(client);
            awaitServed(client);
        }
    }

    /** A custom resource is served a moment after its definition was stored: lists answer 404 until then. */
    private static void awaitServed(ObjectClient client) throws Exception {
        long deadlineNs = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            try {
                client.list(Resource.NODE_INVENTORIES, "", java.util.Map.of());
                return;
            } catch (IOException notYet) {
                assertThat(System.nanoTime()).as("served within 30 s").isLessThan(deadlineNs);
                Thread.sleep(100);
            }
        }
    }

    @AfterAll
    static void stopServer() {
        if (controlPlane != null) {
            controlPlane.close();
        }
    }

    @Override
    Path kubeconfig() {
        return controlPlane.kubeconfig();
    }

    @Test
    void shouldSayInOneSentenceThatItIsNotPermitted() throws IOException {
        try (Clients nobody = Clients.open(ClientSettings.of(controlPlane.kubeconfigOf("nobody"), "test"))) {
            Publication refused = publisher(new ObjectClient(nobody.commands())).publish(host("plain-vm"), null);
            assertThat(refused.failures())
                    .singleElement()
                    .asString()
                    .contains("not permitted, check the service account's role");
        }
    }
}
