package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.contract.RawApi.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The forms of PATCH. */
abstract class PatchContract extends Api {
    @Test
    void shouldGuardAJsonPatchByItsTests() {
        makePod("web", "{'dpdk':'3'}");
        Answer taken = api.patch(
                RawApi.JSON_PATCH,
                pods + "/web",
                "[{'op':'test','path':'/metadata/labels/dpdk','value':'3'},{'op':'replace','path':'/metadata/labels/dpdk','value':'2'}]");
        assertThat(taken.code()).isEqualTo(200);
        assertThat(taken.text("/metadata/labels/dpdk")).isEqualTo("2");
        Answer lost = api.patch(
                RawApi.JSON_PATCH,
                pods + "/web",
                "[{'op':'test','path':'/metadata/labels/dpdk','value':'3'},{'op':'replace','path':'/metadata/labels/dpdk','value':'1'}]");
        assertThat(lost.code()).isEqualTo(422);
        assertThat(api.get(pods + "/web").text("/metadata/labels/dpdk")).isEqualTo("2");
    }

    @Test
    void shouldApplyJsonPatchOperationsAllOrNone() {
        makePod("web", "{'a':'1','b':'2'}");
        Answer changed = api.patch(
                RawApi.JSON_PATCH,
                pods + "/web",
                "[{'op':'add','path':'/metadata/annotations','value':{'x.y/z':'1'}},"
                        + "{'op':'remove','path':'/metadata/labels/a'},"
                        + "{'op':'replace','path':'/metadata/annotations/x.y~1z','value':'2'},"
                        + "{'op':'copy','from':'/metadata/labels/b','path':'/metadata/labels/c'}]");
        assertThat(changed.code()).isEqualTo(200);
        assertThat(changed.body().at("/metadata/labels").toString()).isEqualTo("{\"b\":\"2\",\"c\":\"2\"}");
        assertThat(changed.body().at("/metadata/annotations").get("x.y/z").asText())
                .isEqualTo("2");
        Answer none = api.patch(
                RawApi.JSON_PATCH,
                pods + "/web",
                "[{'op':'add','path':'/metadata/labels/d','value':'4'},{'op':'remove','path':'/metadata/labels/none'}]");
        assertThat(none.code()).isEqualTo(422);
        assertThat(api.get(pods + "/web").text("/metadata/labels/d")).isEmpty();
        assertThat(api.patch(RawApi.JSON_PATCH, pods + "/web", "{'op':'add'}").code())
                .isEqualTo(400);
    }

    @Test
    void shouldRemoveByNullInAMergePatch() {
        makePod("web", "{'a':'1','b':'2'}");
        Answer changed = api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'metadata':{'labels':{'a':null,'c':'3'}}}");
        assertThat(changed.body().at("/metadata/labels").toString()).isEqualTo("{\"b\":\"2\",\"c\":\"3\"}");
        Answer empty = api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'metadata':{'labels':null}}");
        assertThat(empty.body().at("/metadata").has("labels")).isFalse();
    }

    @Test
    void shouldMergeListsByKeyInAStrategicPatch() {
        makePod("web");
        String status = pods + "/web/status";
        api.patch(
                RawApi.STRATEGIC_PATCH,
                status,
                "{'status':{'conditions':[{'type':'A','status':'True'},{'type':'B','status':'False'}]}}");
        Answer merged = api.patch(
                RawApi.STRATEGIC_PATCH,
                status,
                "{'status':{'conditions':[{'type':'B','status':'True','reason':'R'},{'$patch':'delete','type':'A'}]}}");
        assertThat(merged.body().at("/status/conditions")).hasSize(1);
        assertThat(merged.text("/status/conditions/0/type")).isEqualTo("B");
        assertThat(merged.text("/status/conditions/0/status")).isEqualTo("True");
        Answer replaced =
                api.patch(RawApi.MERGE_PATCH, status, "{'status':{'conditions':[{'type':'C','status':'True'}]}}");
        assertThat(replaced.body().at("/status/conditions").findValuesAsText("type"))
                .containsExactly("C");
    }

    @Test
    void shouldReplaceTaintsAsAWholeAndUnionFinalizers() {
        String name = namespace + "-n1";
        String node = "/api/v1/nodes/" + name;
        api.post(
                "/api/v1/nodes",
                "{'metadata':{'name':'" + name
                        + "','finalizers':['example.com/a']},'spec':{'taints':[{'key':'a','effect':'NoSchedule'}]}}");
        Answer changed = api.patch(
                RawApi.STRATEGIC_PATCH,
                node,
                "{'metadata':{'finalizers':['example.com/b']},'spec':{'taints':[{'key':'b','effect':'NoSchedule'}]}}");
        assertThat(changed.code()).as(changed.body().toString()).isEqualTo(200);
        assertThat(changed.body().at("/spec/taints").findValuesAsText("key")).containsExactly("b");
        assertThat(List.of(changed.text("/metadata/finalizers/0"), changed.text("/metadata/finalizers/1")))
                .containsExactlyInAnyOrder("example.com/a", "example.com/b");
        Answer emptied = api.patch(
                RawApi.STRATEGIC_PATCH,
                node,
                "{'metadata':{'$deleteFromPrimitiveList/finalizers':['example.com/a','example.com/b']}}");
        assertThat(emptied.body().at("/metadata").has("finalizers")).isFalse();
        api.delete(node);
    }

    @Test
    void shouldRefuseToMoveAnObjectByPatch() {
        makePod("web");
        assertThat(api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'metadata':{'name':'other'}}")
                        .code())
                .isBetween(400, 422);
        assertThat(api.patch(RawApi.MERGE_PATCH, pods + "/web", "{'metadata':{'uid':'other'}}")
                        .code())
                .isBetween(409, 422);
        assertThat(api.patch("text/plain", pods + "/web", "{}").code()).isEqualTo(415);
        assertThat(api.patch(RawApi.MERGE_PATCH, pods + "/none", "{}").code()).isEqualTo(404);
    }

    @Test
    void shouldApplyOnTheServerAndForgetWhatAnApplierNoLongerWants() {
        String path = "/api/v1/namespaces/" + namespace + "/configmaps/c";
        String head = "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c'},'data':";
        Answer made = api.patch(RawApi.APPLY_PATCH, path + "?fieldManager=one", head + "{'a':'1','b':'1'}}");
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
        assertThat(made.text("/metadata/managedFields/0/manager")).isEqualTo("one");
        assertThat(made.text("/metadata/managedFields/0/operation")).isEqualTo("Apply");
        assertThat(made.body().at("/metadata/managedFields/0/fieldsV1/f:data").has("f:a"))
                .isTrue();

        Answer conflict = api.patch(RawApi.APPLY_PATCH, path + "?fieldManager=two", head + "{'a':'2'}}");
        assertThat(conflict.code()).isEqualTo(409);
        assertThat(conflict.text("/details/causes/0/reason")).isEqualTo("FieldManagerConflict");
        assertThat(conflict.text("/details/causes/0/field")).isEqualTo(".data.a");

        Answer forced = api.patch(RawApi.APPLY_PATCH, path + "?fieldManager=two&force=true", head + "{'a':'2'}}");
        assertThat(forced.code()).isEqualTo(200);
        assertThat(forced.text("/data/a")).isEqualTo("2");

        Answer shrunk = api.patch(RawApi.APPLY_PATCH, path + "?fieldManager=one", head + "{'c':'1'}}");
        assertThat(shrunk.body().at("/data").toString())
                .as("b is gone with its only owner, a belongs to two")
                .isEqualTo("{\"a\":\"2\",\"c\":\"1\"}");
        assertThat(api.patch(RawApi.APPLY_PATCH, path, head + "{'c':'1'}}").code())
                .as("an applier must have a name")
                .isIn(400, 422);
    }

    @Test
    void shouldApplyListsByKeyOnTheServer() {
        String path = pods + "/web";
        String head = "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'web','labels':{'a':'1'}},"
                + "'spec':{'containers':[{'name':'main','image':'registry.example/app:";
        assertThat(api.patch(RawApi.APPLY_PATCH, path + "?fieldManager=one", head + "1'}]}}")
                        .code())
                .isEqualTo(201);
        Answer changed = api.patch(RawApi.APPLY_PATCH, path + "?fieldManager=one", head + "2'}]}}");
        assertThat(changed.code()).as(changed.body().toString()).isEqualTo(200);
        assertThat(changed.body().at("/spec/containers")).hasSize(1);
        assertThat(changed.text("/spec/containers/0/image")).isEqualTo("registry.example/app:2");
        assertThat(changed.text("/spec/containers/0/imagePullPolicy"))
                .as("what nobody applied stays")
                .isEqualTo("IfNotPresent");
    }
}
