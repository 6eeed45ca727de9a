package io.latencyscheduler.sandbox.contract;

import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import java.net.http.HttpClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/** The API contract on kube-apiserver: what holds here holds in the sandbox too, or the sandbox is wrong. */
@RequiresApiServer
@SuppressWarnings("ClassCanBeStatic")
class RealApiServerIT {
    private static ControlPlane plane;
    private static RawApi raw;

    @BeforeAll
    static void start() {
        plane = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
        HttpClient client = plane.httpClient();
        raw = new RawApi(client, plane.url(), plane.token());
    }

    @AfterAll
    static void stop() {
        if (plane != null) {
            plane.close();
        }
    }

    @Nested
    class Objects extends ObjectContract {
        @Override
        RawApi server() {
            return raw;
        }
    }

    @Nested
    class Patches extends PatchContract {
        @Override
        RawApi server() {
            return raw;
        }
    }

    @Nested
    class ListsAndWatches extends ListWatchContract {
        @Override
        RawApi server() {
            return raw;
        }

        @Override
        void forgetHistory() {
            // kube-apiserver's cache of watches remembers nothing from before its start.
            plane.kill(ControlPlane.Part.API_SERVER);
            plane.start(ControlPlane.Part.API_SERVER);
        }
    }

    @Nested
    class Placement extends PlacementContract {
        @Override
        RawApi server() {
            return raw;
        }

        @Override
        String policy() {
            return "policy/v1beta1";
        }
    }

    @Nested
    class CustomResources extends CustomResourceContract {
        @Override
        RawApi server() {
            return raw;
        }
    }

    @Nested
    class Tables extends TableContract {
        @Override
        RawApi server() {
            return raw;
        }
    }
}
