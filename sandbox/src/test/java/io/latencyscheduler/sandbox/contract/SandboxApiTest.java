package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.Sandbox;
import io.latencyscheduler.sandbox.contract.RawApi.Answer;
import java.net.http.HttpClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The API contract on the sandbox; {@link RealApiServerIT} runs the same on kube-apiserver. */
@SuppressWarnings("ClassCanBeStatic")
class SandboxApiTest {
    private static Sandbox sandbox;
    private static RawApi raw;

    @BeforeAll
    static void start() {
        sandbox = Sandbox.start();
        raw = new RawApi(HttpClient.newHttpClient(), sandbox.url(), Sandbox.ADMIN_TOKEN);
    }

    @AfterAll
    static void stop() {
        sandbox.close();
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
            sandbox.compact();
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
            return "policy/v1";
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

    /** What the real server at hand, 1.20, does not have yet. */
    @Nested
    class Newer extends Api {
        @Override
        RawApi server() {
            return raw;
        }

        @Test
        void shouldNotBindAPodWithSchedulingGates() {
            Answer gated = api.post(
                    pods, pod("web").replace("'spec':{", "'spec':{'schedulingGates':[{'name':'example.com/g'}],"));
            assertThat(gated.text("/status/conditions/0/reason")).isEqualTo("SchedulingGated");
            Answer refused = api.post(pods + "/web/binding", binding("web", "n1"));
            assertThat(refused.code()).isEqualTo(409);
            assertThat(refused.text("/message")).contains("has non-empty .spec.schedulingGates");
            Answer narrowed = api.patch(
                    RawApi.MERGE_PATCH, pods + "/web", "{'spec':{'nodeSelector':{'a':'b'},'schedulingGates':[]}}");
            assertThat(narrowed.code()).as(narrowed.body().toString()).isEqualTo(200);
            bind("web", "n1");
            assertThat(api.patch(
                                    RawApi.MERGE_PATCH,
                                    pods + "/web",
                                    "{'spec':{'schedulingGates':[{'name':'example.com/g'}]}}")
                            .code())
                    .isEqualTo(422);
        }

        @Test
        void shouldRefuseABindingForAnotherPodOfTheSameName() {
            makePod("web");
            Answer refused = api.post(
                    pods + "/web/binding",
                    binding("web", "n1").replace("{'name':'web'", "{'name':'web','uid':'another'"));
            assertThat(refused.code()).isEqualTo(409);
            assertThat(refused.text("/message")).contains("UID in precondition: another");
        }

        @Test
        void shouldMarkTheEndOfInitialEvents() {
            makePod("web");
            try (RawApi.Watch watch = api.watch(
                    pods
                            + "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan")) {
                assertThat(watch.nextNamed()).isEqualTo("ADDED web");
                var bookmark = watch.next();
                assertThat(bookmark.path("type").asText()).isEqualTo("BOOKMARK");
                assertThat(bookmark.at("/object/metadata/annotations/k8s.io~1initial-events-end")
                                .asText())
                        .isEqualTo("true");
            }
        }

        @Test
        void shouldReviewTokensItIssued() {
            String accounts = "/api/v1/namespaces/" + namespace + "/serviceaccounts";
            api.post(accounts, "{'metadata':{'name':'agent'}}");
            String token = api.post(accounts + "/agent/token", "{'spec':{'expirationSeconds':600}}")
                    .text("/status/token");
            String reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
            Answer known = api.post(
                    reviews,
                    "{'apiVersion':'authentication.k8s.io/v1','kind':'TokenReview','spec':{'token':'" + token + "'}}");
            assertThat(known.text("/status/user/username")).isEqualTo("system:serviceaccount:" + namespace + ":agent");
            assertThat(api.post(reviews, "{'spec':{'token':'forged'}}").text("/status/authenticated"))
                    .isEqualTo("false");
            assertThat(new RawApi(api.client(), api.base(), "forged").get(pods).code())
                    .isEqualTo(401);
        }

        @Test
        void shouldEmptyANamespaceThatIsDeleted() {
            makePod("web");
            assertThat(api.delete("/api/v1/namespaces/" + namespace).code()).isEqualTo(200);
            assertThat(api.get("/api/v1/namespaces/" + namespace).code()).isEqualTo(404);
            assertThat(api.get(pods + "/web").code()).isEqualTo(404);
        }
    }
}
