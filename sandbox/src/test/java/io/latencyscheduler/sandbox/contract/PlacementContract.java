package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.contract.RawApi.Answer;
import org.junit.jupiter.api.Test;

/** Binding, deletion with grace and finalizers, eviction. */
abstract class PlacementContract extends Api {
    @Test
    void shouldBindAndAnnotateInOneWrite() {
        Answer made =
                api.post(pods, pod("web").replace("'labels'", "'annotations':{'own':'1','kept':'mine'},'labels'"));
        try (RawApi.Watch watch = api.watch(pods + "?watch=true&resourceVersion=" + made.resourceVersion())) {
            Answer bound = api.post(pods + "/web/binding", binding("web", "n1"));
            assertThat(bound.code()).isEqualTo(201);
            assertThat(bound.text("/kind")).isEqualTo("Status");
            assertThat(bound.text("/status")).isEqualTo("Success");
            JsonNode change = watch.next();
            assertThat(change.path("type").asText()).isEqualTo("MODIFIED");
            JsonNode pod = change.path("object");
            assertThat(pod.at("/spec/nodeName").asText()).isEqualTo("n1");
            JsonNode annotations = pod.at("/metadata/annotations");
            assertThat(annotations.path("latency-scheduler.io/allocation").asText())
                    .isEqualTo("a");
            assertThat(annotations.path("own").asText()).isEqualTo("1");
            assertThat(annotations.path("kept").asText()).isEqualTo("by-binding");
            JsonNode condition = pod.at("/status/conditions/0");
            assertThat(condition.path("type").asText()).isEqualTo("PodScheduled");
            assertThat(condition.path("status").asText()).isEqualTo("True");
            assertThat(condition.path("lastTransitionTime").asText()).isNotEmpty();
        }
    }

    @Test
    void shouldBindThroughTheCollectionOfBindings() {
        makePod("web");
        assertThat(api.post("/api/v1/namespaces/" + namespace + "/bindings", binding("web", "n1"))
                        .code())
                .isEqualTo(201);
        assertThat(api.get(pods + "/web").text("/spec/nodeName")).isEqualTo("n1");
    }

    @Test
    void shouldRefuseASecondBinding() {
        makePod("web");
        bind("web", "n1");
        Answer again = api.post(pods + "/web/binding", binding("web", "n2"));
        assertThat(again.code()).isEqualTo(409);
        assertThat(again.text("/reason")).isEqualTo("Conflict");
        assertThat(again.text("/message"))
                .isEqualTo(
                        "Operation cannot be fulfilled on pods/binding \"web\": pod web is already assigned to node \"n1\"");
        assertThat(api.get(pods + "/web").text("/spec/nodeName")).isEqualTo("n1");
    }

    @Test
    void shouldRefuseToBindWhatIsNotThereOrToNothing() {
        assertThat(api.post(pods + "/none/binding", binding("none", "n1")).code())
                .isEqualTo(404);
        makePod("web");
        assertThat(api.post(pods + "/web/binding", binding("other", "n1")).code())
                .isEqualTo(400);
        Answer nowhere = api.post(pods + "/web/binding", binding("web", ""));
        assertThat(nowhere.code()).isEqualTo(500);
        assertThat(nowhere.text("/message")).isEqualTo("target.name: Required value");
    }

    @Test
    void shouldRefuseToBindAPodThatIsBeingDeleted() {
        api.post(pods, pod("web").replace("'labels'", "'finalizers':['example.com/hold'],'labels'"));
        assertThat(api.delete(pods + "/web").code()).isEqualTo(200);
        Answer refused = api.post(pods + "/web/binding", binding("web", "n1"));
        assertThat(refused.code()).isEqualTo(409);
        assertThat(refused.text("/message")).contains("pod web is being deleted, cannot be assigned to a host");
        api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'metadata':{'finalizers':null}}");
        assertThat(api.get(pods + "/web").code()).isEqualTo(404);
    }

    @Test
    void shouldDeleteAnUnplacedPodAtOnceAndAPlacedOneWithGrace() {
        makePod("waiting");
        assertThat(api.delete(pods + "/waiting").text("/kind")).isEqualTo("Pod");
        assertThat(api.get(pods + "/waiting").code()).isEqualTo(404);

        makePod("web");
        bind("web", "n1");
        Answer marked = api.delete(pods + "/web");
        assertThat(marked.code()).isEqualTo(200);
        assertThat(marked.text("/metadata/deletionGracePeriodSeconds")).isEqualTo("30");
        String deadline = marked.text("/metadata/deletionTimestamp");
        assertThat(deadline).isNotEmpty();
        assertThat(api.delete(pods + "/web", "{'gracePeriodSeconds':60}").text("/metadata/deletionTimestamp"))
                .as("a longer grace does not prolong it")
                .isEqualTo(deadline);
        assertThat(api.delete(pods + "/web", "{'gracePeriodSeconds':5}").text("/metadata/deletionGracePeriodSeconds"))
                .isEqualTo("5");
        assertThat(api.delete(pods + "/web", "{'gracePeriodSeconds':0}").code()).isEqualTo(200);
        assertThat(api.get(pods + "/web").code()).isEqualTo(404);
    }

    @Test
    void shouldDeleteAFinishedPodAtOnce() {
        makePod("web");
        bind("web", "n1");
        api.patch(RawApi.MERGE_PATCH, pods + "/web/status", "{'status':{'phase':'Succeeded'}}");
        api.delete(pods + "/web");
        assertThat(api.get(pods + "/web").code()).isEqualTo(404);
    }

    @Test
    void shouldDeleteOnlyWhatThePreconditionsName() {
        Answer made = makePod("web");
        Answer refused = api.delete(pods + "/web", "{'preconditions':{'uid':'00000000-0000-0000-0000-000000000000'}}");
        assertThat(refused.code()).isEqualTo(409);
        assertThat(api.delete(pods + "/web", "{'preconditions':{'resourceVersion':'1'}}")
                        .code())
                .isEqualTo(409);
        assertThat(api.delete(
                                pods + "/web",
                                "{'preconditions':{'uid':'" + made.text("/metadata/uid") + "','resourceVersion':'"
                                        + made.resourceVersion() + "'}}")
                        .code())
                .isEqualTo(200);
        Answer gone = api.delete(pods + "/web");
        assertThat(gone.code()).isEqualTo(404);
    }

    @Test
    void shouldAnswerADeletionOfAPlainObjectWithAStatus() {
        String maps = "/api/v1/namespaces/" + namespace + "/configmaps";
        Answer made = api.post(maps, "{'metadata':{'name':'c'},'data':{'a':'b'}}");
        Answer deleted = api.delete(maps + "/c");
        assertThat(deleted.text("/kind")).isEqualTo("Status");
        assertThat(deleted.text("/status")).isEqualTo("Success");
        assertThat(deleted.text("/details/uid")).isEqualTo(made.text("/metadata/uid"));
    }

    @Test
    void shouldEvictAPodThatNoBudgetProtects() {
        makePod("web");
        bind("web", "n1");
        Answer evicted = api.post(
                pods + "/web/eviction",
                "{'apiVersion':'policy/v1beta1','kind':'Eviction','metadata':{'name':'web','namespace':'" + namespace
                        + "'},'deleteOptions':{'gracePeriodSeconds':7}}");
        assertThat(evicted.code()).isEqualTo(201);
        assertThat(evicted.text("/status")).isEqualTo("Success");
        assertThat(api.get(pods + "/web").text("/metadata/deletionGracePeriodSeconds"))
                .isEqualTo("7");
    }

    /** {@code policy/v1}, or {@code policy/v1beta1} on servers before 1.21. */
    abstract String policy();

    @Test
    void shouldSpendABudgetAndRefuseWhenItIsSpent() {
        for (String name : new String[] {"a", "b"}) {
            makePod(name, "{'app':'web'}");
            bind(name, "n1");
            api.patch(
                    RawApi.MERGE_PATCH,
                    pods + "/" + name + "/status",
                    "{'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True'}]}}");
        }
        String budgets = "/apis/" + policy() + "/namespaces/" + namespace + "/poddisruptionbudgets";
        Answer made = api.post(
                budgets,
                "{'metadata':{'name':'web'},'spec':{'minAvailable':1,'selector':{'matchLabels':{'app':'web'}}}}");
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
        String eviction =
                "{'apiVersion':'policy/v1beta1','kind':'Eviction','metadata':{'name':'NAME'},'deleteOptions':{}}";
        Answer unprocessed = api.post(pods + "/a/eviction", eviction.replace("NAME", "a"));
        assertThat(unprocessed.code()).as("nobody has computed the status yet").isEqualTo(429);
        api.patch(
                RawApi.MERGE_PATCH,
                budgets + "/web/status",
                "{'status':{'observedGeneration':1,'disruptionsAllowed':1,'desiredHealthy':1,'currentHealthy':2,'expectedPods':2}}");
        assertThat(api.post(pods + "/a/eviction", eviction.replace("NAME", "a")).code())
                .isEqualTo(201);
        Answer refused = api.post(pods + "/b/eviction", eviction.replace("NAME", "b"));
        assertThat(refused.code())
                .as(() -> refused.body() + " " + api.get(budgets + "/web").body())
                .isEqualTo(429);
        assertThat(refused.text("/message"))
                .isEqualTo("Cannot evict pod as it would violate the pod's disruption budget.");
        assertThat(refused.text("/details/causes/0/reason")).isEqualTo("DisruptionBudget");
        assertThat(api.get(budgets + "/web").body().at("/status/disruptedPods").has("a"))
                .isTrue();
    }
}
