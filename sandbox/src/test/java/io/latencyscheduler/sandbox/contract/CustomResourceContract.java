package io.latencyscheduler.sandbox.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.contract.RawApi.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CustomResourceDefinitions and what they define. */
abstract class CustomResourceContract extends Api {
    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private String plural;
    private String kind;
    private String things;

    @BeforeEach
    void define() throws InterruptedException {
        // Names of one group must not meet those of another test's definition: it would never be established.
        plural = "things" + namespace.substring(2);
        kind = "Thing" + namespace.substring(2);
        Answer made = api.post(
                DEFINITIONS,
                ("{'metadata':{'name':'PLURAL.example.com'},'spec':{'group':'example.com','scope':'Cluster',"
                                + "'names':{'plural':'PLURAL','kind':'KIND','shortNames':['PLURALsh']},'versions':[{'name':'v1','served':true,'storage':true,"
                                + "'subresources':{'status':{}},'additionalPrinterColumns':[{'name':'Ports','type':'integer','jsonPath':'.spec.ports'}],"
                                + "'schema':{'openAPIV3Schema':{'type':'object','properties':{"
                                + "'spec':{'type':'object','required':['ports'],'properties':{'ports':{'type':'integer','minimum':0},"
                                + "'role':{'type':'string','enum':['owned','gated'],'default':'owned'},"
                                + "'names':{'type':'array','items':{'type':'string','pattern':'^[a-z]+$'}}}},"
                                + "'status':{'type':'object','x-kubernetes-preserve-unknown-fields':true}}}}}]}}")
                        .replace("PLURAL", plural)
                        .replace("KIND", kind));
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
        things = "/apis/example.com/v1/" + plural;
        // kube-apiserver waits five seconds before it establishes a definition, for the sake of its replicas.
        for (int i = 0; api.get(things).code() != 200; i++) {
            assertThat(i).as("the definition is served in the end").isLessThan(1200);
            Thread.sleep(50);
        }
        assertThat(api.get(DEFINITIONS + "/" + plural + ".example.com")
                        .body()
                        .at("/status/conditions")
                        .toString())
                .contains("Established");
    }

    private Answer make(String spec) {
        return api.post(
                things,
                "{'apiVersion':'example.com/v1','kind':'" + kind + "','metadata':{'name':'one'},'spec':" + spec + "}");
    }

    @Test
    void shouldServeWhatWasDefinedAndSayItInDiscovery() {
        assertThat(make("{'ports':2}").code()).isEqualTo(201);
        assertThat(api.get(things).text("/kind")).isEqualTo(kind + "List");
        String resources = api.get("/apis/example.com/v1").body().toString();
        assertThat(resources).contains("\"" + plural + "\"", "\"" + plural + "/status\"", "\"" + plural + "sh\"");
        assertThat(api.get("/apis/example.com").text("/preferredVersion/version"))
                .isEqualTo("v1");
        assertThat(api.delete(DEFINITIONS + "/" + plural + ".example.com").code())
                .isEqualTo(200);
    }

    @Test
    void shouldCountChangesOfTheSpecAlone() {
        Answer made = make("{'ports':2}");
        assertThat(made.text("/metadata/generation")).isEqualTo("1");
        Answer labelled = api.patch(RawApi.MERGE_PATCH, things + "/one", "{'metadata':{'labels':{'a':'1'}}}");
        assertThat(labelled.text("/metadata/generation")).isEqualTo("1");
        Answer status = api.patch(RawApi.MERGE_PATCH, things + "/one/status", "{'status':{'x':1}}");
        assertThat(status.text("/metadata/generation")).isEqualTo("1");
        Answer changed = api.patch(RawApi.MERGE_PATCH, things + "/one", "{'spec':{'ports':3}}");
        assertThat(changed.text("/metadata/generation")).isEqualTo("2");
    }

    @Test
    void shouldKeepStatusAndTheRestApart() {
        Answer made = api.post(
                things,
                "{'apiVersion':'example.com/v1','kind':'" + kind
                        + "','metadata':{'name':'one'},'spec':{'ports':2},'status':{'x':1}}");
        assertThat(made.body().has("status")).isFalse();
        Answer status = api.patch(
                RawApi.MERGE_PATCH,
                things + "/one/status",
                "{'metadata':{'labels':{'a':'1'}},'spec':{'ports':9},'status':{'x':1}}");
        assertThat(status.text("/status/x")).isEqualTo("1");
        assertThat(status.text("/spec/ports")).isEqualTo("2");
        assertThat(status.text("/metadata/labels/a")).isEmpty();
        Answer main = api.patch(RawApi.MERGE_PATCH, things + "/one", "{'status':{'x':2},'spec':{'ports':3}}");
        assertThat(main.text("/status/x")).isEqualTo("1");
    }

    @Test
    void shouldRefuseWhatTheSchemaForbidsNamingEveryFault() {
        Answer refused = make("{'ports':-1,'role':'other','names':['a','B']}");
        assertThat(refused.code()).isEqualTo(422);
        assertThat(refused.body().at("/details/causes").findValuesAsText("field"))
                .contains("spec.ports", "spec.role");
        assertThat(refused.text("/message")).contains("spec.names");
        Answer missing = make("{}");
        assertThat(missing.code()).isEqualTo(422);
        assertThat(missing.text("/message")).contains("spec.ports: Required value");
        assertThat(make("{'ports':'two'}").text("/message")).contains("must be of type integer");
    }

    @Test
    void shouldDropWhatTheSchemaDoesNotKnowAndFillInDefaults() {
        Answer made = make("{'ports':1,'unknown':{'a':1}}");
        assertThat(made.code()).isEqualTo(201);
        assertThat(made.body().path("spec").toString()).isEqualTo("{\"ports\":1,\"role\":\"owned\"}");
    }

    @Test
    void shouldDemandAVersionOnPutAndRefuseStrategicPatches() {
        Answer made = make("{'ports':1}");
        ObjectNode blind = copy(made);
        blind.withObject("/metadata").remove("resourceVersion");
        Answer refused = api.put(things + "/one", blind);
        assertThat(refused.code()).isEqualTo(422);
        assertThat(refused.text("/message"))
                .contains("metadata.resourceVersion")
                .contains("must be specified for an update");
        assertThat(api.patch(RawApi.STRATEGIC_PATCH, things + "/one", "{}").code())
                .isEqualTo(415);
    }

    @Test
    void shouldShowDefinedColumnsInATable() {
        make("{'ports':2}");
        Answer table = api.getAs("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", things);
        assertThat(table.text("/kind")).isEqualTo("Table");
        assertThat(table.body().path("columnDefinitions").findValuesAsText("name"))
                .containsExactly("Name", "Ports");
        assertThat(table.text("/rows/0/cells/0")).isEqualTo("one");
        assertThat(table.text("/rows/0/cells/1")).isEqualTo("2");
        assertThat(table.text("/rows/0/object/kind")).isEqualTo("PartialObjectMetadata");
    }

    @Test
    void shouldStreamTablesToAWatchThatAsksForThem() {
        make("{'ports':2}");
        try (RawApi.Watch watch =
                api.watchAs("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", things + "?watch=true")) {
            var event = watch.next();
            assertThat(event.at("/object/kind").asText()).isEqualTo("Table");
            assertThat(event.at("/object/rows/0/cells/1").asInt()).isEqualTo(2);
        }
    }
}
