package io.latencyscheduler.kube;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.matching.RequestPatternBuilder;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReflectorTest {
    private static final String PATH = "/api/v1/pods";

    record Thing(String name, String uid, String version, int size) {}

    @TempDir
    Path folder;

    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    private FakeServer server;
    private Reflector<Thing> reflector;

    @BeforeEach
    void start() {
        server = new FakeServer(folder, Duration.ofMillis(500));
    }

    @AfterEach
    void stop() {
        if (reflector != null) {
            reflector.close();
        }
        server.close();
    }

    @Test
    void shouldTellTheListAndThenEachChangeInOrder() throws Exception {
        lists(list("10", thing("a", "u1", 5)));
        watches(event("ADDED", "b", "u2", 11), event("MODIFIED", "a", "u1", 12), event("DELETED", "b", "u2", 13));

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "listed", "+b@11", "a@5>a@12", "-b@13");
    }

    @Test
    void shouldContinueBehindTheLastBookmark() throws Exception {
        lists(list("10", thing("a", "u1", 5)));
        watches(bookmark(77));

        follow(Reflector.Options.DEFAULT);
        assertTold("+a@5", "listed");

        awaitRequests(getRequestedFor(urlPathEqualTo(PATH))
                .withQueryParam("watch", equalTo("true"))
                .withQueryParam("allowWatchBookmarks", equalTo("true"))
                .withQueryParam("resourceVersion", equalTo("77")));
    }

    @Test
    void shouldTellDeletionsThatHappenedWhileNobodyWatched() throws Exception {
        lists(list("10", thing("a", "u1", 5), thing("b", "u2", 6)), list("90", thing("b", "u2", 6)));
        watches("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}");

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "+b@6", "listed", "-a@5", "listed");
    }

    @Test
    void shouldTellAnotherObjectUnderTheSameNameAsDeletedAndAdded() throws Exception {
        lists(list("10", thing("a", "u1", 5)));
        watches(event("MODIFIED", "a", "u9", 30));

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "listed", "-a@5", "+a@30");
    }

    @Test
    void shouldListAgainWhenAVersionIsGoneAtTheOpeningOfTheWatch() throws Exception {
        lists(list("10", thing("a", "u1", 5)), list("90", thing("a", "u1", 50)));
        server.http.stubFor(watch().withQueryParam("resourceVersion", equalTo("10"))
                .willReturn(aResponse().withStatus(410).withBody("{\"code\":410}")));
        server.http.stubFor(
                watch().withQueryParam("resourceVersion", equalTo("90")).willReturn(lines()));

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "listed", "a@5>a@50", "listed");
    }

    @Test
    void shouldReadAListInPages() throws Exception {
        server.http.stubFor(listing()
                .withQueryParam("continue", absent())
                .willReturn(okJson("{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"more\"},\"items\":["
                        + thing("a", "u1", 5) + "]}")));
        server.http.stubFor(listing()
                .withQueryParam("continue", equalTo("more"))
                .willReturn(okJson(list("10", thing("b", "u2", 6)))));
        watches();

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "+b@6", "listed");
    }

    @Test
    void shouldKeepTheOthersAndWhatWasKnownWhenOneObjectCannotBeRead() throws Exception {
        String bad = thing("a", "u1", 7).replace("\"size\":1", "\"size\":\"huge\"");
        lists(list("10", thing("a", "u1", 5)), list("90", bad, thing("b", "u2", 6)));
        watches("{\"type\":\"MODIFIED\",\"object\":" + bad + "}", "{\"type\":\"ERROR\",\"object\":{\"code\":410}}");

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "listed", "+b@6", "listed");
    }

    @Test
    void shouldGoOnAfterErrorsOfTheServer() throws Exception {
        server.http.stubFor(listing()
                .inScenario("list")
                .whenScenarioStateIs(Scenario.STARTED)
                .willSetStateTo("up")
                .willReturn(aResponse().withStatus(500).withBody("no")));
        server.http.stubFor(listing()
                .inScenario("list")
                .whenScenarioStateIs("up")
                .willReturn(okJson(list("10", thing("a", "u1", 5)))));
        watches();

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "listed");
        assertThat(reflector.state()).isEqualTo(Reflector.State.SYNCED);
    }

    @Test
    void shouldTakeAnOptionalResourceThatTheServerLacksForComplete() throws Exception {
        server.http.stubFor(listing().willReturn(aResponse().withStatus(404).withBody("404 page not found")));

        follow(Reflector.Options.DEFAULT.optionally());

        await(() -> reflector.state() == Reflector.State.ABSENT);
        assertThat(reflector.hasSynced()).isTrue();
        assertThat(told).isEmpty();
    }

    @Test
    void shouldFollowAnOptionalResourceSoonAfterTheServerGotIt() throws Exception {
        server.http.stubFor(listing()
                .inScenario("defined")
                .whenScenarioStateIs(Scenario.STARTED)
                .willSetStateTo("now")
                .willReturn(aResponse().withStatus(404).withBody("404 page not found")));
        server.http.stubFor(listing()
                .inScenario("defined")
                .whenScenarioStateIs("now")
                .willReturn(okJson(list("10", thing("a", "u1", 5)))));
        watches();

        follow(new Reflector.Options(Map.of(), true, false, Duration.ofMillis(10), Duration.ofHours(1)));

        assertTold("+a@5", "listed");
    }

    @Test
    void shouldNotTakeARequiredResourceThatTheServerLacksForComplete() throws Exception {
        server.http.stubFor(listing().willReturn(aResponse().withStatus(404).withBody("404 page not found")));

        follow(Reflector.Options.DEFAULT);

        await(() -> !reflector.problem().isEmpty());
        assertThat(reflector.hasSynced()).isFalse();
        assertThat(reflector.problem()).startsWith("pods: list pods: 404");
    }

    @Test
    void shouldOpenAWatchAnewThatStandsStill() throws Exception {
        lists(list("10", thing("a", "u1", 5)));
        server.http.stubFor(watch().inScenario("watch")
                .whenScenarioStateIs(Scenario.STARTED)
                .willSetStateTo("again")
                .willReturn(lines(event("ADDED", "b", "u2", 11)).withFixedDelay(60_000)));
        server.http.stubFor(watch().inScenario("watch")
                .whenScenarioStateIs("again")
                .willReturn(lines(event("ADDED", "c", "u3", 12))));

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "listed", "+c@12");
    }

    @Test
    void shouldContinueBehindTheLastEventOfAWatchThatWasCut() throws Exception {
        lists(list("10", thing("a", "u1", 5)));
        String cut = event("ADDED", "b", "u2", 11) + "\n"
                + event("ADDED", "c", "u3", 12).substring(0, 30);
        server.http.stubFor(watch().withQueryParam("resourceVersion", equalTo("10"))
                .willReturn(aResponse().withBody(cut)));
        server.http.stubFor(watch().withQueryParam("resourceVersion", equalTo("11"))
                .willReturn(lines(event("ADDED", "c", "u3", 12))));
        server.http.stubFor(
                watch().withQueryParam("resourceVersion", equalTo("12")).willReturn(lines()));

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "listed", "+b@11", "+c@12");
    }

    @Test
    void shouldListAnewWhenAsked() throws Exception {
        lists(list("10", thing("a", "u1", 5)), list("90"));
        server.http.stubFor(watch().willReturn(lines().withFixedDelay(400)));
        follow(Reflector.Options.DEFAULT);
        assertTold("+a@5", "listed");

        CompletableFuture<Void> listed = reflector.relist();

        listed.get(10, TimeUnit.SECONDS);
        assertTold("-a@5", "listed");
    }

    @Test
    void shouldTellAgainWhatTheHandlerCouldNotTake() throws Exception {
        lists(list("10", thing("a", "u1", 5)));
        watches(event("ADDED", "poison", "u2", 11));

        follow(Reflector.Options.DEFAULT);

        assertTold("+a@5", "listed", "broke", "listed");
    }

    private void follow(Reflector.Options options) {
        Reflector.Options quick = new Reflector.Options(
                Map.of(), options.optional(), options.fromCache(), Duration.ofMillis(10), Duration.ofMillis(50));
        reflector = new Reflector<>(
                        server.clients,
                        Resource.PODS,
                        quick,
                        parser -> read(parser.readValueAsTree()),
                        thing -> new Meta(thing.name(), thing.uid(), thing.version()),
                        new Recorder(),
                        ReflectorMetrics.NONE)
                .start();
    }

    private static Thing read(JsonNode tree) {
        JsonNode metadata = tree.path("metadata");
        if (!tree.path("size").isInt()) {
            throw new IllegalArgumentException("size");
        }
        return new Thing(
                metadata.path("name").asText(),
                metadata.path("uid").asText(),
                metadata.path("resourceVersion").asText(),
                tree.path("size").asInt());
    }

    private final class Recorder implements Reflector.Handler<Thing> {
        private boolean broken;

        @Override
        public void onAdd(Thing thing) {
            if (thing.name().equals("poison") && !broken) {
                broken = true;
                told.add("broke");
                throw new IllegalStateException("poison");
            }
            told.add("+" + thing.name() + "@" + thing.version());
        }

        @Override
        public void onUpdate(Thing before, Thing thing) {
            told.add(before.name() + "@" + before.version() + ">" + thing.name() + "@" + thing.version());
        }

        @Override
        public void onDelete(Thing last) {
            told.add("-" + last.name() + "@" + last.version());
        }

        @Override
        public void onListed() {
            told.add("listed");
        }
    }

    private void assertTold(String... expected) throws InterruptedException {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < expected.length; i++) {
            String next = told.poll(10, TimeUnit.SECONDS);
            seen.add(next);
            if (next == null) {
                break;
            }
        }
        assertThat(seen).containsExactly(expected);
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(Condition condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.holds()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    private void awaitRequests(RequestPatternBuilder wanted) throws InterruptedException {
        await(() -> !server.http.findAll(wanted).isEmpty());
    }

    private static MappingBuilder listing() {
        return get(urlPathEqualTo(PATH)).withQueryParam("watch", absent());
    }

    private static MappingBuilder watch() {
        return get(urlPathEqualTo(PATH)).withQueryParam("watch", equalTo("true"));
    }

    /** One list after the other; the last one for ever. */
    private void lists(String... bodies) {
        for (int i = 0; i < bodies.length; i++) {
            String next = i + 1 < bodies.length ? "list-" + (i + 1) : "last";
            server.http.stubFor(listing()
                    .inScenario("list")
                    .whenScenarioStateIs(i == 0 ? Scenario.STARTED : "list-" + i)
                    .willSetStateTo(next)
                    .willReturn(okJson(bodies[i])));
        }
        server.http.stubFor(
                listing().inScenario("list").whenScenarioStateIs("last").willReturn(okJson(bodies[bodies.length - 1])));
    }

    /** The first watch has these lines and ends; later ones have none. */
    private void watches(String... lines) {
        server.http.stubFor(watch().inScenario("watch")
                .whenScenarioStateIs(Scenario.STARTED)
                .willSetStateTo("quiet")
                .willReturn(lines(lines)));
        server.http.stubFor(
                watch().inScenario("watch").whenScenarioStateIs("quiet").willReturn(lines()));
    }

    private static ResponseDefinitionBuilder lines(String... lines) {
        return aResponse()
                .withHeader("Content-Type", "application/json")
                .withBody(lines.length == 0 ? "" : String.join("\n", lines) + "\n");
    }

    private static String thing(String name, String uid, int version) {
        return "{\"metadata\":{\"name\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%d\"},\"size\":1}"
                .formatted(name, uid, version);
    }

    private static String event(String type, String name, String uid, int version) {
        return "{\"type\":\"%s\",\"object\":%s}".formatted(type, thing(name, uid, version));
    }

    private static String bookmark(int version) {
        return "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%d\"}}}".formatted(version);
    }

    private static String list(String version, String... items) {
        return "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"%s\"},\"items\":[%s]}"
                .formatted(version, String.join(",", items));
    }
}
