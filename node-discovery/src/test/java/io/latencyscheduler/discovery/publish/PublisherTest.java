package io.latencyscheduler.discovery.publish;

import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class PublisherTest extends PublisherBehaviour {
    @TempDir
    static Path folder;

    private static Sandbox sandbox;

    @BeforeAll
    static void startSandbox() throws IOException {
        sandbox = Sandbox.start();
        sandbox.writeKubeconfig(folder.resolve("kubeconfig"));
        try (Clients clients = Clients.open(ClientSettings.of(folder.resolve("kubeconfig"), "test"))) {
            applyCustomResources(new ObjectClient(clients.commands()));
        }
    }

    @AfterAll
    static void stopSandbox() {
        sandbox.close();
    }

    @Override
    Path kubeconfig() {
        return folder.resolve("kubeconfig");
    }
}
