package io.latencyscheduler.kube;

import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;

import com.github.tomakehurst.wiremock.WireMockServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** An API server that answers from a script, and clients that talk to it. */
final class FakeServer implements AutoCloseable {
    final WireMockServer http = new WireMockServer(wireMockConfig().dynamicPort());
    final Clients clients;

    FakeServer(Path folder, Duration watchStalled) {
        http.start();
        try {
            Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: u, user: {token: secret}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(http.port()));
            ClientSettings settings = new ClientSettings(kubeconfig, "tester/1", 1000, 1000, 8, Duration.ofSeconds(5));
            clients = new Clients(settings, Clients.configured(kubeconfig, Map.of()), watchStalled);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    @Override
    public void close() {
        clients.close();
        http.stop();
    }
}
