package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.sandbox.Sandbox;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The story on the sandbox. */
class SandboxTest extends EndToEnd {
    @TempDir
    static Path folder;

    private static Sandbox sandbox;

    @BeforeAll
    static void startSandbox() {
        sandbox = Sandbox.start();
        sandbox.writeKubeconfig(folder.resolve("kubeconfig"));
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
