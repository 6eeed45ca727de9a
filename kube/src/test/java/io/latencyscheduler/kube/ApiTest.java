package io.latencyscheduler.kube;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.patchRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiTest {
    @TempDir
    Path folder;

    private FakeServer server;

    @BeforeEach
    void start() {
        server = new FakeServer(folder, Duration.ofSeconds(1));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void shouldSayWhoAsksAndWithWhichToken() throws IOException {
        server.http.stubFor(any(anyUrl()).willReturn(ok()));

        server.clients.commands().demand(ApiRequest.get("/api/v1/nodes").with("limit", "5"));

        server.http.verify(
                1,
                anyRequestedFor(urlPathEqualTo("/api/v1/nodes"))
                        .withQueryParam("limit", equalTo("5"))
                        .withHeader("Authorization", equalTo("Bearer secret"))
                        .withHeader("User-Agent", equalTo("tester/1")));
    }

    @Test
    void shouldSendAgainWhatTheServerPushedBack() throws IOException {
        server.http.stubFor(any(anyUrl())
                .inScenario("s")
                .whenScenarioStateIs(Scenario.STARTED)
                .willSetStateTo("free")
                .willReturn(aResponse().withStatus(429).withHeader("Retry-After", "0")));
        server.http.stubFor(
                any(anyUrl()).inScenario("s").whenScenarioStateIs("free").willReturn(ok()));

        assertThat(server.clients
                        .commands()
                        .send(ApiRequest.post("/x", Map.of()))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void shouldTakePushbackForAnAnswerWhereTheRequestSaysSo() throws IOException {
        server.http.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(429)));

        ApiResponse response =
                server.clients.commands().send(ApiRequest.post("/x", Map.of()).takingPushback());

        assertThat(response.status()).isEqualTo(429);
        server.http.verify(1, anyRequestedFor(anyUrl()));
    }

    @Test
    void shouldNeverSendAWriteASecondTimeWhenTheAnswerIsLost() {
        server.http.stubFor(any(anyUrl()).willReturn(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER)));

        assertThatThrownBy(() -> server.clients.commands().send(ApiRequest.post("/x", Map.of())))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(NotSentException.class);
        server.http.verify(1, anyRequestedFor(anyUrl()));
    }

    @Test
    void shouldNotSendWhatLosesItsPermitOnTheWayToTheConnection() {
        server.http.stubFor(any(anyUrl()).willReturn(ok()));
        Iterator<Boolean> permitted = List.of(true, false).iterator();

        assertThatThrownBy(() -> server.clients
                        .commands()
                        .send(ApiRequest.post("/x", Map.of("a", "b")).onlyIf(permitted::next)))
                .isInstanceOf(NotSentException.class);
        server.http.verify(0, anyRequestedFor(anyUrl()));
    }

    @Test
    void shouldNotSendWhatIsNoLongerPermitted() {
        assertThatThrownBy(() -> server.clients
                        .commands()
                        .send(ApiRequest.post("/x", Map.of()).onlyIf(() -> false)))
                .isInstanceOf(NotSentException.class);
        server.http.verify(0, anyRequestedFor(anyUrl()));
    }

    @Test
    void shouldGiveUpAtTheTimeoutOfTheRequest() {
        server.http.stubFor(any(anyUrl()).willReturn(ok().withFixedDelay(60_000)));

        assertThatThrownBy(() -> server.clients
                        .commands()
                        .send(ApiRequest.post("/x", Map.of()).within(Duration.ofMillis(100))))
                .isInstanceOf(IOException.class);
    }

    @Test
    void shouldTellARefusalWithItsReason() {
        server.http.stubFor(any(anyUrl())
                .willReturn(okJson("{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"newer\"}")
                        .withStatus(409)));

        assertThatThrownBy(() -> server.clients.commands().demand(ApiRequest.get("/api/v1/nodes")))
                .isInstanceOfSatisfying(ApiFailure.class, failure -> {
                    assertThat(failure.status()).isEqualTo(409);
                    assertThat(failure.reason()).isEqualTo("Conflict");
                    assertThat(failure).hasMessage("GET /api/v1/nodes: 409 Conflict: newer");
                });
    }

    @Test
    void shouldSendEachPatchUnderItsContentType() throws IOException {
        server.http.stubFor(any(anyUrl()).willReturn(okJson("{}")));
        ObjectClient objects = new ObjectClient(server.clients.commands());

        objects.patch(Resource.NODES, "", "n", Patch.merge(Json.object()));
        objects.patch(Resource.NODES, "", "n", Patch.strategic(Json.object()));
        objects.patch(
                Resource.NODES,
                "",
                "n",
                Patch.operations().test("/a", null).add("/b", 1).build());
        objects.patch(Resource.NODES, "", "n", Patch.apply(Json.object(), "me", true));

        for (Patch.Type type : Patch.Type.values()) {
            server.http.verify(
                    1,
                    patchRequestedFor(urlPathEqualTo("/api/v1/nodes/n"))
                            .withHeader("Content-Type", equalTo(type.contentType())));
        }
    }

    @Test
    void shouldSayInOneSentenceWhatIsWrongWithTheConfiguration() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty"), "a: [");

        assertThatThrownBy(() -> Clients.configured(folder.resolve("none"), Map.of()))
                .hasMessageContaining("none' must be a readable kubeconfig file");
        assertThatThrownBy(() -> Clients.configured(empty, Map.of()))
                .hasMessageContaining("must be a kubeconfig file with a current context");
        assertThatThrownBy(() -> Clients.configured(null, Map.of("HOME", folder.toString())))
                .hasMessageStartingWith("no API server is configured: set KUBECONFIG");
    }
}
