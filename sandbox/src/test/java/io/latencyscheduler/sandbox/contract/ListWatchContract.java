package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.contract.RawApi.Answer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Lists, selectors, parts, and watches. */
abstract class ListWatchContract extends Api {
    private List<String> names(Answer list) {
        return list.body().path("items").findValues("metadata").stream()
                .map(metadata -> metadata.path("name").asText())
                .toList();
    }

    private List<String> select(String query) {
        Answer list = api.get(pods + query);
        assertThat(list.code()).as(list.body().toString()).isEqualTo(200);
        List<String> names = new ArrayList<>();
        list.body()
                .path("items")
                .forEach(item -> names.add(item.at("/metadata/name").asText()));
        return names;
    }

    @Test
    void shouldListSortedByNameUnderOneVersion() {
        makePod("b");
        makePod("a");
        Answer list = api.get(pods);
        assertThat(list.text("/kind")).isEqualTo("PodList");
        assertThat(list.text("/apiVersion")).isEqualTo("v1");
        assertThat(select("")).containsExactly("a", "b");
        assertThat(Long.parseLong(list.resourceVersion())).isPositive();
        assertThat(api.get("/api/v1/pods?fieldSelector=metadata.namespace=" + namespace)
                        .body()
                        .path("items"))
                .hasSize(2);
    }

    @Test
    void shouldSelectByLabels() {
        makePod("a", "{'tier':'dpdk','n':'1'}");
        makePod("b", "{'tier':'kernel'}");
        makePod("c", "{}");
        assertThat(select("?labelSelector=tier%3Ddpdk")).containsExactly("a");
        assertThat(select("?labelSelector=tier%3D%3Ddpdk")).containsExactly("a");
        assertThat(select("?labelSelector=tier!%3Ddpdk")).containsExactly("b", "c");
        assertThat(select("?labelSelector=tier")).containsExactly("a", "b");
        assertThat(select("?labelSelector=!tier")).containsExactly("c");
        assertThat(select("?labelSelector=tier+in+(dpdk,kernel),n")).containsExactly("a");
        assertThat(select("?labelSelector=tier+notin+(dpdk)")).containsExactly("b", "c");
        assertThat(api.get(pods + "?labelSelector=%3D%3D").code()).isEqualTo(400);
    }

    @Test
    void shouldSelectByFields() {
        makePod("a");
        makePod("b");
        bind("b", "n1");
        assertThat(select("?fieldSelector=spec.nodeName=n1")).containsExactly("b");
        assertThat(select("?fieldSelector=spec.nodeName=")).containsExactly("a");
        assertThat(select("?fieldSelector=spec.nodeName!=")).containsExactly("b");
        assertThat(select("?fieldSelector=status.phase=Pending,metadata.name=a"))
                .containsExactly("a");
        assertThat(select("?fieldSelector=spec.schedulerName=default-scheduler"))
                .containsExactly("a", "b");
        Answer refused = api.get(pods + "?fieldSelector=spec.hostname=x");
        assertThat(refused.code()).isEqualTo(400);
        assertThat(refused.text("/message")).contains("field label not supported: spec.hostname");
    }

    @Test
    void shouldListInPartsThatShowOneVersion() {
        for (String name : List.of("a", "b", "c", "d", "e")) {
            makePod(name);
        }
        Answer first = api.get(pods + "?limit=2");
        assertThat(names(first)).contains("a", "b");
        assertThat(first.text("/metadata/remainingItemCount")).isEqualTo("3");
        api.delete(pods + "/d");
        makePod("bb");
        Answer second = api.get(pods + "?limit=2&continue=" + first.text("/metadata/continue"));
        assertThat(second.resourceVersion()).isEqualTo(first.resourceVersion());
        assertThat(names(second)).contains("c", "d").doesNotContain("bb");
        Answer third = api.get(pods + "?limit=2&continue=" + second.text("/metadata/continue"));
        assertThat(names(third)).contains("e");
        assertThat(third.text("/metadata/continue")).isEmpty();
        assertThat(api.get(pods + "?limit=2&continue=nonsense").code()).isEqualTo(400);
    }

    @Test
    void shouldRefuseAListOfAVersionThatIsYetToCome() {
        Answer early = api.get(pods + "?resourceVersion=999999999");
        assertThat(early.code()).isEqualTo(504);
        assertThat(early.text("/message")).contains("Too large resource version");
    }

    @Test
    void shouldStreamChangesAfterAVersion() {
        makePod("before");
        String version = api.get(pods).resourceVersion();
        try (RawApi.Watch watch = api.watch(pods + "?watch=true&resourceVersion=" + version)) {
            makePod("web");
            assertThat(watch.nextNamed()).isEqualTo("ADDED web");
            api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'metadata':{'labels':{'a':'1'}}}");
            JsonNode modified = watch.next();
            assertThat(modified.path("type").asText()).isEqualTo("MODIFIED");
            assertThat(modified.at("/object/metadata/labels/a").asText()).isEqualTo("1");
            assertThat(modified.at("/object/kind").asText()).isEqualTo("Pod");
            api.delete(pods + "/web");
            JsonNode marked = watch.next();
            assertThat(marked.path("type").asText()).isEqualTo("MODIFIED");
            assertThat(marked.at("/object/metadata/deletionGracePeriodSeconds").asText())
                    .isEqualTo("0");
            JsonNode deleted = watch.next();
            assertThat(deleted.path("type").asText()).isEqualTo("DELETED");
            assertThat(deleted.at("/object/metadata/resourceVersion").asLong())
                    .isGreaterThan(
                            modified.at("/object/metadata/resourceVersion").asLong());
        }
    }

    @Test
    void shouldBeginWithWhatExistsWhenNoVersionIsGiven() {
        makePod("a");
        makePod("b");
        try (RawApi.Watch watch = api.watch(pods + "?watch=1")) {
            assertThat(List.of(watch.nextNamed(), watch.nextNamed())).containsExactlyInAnyOrder("ADDED a", "ADDED b");
            makePod("c");
            assertThat(watch.nextNamed()).isEqualTo("ADDED c");
        }
        try (RawApi.Watch watch = api.watch(pods + "?watch=1&resourceVersion=0&fieldSelector=metadata.name=b")) {
            assertThat(watch.nextNamed()).isEqualTo("ADDED b");
        }
    }

    @Test
    void shouldShowWhatEntersAndLeavesASelection() {
        String version = api.get(pods).resourceVersion();
        try (RawApi.Watch waiting =
                        api.watch(pods + "?watch=true&fieldSelector=spec.nodeName=&resourceVersion=" + version);
                RawApi.Watch placed =
                        api.watch(pods + "?watch=true&fieldSelector=spec.nodeName=n1&resourceVersion=" + version);
                RawApi.Watch labelled =
                        api.watch(pods + "?watch=true&labelSelector=a%3D1&resourceVersion=" + version)) {
            makePod("web");
            assertThat(waiting.nextNamed()).isEqualTo("ADDED web");
            bind("web", "n1");
            JsonNode left = waiting.next();
            assertThat(left.path("type").asText()).isEqualTo("DELETED");
            assertThat(placed.nextNamed()).isEqualTo("ADDED web");
            api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'metadata':{'labels':{'a':'1'}}}");
            assertThat(placed.nextNamed()).isEqualTo("MODIFIED web");
            assertThat(labelled.nextNamed()).isEqualTo("ADDED web");
            api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'metadata':{'labels':{'a':null}}}");
            assertThat(labelled.nextNamed()).isEqualTo("DELETED web");
        }
    }

    @Test
    void shouldEndAWatchAfterItsTimeWithABookmark() {
        makePod("web");
        String version = api.get(pods).resourceVersion();
        try (RawApi.Watch watch =
                api.watch(pods + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion=" + version)) {
            JsonNode event = watch.next();
            while (event.path("type").asText().equals("BOOKMARK")) {
                assertThat(event.at("/object/kind").asText()).isEqualTo("Pod");
                assertThat(event.at("/object/metadata/resourceVersion").asLong())
                        .isGreaterThanOrEqualTo(Long.parseLong(version));
                event = watch.next();
            }
            assertThat(event.path("type").asText()).isEqualTo("END");
        }
    }

    @Test
    void shouldTellAWatchFromAForgottenVersionThatItIsTooOld() {
        makePod("web");
        forgetHistory();
        try (RawApi.Watch watch = api.watch(pods + "?watch=true&resourceVersion=1")) {
            JsonNode event = watch.next();
            assertThat(event.path("type").asText()).isEqualTo("ERROR");
            assertThat(event.at("/object/code").asInt()).isEqualTo(410);
            assertThat(event.at("/object/reason").asText()).isIn("Expired", "Gone");
            assertThat(event.at("/object/message").asText()).contains("too old resource version");
            assertThat(watch.next().path("type").asText()).isEqualTo("END");
        }
    }

    /** Makes the server forget the changes up to now. */
    abstract void forgetHistory();

    @Test
    void shouldDeleteACollection() {
        makePod("a", "{'x':'1'}");
        makePod("b");
        assertThat(api.delete(pods + "?labelSelector=x%3D1").code()).isEqualTo(200);
        assertThat(select("")).containsExactly("b");
    }
}
