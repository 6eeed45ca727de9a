package io.latencyscheduler.sandbox.envtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

@RequiresApiServer
class ControlPlaneIT {
    @Test
    void shouldServeUsersByTokenKeepDataOverARestartAndLeaveNothing() throws Exception {
        Path kubeconfig;
        long pid;
        try (ControlPlane plane = ControlPlane.start(
                ControlPlaneOptions.fromEnvironment().withUser("jane", "jane-token", "developers"))) {
            kubeconfig = plane.kubeconfig();
            HttpClient client = Readiness.clientTrusting(plane.certificateAuthority());
            URI namespaces = plane.url().resolve("/api/v1/namespaces");
            assertThat(post(client, namespaces, plane.token(), "{\"metadata\":{\"name\":\"kept\"}}"))
                    .isEqualTo(201);
            assertThat(get(client, namespaces, "jane-token").statusCode())
                    .as("RBAC is on: jane may do nothing")
                    .isEqualTo(403);
            assertThat(Files.readString(plane.kubeconfigOf("jane"))).contains("jane-token");
            assertThatThrownBy(() -> plane.kubeconfigOf("joe")).hasMessageContaining("no user 'joe'");

            plane.kill(ControlPlane.Part.API_SERVER);
            plane.kill(ControlPlane.Part.ETCD);
            plane.start(ControlPlane.Part.ETCD);
            plane.start(ControlPlane.Part.API_SERVER);
            assertThat(get(client, namespaces.resolve("namespaces/kept"), plane.token())
                            .statusCode())
                    .isEqualTo(200);
            pid = plane.pid(ControlPlane.Part.ETCD);
        }
        assertThat(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false))
                .isFalse();
        assertThat(kubeconfig.getParent()).doesNotExist();
    }

    @Test
    void shouldSayWhyAPartDied() {
        ControlPlaneOptions options = ControlPlaneOptions.fromEnvironment().withApiServerFlag("--no-such-flag=1");
        assertThatThrownBy(() -> ControlPlane.start(options))
                .hasMessageContaining("kube-apiserver died at start")
                .hasMessageContaining("no-such-flag");
    }

    private static int post(HttpClient client, URI uri, String token, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static HttpResponse<String> get(HttpClient client, URI uri, String token)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Authorization", "Bearer " + token)
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
