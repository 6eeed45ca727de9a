package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.sandbox.contract.RawApi.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tables that kubectl prints. */
abstract class TableContract extends Api {
    private static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    private static List<String> columns(Answer table) {
        return table.body().path("columnDefinitions").findValuesAsText("name");
    }

    @Test
    void shouldPrintPodsAsKubectlUsersKnowThem() {
        makePod("web");
        bind("web", "n1");
        Answer table = api.getAs(TABLE, pods);
        assertThat(table.text("/kind")).isEqualTo("Table");
        assertThat(columns(table))
                .containsExactly(
                        "Name",
                        "Ready",
                        "Status",
                        "Restarts",
                        "Age",
                        "IP",
                        "Node",
                        "Nominated Node",
                        "Readiness Gates");
        assertThat(table.text("/rows/0/cells/0")).isEqualTo("web");
        assertThat(table.text("/rows/0/cells/1")).isEqualTo("0/1");
        assertThat(table.text("/rows/0/cells/2")).isEqualTo("Pending");
        assertThat(table.text("/rows/0/cells/5")).isEqualTo("<none>");
        assertThat(table.text("/rows/0/cells/6")).isEqualTo("n1");
        api.delete(pods + "/web");
        assertThat(api.getAs(TABLE, pods + "/web").text("/rows/0/cells/2")).isEqualTo("Terminating");
    }

    @Test
    void shouldPrintNodesWithTheirStateAndVersion() {
        String name = namespace + "-n1";
        api.post(
                "/api/v1/nodes",
                "{'metadata':{'name':'" + name + "','labels':{'node-role.kubernetes.io/worker':''}},"
                        + "'spec':{'unschedulable':true},'status':{'conditions':[{'type':'Ready','status':'True'}],"
                        + "'addresses':[{'type':'InternalIP','address':'10.1.2.3'}],'nodeInfo':{'kubeletVersion':'v1.2.3'}}}");
        Answer table = api.getAs(TABLE, "/api/v1/nodes/" + name);
        assertThat(columns(table).subList(0, 6))
                .containsExactly("Name", "Status", "Roles", "Age", "Version", "Internal-IP");
        assertThat(table.text("/rows/0/cells/1")).isEqualTo("Ready,SchedulingDisabled");
        assertThat(table.text("/rows/0/cells/2")).isEqualTo("worker");
        assertThat(table.text("/rows/0/cells/4")).isEqualTo("v1.2.3");
        assertThat(table.text("/rows/0/cells/5")).isEqualTo("10.1.2.3");
        api.delete("/api/v1/nodes/" + name);
    }

    @Test
    void shouldPrintLeasesEventsAndWhatHasNoTableOfItsOwn() {
        api.post(
                "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases",
                "{'metadata':{'name':'lock'},'spec':{'holderIdentity':'me'}}");
        Answer leases = api.getAs(TABLE, "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases");
        assertThat(columns(leases)).containsExactly("Name", "Holder", "Age");
        assertThat(leases.text("/rows/0/cells/1")).isEqualTo("me");
        api.post(
                "/api/v1/namespaces/" + namespace + "/events",
                "{'metadata':{'name':'e1'},'involvedObject':{'kind':'Pod','name':'web','namespace':'" + namespace
                        + "'},'reason':'Scheduled','message':'bound','type':'Normal'}");
        Answer events = api.getAs(TABLE, "/api/v1/namespaces/" + namespace + "/events");
        assertThat(columns(events).subList(0, 4)).containsExactly("Last Seen", "Type", "Reason", "Object");
        assertThat(events.text("/rows/0/cells/3")).isEqualTo("pod/web");
        api.post("/api/v1/namespaces/" + namespace + "/limitranges", "{'metadata':{'name':'l'},'spec':{'limits':[]}}");
        Answer limits = api.getAs(TABLE, "/api/v1/namespaces/" + namespace + "/limitranges");
        assertThat(columns(limits).get(0)).isEqualTo("Name");
    }

    @Test
    void shouldGiveMetadataAloneWhenAskedTo() {
        makePod("web");
        Answer list = api.getAs("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", pods);
        assertThat(list.text("/kind")).isEqualTo("PartialObjectMetadataList");
        assertThat(list.text("/items/0/metadata/name")).isEqualTo("web");
        assertThat(list.body().at("/items/0").has("spec")).isFalse();
    }
}
