package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.sandbox.SandboxOptions;
import java.net.http.HttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a client sees when connections break and history ends. */
class BrokenConnectionTest extends Api {
    private Sandbox sandbox;

    @Override
    RawApi server() {
        sandbox = Sandbox.start(SandboxOptions.defaults().withHistory(4));
        return new RawApi(HttpClient.newHttpClient(), sandbox.url(), Sandbox.ADMIN_TOKEN);
    }

    @AfterEach
    void stop() {
        sandbox.close();
    }

    @Test
    void shouldGoOnFromTheLastVersionAfterACut() {
        String seen;
        try (RawApi.Watch watch = api.watch(pods + "?watch=true")) {
            makePod("a");
            seen = watch.next().at("/object/metadata/resourceVersion").asText();
            sandbox.cutConnections();
            assertThat(watch.next().path("type").asText()).isIn("BROKEN", "END");
        }
        makePod("b");
        try (RawApi.Watch watch = api.watch(pods + "?watch=true&resourceVersion=" + seen)) {
            assertThat(watch.nextNamed()).isEqualTo("ADDED b");
        }
    }

    @Test
    void shouldTellAClientThatHistoryHasOvertakenIt() {
        String seen = makePod("a").resourceVersion();
        for (int i = 0; i < 6; i++) {
            makePod("p" + i);
        }
        try (RawApi.Watch watch = api.watch(pods + "?watch=true&resourceVersion=" + seen)) {
            assertThat(watch.next().at("/object/code").asInt()).isEqualTo(410);
        }
    }

    @Test
    void shouldOfferAFreshTokenWhenAContinuedListIsTooOld() {
        for (int i = 0; i < 4; i++) {
            makePod("p" + i);
        }
        String token = api.get(pods + "?limit=2").text("/metadata/continue");
        sandbox.compact();
        RawApi.Answer expired = api.get(pods + "?limit=2&continue=" + token);
        assertThat(expired.code()).isEqualTo(410);
        assertThat(expired.text("/reason")).isEqualTo("Expired");
        String fresh = expired.text("/metadata/continue");
        assertThat(api.get(pods + "?limit=2&continue=" + fresh).body().path("items"))
                .hasSize(2);
    }
}
