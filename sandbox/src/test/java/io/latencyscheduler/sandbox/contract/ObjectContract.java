package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.contract.RawApi.Answer;
import org.junit.jupiter.api.Test;

/** Creating, reading, updating and deleting. */
abstract class ObjectContract extends Api {
    @Test
    void shouldFillInWhatTheServerKnows() {
        Answer made = makePod("web");
        assertThat(made.text("/metadata/namespace")).isEqualTo(namespace);
        assertThat(made.text("/metadata/uid")).isNotEmpty();
        assertThat(made.resourceVersion()).matches("[1-9][0-9]*");
        assertThat(made.text("/metadata/creationTimestamp")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        assertThat(made.text("/status/phase")).isEqualTo("Pending");
        assertThat(made.text("/status/qosClass")).isEqualTo("BestEffort");
        assertThat(made.text("/spec/schedulerName")).isEqualTo("default-scheduler");
        assertThat(made.text("/spec/restartPolicy")).isEqualTo("Always");
        assertThat(made.text("/spec/terminationGracePeriodSeconds")).isEqualTo("30");
        assertThat(made.text("/spec/containers/0/imagePullPolicy")).isEqualTo("IfNotPresent");
        assertThat(made.body().at("/spec/tolerations").findValuesAsText("key"))
                .containsExactly("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");
        Answer read = api.get(pods + "/web");
        assertThat(read.code()).isEqualTo(200);
        assertThat(read.text("/metadata/uid")).isEqualTo(made.text("/metadata/uid"));
    }

    @Test
    void shouldTakePriorityFromItsClass() {
        String name = namespace + "-high";
        api.post("/apis/scheduling.k8s.io/v1/priorityclasses", "{'metadata':{'name':'" + name + "'},'value':1000}");
        String wanting = pod("web").replace("'spec':{", "'spec':{'priorityClassName':'" + name + "',");
        assertThat(api.post(pods, wanting).text("/spec/priority")).isEqualTo("1000");
        Answer refused = api.post(pods, pod("other").replace("'spec':{", "'spec':{'priorityClassName':'none',"));
        assertThat(refused.code()).isEqualTo(403);
        assertThat(refused.text("/message"))
                .isEqualTo("pods \"other\" is forbidden: no PriorityClass with name none was found");
        assertThat(makePod("plain").text("/spec/priority")).isEqualTo("0");
    }

    @Test
    void shouldSortQualityOfServiceByRequestsAndLimits() {
        String guaranteed = pod("g").replace("'image'", "'resources':{'limits':{'cpu':'1','memory':'1Gi'}},'image'");
        Answer made = api.post(pods, guaranteed);
        assertThat(made.text("/status/qosClass")).isEqualTo("Guaranteed");
        assertThat(made.text("/spec/containers/0/resources/requests/cpu")).isEqualTo("1");
        String burstable = pod("b").replace("'image'", "'resources':{'requests':{'cpu':'1'}},'image'");
        assertThat(api.post(pods, burstable).text("/status/qosClass")).isEqualTo("Burstable");
    }

    @Test
    void shouldRefuseASecondObjectOfTheSameName() {
        makePod("web");
        Answer refused = api.post(pods, pod("web"));
        assertThat(refused.code()).isEqualTo(409);
        assertThat(refused.text("/reason")).isEqualTo("AlreadyExists");
        assertThat(refused.text("/message")).isEqualTo("pods \"web\" already exists");
        assertThat(refused.text("/details/kind")).isEqualTo("pods");
    }

    @Test
    void shouldAnswerNotFoundAsAStatus() {
        Answer missing = api.get(pods + "/none");
        assertThat(missing.code()).isEqualTo(404);
        assertThat(missing.text("/kind")).isEqualTo("Status");
        assertThat(missing.text("/status")).isEqualTo("Failure");
        assertThat(missing.text("/reason")).isEqualTo("NotFound");
        assertThat(missing.text("/message")).isEqualTo("pods \"none\" not found");
        assertThat(missing.body().path("code").asInt()).isEqualTo(404);
        assertThat(api.get("/apis/nobody.example/v1/things").code()).isEqualTo(404);
        assertThat(api.post("/api/v1/namespaces/no-such-namespace/pods", pod("web"))
                        .text("/message"))
                .isEqualTo("namespaces \"no-such-namespace\" not found");
    }

    @Test
    void shouldMakeANameFromItsBeginning() {
        Answer made = api.post(pods, pod("x").replace("'name':'x'", "'generateName':'web-'"));
        assertThat(made.text("/metadata/name")).matches("web-[a-z0-9]{5}");
    }

    @Test
    void shouldRefuseWhatIsNoObjectOfThatKind() {
        assertThat(api.post(pods, "{").code()).isEqualTo(400);
        assertThat(api.post(pods, pod("web").replace("'kind':'Pod'", "'kind':'Node'"))
                        .code())
                .isEqualTo(400);
        assertThat(api.post(pods, pod("web").replace("{'name':'web'", "{'namespace':'elsewhere','name':'web'"))
                        .code())
                .isEqualTo(400);
        assertThat(api.send("POST", pods, pod("web"), "text/plain", RawApi.JSON).code())
                .isEqualTo(415);
    }

    @Test
    void shouldNameEveryFaultOfAPod() {
        Answer refused = api.post(
                pods, "{'metadata':{'name':'Not_A_Name','labels':{'a':'-'}},'spec':{'containers':[{'name':'main'}]}}");
        assertThat(refused.code()).isEqualTo(422);
        assertThat(refused.text("/reason")).isEqualTo("Invalid");
        assertThat(refused.text("/details/kind")).isEqualTo("Pod");
        assertThat(refused.body().at("/details/causes").findValuesAsText("field"))
                .contains("metadata.name", "metadata.labels", "spec.containers[0].image");
    }

    @Test
    void shouldRefuseAWriteToAnObjectThatChangedMeanwhile() {
        Answer first = makePod("web");
        ObjectNode changed = copy(first);
        changed.withObject("/metadata/labels").put("a", "1");
        Answer updated = api.put(pods + "/web", changed);
        assertThat(updated.code()).isEqualTo(200);
        assertThat(Long.parseLong(updated.resourceVersion())).isGreaterThan(Long.parseLong(first.resourceVersion()));
        Answer stale = api.put(pods + "/web", changed);
        assertThat(stale.code()).isEqualTo(409);
        assertThat(stale.text("/reason")).isEqualTo("Conflict");
        assertThat(stale.text("/message"))
                .isEqualTo(
                        "Operation cannot be fulfilled on pods \"web\": the object has been modified; please apply your changes to the latest version and try again");
        assertThat(api.patch(
                                RawApi.MERGE_PATCH,
                                pods + "/web",
                                "{'metadata':{'resourceVersion':'" + first.resourceVersion() + "','labels':{'b':'2'}}}")
                        .code())
                .isEqualTo(409);
    }

    @Test
    void shouldTakeAWriteWithoutAVersionAndRefuseAnotherUid() {
        Answer first = makePod("web");
        ObjectNode unconditional = copy(first);
        unconditional.withObject("/metadata").remove("resourceVersion");
        unconditional.withObject("/metadata/labels").put("a", "1");
        assertThat(api.put(pods + "/web", unconditional).code()).isEqualTo(200);
        unconditional.withObject("/metadata").put("uid", "00000000-0000-0000-0000-000000000000");
        assertThat(api.put(pods + "/web", unconditional).code()).isEqualTo(409);
    }

    @Test
    void shouldKeepTheVersionWhenAWriteChangesNothing() {
        Answer first = makePod("web");
        Answer same = api.put(pods + "/web", first.body());
        assertThat(same.code()).isEqualTo(200);
        assertThat(same.resourceVersion()).isEqualTo(first.resourceVersion());
    }

    @Test
    void shouldKeepAPodsSpecUnchanged() {
        makePod("web");
        Answer refused = api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'spec':{'schedulerName':'other'}}");
        assertThat(refused.code()).isEqualTo(422);
        assertThat(refused.text("/message")).contains("pod updates may not change fields other than");
        Answer image = api.patch(
                RawApi.STRATEGIC_PATCH,
                pods + "/web",
                "{'spec':{'containers':[{'name':'main','image':'registry.example/app:2'}]}}");
        assertThat(image.code()).isEqualTo(200);
        assertThat(image.text("/spec/containers/0/image")).isEqualTo("registry.example/app:2");
    }

    @Test
    void shouldWriteStatusThroughItsSubresourceAlone() {
        makePod("web");
        Answer ignored = api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'status':{'phase':'Running'}}");
        assertThat(ignored.text("/status/phase")).isEqualTo("Pending");
        Answer written = api.patch(
                RawApi.STRATEGIC_PATCH,
                pods + "/web/status",
                "{'spec':{'schedulerName':'other'},'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True'}]}}");
        assertThat(written.code()).isEqualTo(200);
        assertThat(written.text("/status/phase")).isEqualTo("Running");
        assertThat(written.text("/spec/schedulerName")).isEqualTo("default-scheduler");
        assertThat(api.get(pods + "/web/status").text("/status/phase")).isEqualTo("Running");
    }

    @Test
    void shouldKeepANodesStatusFromItsCreation() {
        String name = namespace + "-n1";
        Answer made =
                api.post("/api/v1/nodes", "{'metadata':{'name':'" + name + "'},'status':{'capacity':{'cpu':'4'}}}");
        assertThat(made.text("/status/capacity/cpu")).isEqualTo("4");
        Answer status = api.patch(
                RawApi.STRATEGIC_PATCH,
                "/api/v1/nodes/" + name + "/status",
                "{'status':{'conditions':[{'type':'Ready','status':'True'}]}}");
        assertThat(status.code()).isEqualTo(200);
        assertThat(status.text("/status/capacity/cpu")).isEqualTo("4");
        assertThat(api.delete("/api/v1/nodes/" + name).code()).isEqualTo(200);
    }

    @Test
    void shouldStoreNothingOnADryRun() {
        assertThat(api.post(pods + "?dryRun=All", pod("web")).code()).isEqualTo(201);
        assertThat(api.get(pods + "/web").code()).isEqualTo(404);
        makePod("web");
        assertThat(api.patch(RawApi.MERGE_PATCH, pods + "/web?dryRun=All", "{'metadata':{'labels':{'a':'1'}}}")
                        .text("/metadata/labels/a"))
                .isEqualTo("1");
        assertThat(api.delete(pods + "/web?dryRun=All").code()).isEqualTo(200);
        assertThat(api.get(pods + "/web").text("/metadata/labels/a")).isEmpty();
    }

    @Test
    void shouldTakeLeasesFromTheirHolderAloneAndCreateThemOnUpdate() {
        String leases = "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases";
        String lease = "{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{'name':'lock'},"
                + "'spec':{'holderIdentity':'a','leaseDurationSeconds':15,'renewTime':'2026-11-21T07:00:00.000001Z'}}";
        Answer made = api.post(leases, lease);
        assertThat(made.code()).isEqualTo(201);
        ObjectNode mine = copy(made);
        ObjectNode theirs = copy(made);
        mine.withObject("/spec").put("holderIdentity", "b");
        theirs.withObject("/spec").put("holderIdentity", "c");
        assertThat(api.put(leases + "/lock", mine).code()).isEqualTo(200);
        assertThat(api.put(leases + "/lock", theirs).code()).isEqualTo(409);
        assertThat(api.get(leases + "/lock").text("/spec/holderIdentity")).isEqualTo("b");
        assertThat(api.get(leases + "/lock").text("/spec/renewTime")).isEqualTo("2026-11-21T07:00:00.000001Z");
        assertThat(api.send("PUT", leases + "/second", lease.replace("'lock'", "'second'"), RawApi.JSON, RawApi.JSON)
                        .code())
                .isEqualTo(201);
    }

    @Test
    void shouldShowAnEventInBothOfItsForms() {
        Answer made = api.post(
                "/api/v1/namespaces/" + namespace + "/events",
                "{'metadata':{'name':'e1'},'involvedObject':{'kind':'Pod','name':'web','namespace':'" + namespace
                        + "'},'reason':'Scheduled','message':'bound','type':'Normal','count':2,'source':{'component':'s'}}");
        assertThat(made.code()).isEqualTo(201);
        Answer other = api.get("/apis/events.k8s.io/v1/namespaces/" + namespace + "/events/e1");
        assertThat(other.text("/apiVersion")).isEqualTo("events.k8s.io/v1");
        assertThat(other.text("/regarding/name")).isEqualTo("web");
        assertThat(other.text("/note")).isEqualTo("bound");
        assertThat(other.text("/deprecatedCount")).isEqualTo("2");
        assertThat(api.get("/api/v1/namespaces/" + namespace
                                + "/events?fieldSelector=involvedObject.name=web,reason=Scheduled")
                        .body()
                        .path("items"))
                .hasSize(1);
    }
}
