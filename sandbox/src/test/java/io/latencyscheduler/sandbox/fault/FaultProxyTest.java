package io.latencyscheduler.sandbox.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.sandbox.fault.FaultPlan.Fault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FaultProxyTest {
    private static final String PODS = "/api/v1/namespaces/default/pods";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Sandbox sandbox = Sandbox.start();
    private final FaultPlan plan = new FaultPlan(1);
    private final FaultProxy proxy = new FaultProxy(client, sandbox.url(), plan, Duration.ofMillis(10));

    @AfterEach
    void stop() {
        proxy.close();
        sandbox.close();
    }

    private static String pod(String name) {
        return "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" + name
                + "\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"none\"}]}}";
    }

    private HttpResponse<String> post(URI server, String body) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(server.resolve(PODS))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private int get(String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(sandbox.url().resolve(path)).build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private BufferedReader watch() throws IOException, InterruptedException {
        InputStream body = client.send(
                        HttpRequest.newBuilder(proxy.url().resolve(PODS + "?watch=true"))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream())
                .body();
        return new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    }

    private void always(Fault fault) {
        plan.with(fault, 1).setOn(true);
    }

    @Test
    void shouldEndAWatchWhenTheSameSelectionIsWatchedAnew() throws Exception {
        BufferedReader former = watch();
        assertThat(post(proxy.url(), pod("a")).statusCode()).isEqualTo(201);
        assertThat(former.readLine()).contains("\"a\"");

        BufferedReader latter = watch();

        assertThat(latter.readLine()).contains("\"a\"");
        assertThatIOException().isThrownBy(former::readLine);
    }

    @Test
    void shouldPassEverythingWhileItsPlanIsOff() throws Exception {
        plan.with(Fault.RESET, 1);
        assertThat(post(proxy.url(), pod("a")).statusCode()).isEqualTo(201);
        assertThat(get(PODS + "/a")).isEqualTo(200);
        assertThat(watch().readLine()).contains("ADDED", "\"a\"");
    }

    @Test
    void shouldAnswerInPlaceOfTheServer() throws Exception {
        always(Fault.PUSHED_BACK);
        HttpResponse<String> answer = post(proxy.url(), pod("a"));
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        assertThat(get(PODS + "/a")).isEqualTo(404);
        assertThat(plan.injected()).containsEntry(Fault.PUSHED_BACK, 1L);
    }

    @Test
    void shouldLoseTheAnswerOfAWriteThatTookEffect() throws Exception {
        always(Fault.ANSWER_LOST);
        assertThatThrownBy(() -> post(proxy.url(), pod("a"))).isInstanceOf(IOException.class);
        assertThat(get(PODS + "/a")).isEqualTo(200);
    }

    @Test
    void shouldBreakTheConnectionBeforeTheServerHearsOfIt() throws Exception {
        always(Fault.RESET);
        assertThatThrownBy(() -> post(proxy.url(), pod("a"))).isInstanceOf(IOException.class);
        assertThat(get(PODS + "/a")).isEqualTo(404);
    }

    @Test
    void shouldDropAWatchEvent() throws Exception {
        BufferedReader events = watch();
        always(Fault.EVENT_DROPPED);
        post(sandbox.url(), pod("lost"));
        while (plan.injected().get(Fault.EVENT_DROPPED) == 0) {
            Thread.onSpinWait();
        }
        plan.setOn(false);
        post(sandbox.url(), pod("told"));
        assertThat(events.readLine()).contains("told");
    }

    @Test
    void shouldTellAWatchEventTwice() throws Exception {
        BufferedReader events = watch();
        always(Fault.EVENT_REPEATED);
        post(sandbox.url(), pod("a"));
        assertThat(events.readLine()).isEqualTo(events.readLine());
    }

    @Test
    void shouldTellAWatchThatItsVersionIsGone() throws Exception {
        BufferedReader events = watch();
        always(Fault.WATCH_EXPIRED);
        post(sandbox.url(), pod("a"));
        assertThat(events.readLine()).contains("ERROR", "410");
        assertThat(events.readLine()).isNull();
    }

    @Test
    void shouldCutAWatchWithinAnEvent() throws Exception {
        BufferedReader events = watch();
        always(Fault.WATCH_CUT);
        post(sandbox.url(), pod("a"));
        assertThatThrownBy(() -> {
                    while (events.readLine() != null) {
                        // The end must come as a failure, not as an end.
                    }
                })
                .isInstanceOf(IOException.class);
    }
}
