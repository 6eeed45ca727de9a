package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The story on a real API server. */
@RequiresApiServer
class RealServerIT extends EndToEnd {
    private static ControlPlane server;

    @BeforeAll
    static void startServer() {
        server = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @Override
    Path kubeconfig() {
        return server.kubeconfig();
    }
}
