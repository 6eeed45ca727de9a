package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.charts.AdmissionPolicy.Request;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of the chart's ValidatingAdmissionPolicies, evaluated. */
class FencingTest {
    private static final String ACCOUNT = "system:serviceaccount:latency-scheduler:latency-scheduler-";
    private static final List<AdmissionPolicy> POLICIES = Chart.objects(
                    Chart.render("1.30.0", "{fencing: {otherSchedulers: ['system:serviceaccount:b:second']}}"))
            .stream()
            .filter(object -> Chart.kind(object).equals("ValidatingAdmissionPolicy"))
            .map(AdmissionPolicy::new)
            .toList();

    private static String refusal(Request request, @Nullable JsonNode object, @Nullable JsonNode oldObject) {
        for (AdmissionPolicy policy : POLICIES) {
            String refusal = policy.refusal(request, object, oldObject);
            if (!refusal.isEmpty()) {
                return refusal;
            }
        }
        return "";
    }

    private static JsonNode yaml(String text) {
        try {
            return new YAMLMapper().readTree(text);
        } catch (IOException malformed) {
            throw new IllegalArgumentException(text, malformed);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        the scheduler counts a node's ports down      | scheduler |    | labels: {zone: a, dpdk: '2'}                        | ''
        the scheduler shows ports for the first time  | scheduler |    | {labels: {zone: a, dpdk: '3'}, annotations: {latency-scheduler.io/dpdk-total: '4'}} | ''
        the scheduler takes dpdk away                 | scheduler |    | labels: {zone: a}                                   | ''
        the scheduler changes another label           | scheduler |    | labels: {zone: b, dpdk: '3'}                        | dpdk alone
        the scheduler removes another label           | scheduler |    | labels: {dpdk: '3'}                                 | dpdk alone
        the scheduler annotates at will               | scheduler |    | {labels: {zone: a, dpdk: '3'}, annotations: {x: y}} | dpdk-total alone
        discovery labels its own node                 | discovery | n1 | labels: {zone: a, dpdk: '3', latency-scheduler.io/ptp: '1'} | ''
        discovery labels another node                 | discovery | n2 | labels: {zone: a, dpdk: '3', latency-scheduler.io/ptp: '1'} | 'its own node n2 alone, not for n1'
        discovery's token does not say its node       | discovery |    | labels: {zone: a, dpdk: '3', latency-scheduler.io/ptp: '1'} | alone
        discovery changes a label that is not ours    | discovery | n1 | labels: {zone: b, dpdk: '3'}                        | latency-scheduler.io, dpdk and ovs-dpdk alone
        discovery removes all labels                  | discovery | n1 | labels: {}                                          | latency-scheduler.io, dpdk and ovs-dpdk alone
        somebody else labels as he pleases            | other     |    | labels: {zone: b}                                   | ''
        """)
    void shouldAllowNodesToBeChangedInOurKeysAlone(
            String name, String who, @Nullable String tokenNode, String metadata, String expected) {
        JsonNode before = yaml("{metadata: {name: n1, labels: {zone: a, dpdk: '3'}}, spec: {podCIDR: a}}");
        ObjectNode after = before.deepCopy();
        ObjectNode changed = (ObjectNode) yaml(metadata);
        changed.put("name", "n1");
        after.set("metadata", changed);
        Request request = new Request("UPDATE", "", "nodes", ACCOUNT + who, tokenNode == null ? "" : tokenNode);
        if (expected.isEmpty()) {
            assertThat(refusal(request, after, before)).isEmpty();
        } else {
            assertThat(refusal(request, after, before)).contains(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"scheduler,''", "discovery,n1"})
    void shouldRefuseAChangedSpec(String who, String tokenNode) {
        assertThat(refusal(
                        new Request("UPDATE", "", "nodes", ACCOUNT + who, tokenNode),
                        yaml("{metadata: {name: n1}, spec: {taints: []}}"),
                        yaml("{metadata: {name: n1}, spec: {taints: [{key: a, effect: NoSchedule}]}}")))
                .contains("may not change a node's spec");
    }

    @ParameterizedTest
    @CsvSource({
        "the scheduler binds with an"
                + " allocation,system:serviceaccount:latency-scheduler:latency-scheduler-scheduler,true,true",
        "another release's scheduler does,system:serviceaccount:b:second,true,true",
        "kube-scheduler binds without,system:kube-scheduler,false,true",
        "kube-scheduler binds with one,system:kube-scheduler,true,false",
        "an administrator does,admin,true,false"
    })
    void shouldTakeAllocationsFromSchedulersAlone(String name, String user, boolean allocates, boolean allowed) {
        JsonNode binding = yaml(
                allocates
                        ? "{metadata: {name: p, annotations: {latency-scheduler.io/allocation: '{}'}}, target: {name:"
                                + " n1}}"
                        : "{metadata: {name: p}, target: {name: n1}}");
        assertThat(refusal(new Request("CREATE", "", "pods/binding", user, ""), binding, null)
                        .isEmpty())
                .isEqualTo(allowed);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        it stays                | {latency-scheduler.io/allocation: a}       | {latency-scheduler.io/allocation: a}       | true
        another one comes       | {latency-scheduler.io/allocation: a}       | {latency-scheduler.io/allocation: a, x: y} | true
        it changes              | {latency-scheduler.io/allocation: a}       | {latency-scheduler.io/allocation: b}       | false
        it goes                 | {latency-scheduler.io/allocation: a}       | {}                                         | false
        it comes                | {}                                         | {latency-scheduler.io/allocation: a}       | false
        there was none          | {}                                         | {x: y}                                     | true
        """)
    void shouldKeepAnAllocationAsItIs(String name, String before, String after, boolean allowed) {
        for (String resource : List.of("pods", "pods/status")) {
            assertThat(refusal(
                                    new Request("UPDATE", "", resource, ACCOUNT + "scheduler", ""),
                                    yaml("{metadata: {name: p, annotations: " + after + "}}"),
                                    yaml("{metadata: {name: p, annotations: " + before + "}}"))
                            .isEmpty())
                    .as(resource)
                    .isEqualTo(allowed);
        }
    }

    @Test
    void shouldLetPodsWithoutAnnotationsBeUpdated() {
        assertThat(refusal(
                        new Request("UPDATE", "", "pods", "anybody", ""),
                        yaml("{metadata: {name: p}}"),
                        yaml("{metadata: {name: p}}")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"n1,true", "n2,false", "'',false"})
    void shouldLetAnAgentWriteAndEvictOnItsOwnNodeAlone(String tokenNode, boolean allowed) {
        JsonNode dataplane = yaml("{metadata: {name: n1}, status: {}}");
        Request status =
                new Request("UPDATE", "latency-scheduler.io", "nodedataplanes/status", ACCOUNT + "agent", tokenNode);
        assertThat(refusal(status, dataplane, dataplane).isEmpty()).isEqualTo(allowed);
        Request eviction = new Request("DELETE", "", "pods", ACCOUNT + "agent", tokenNode);
        assertThat(refusal(eviction, null, yaml("{metadata: {name: p}, spec: {nodeName: n1}}"))
                        .isEmpty())
                .isEqualTo(allowed);
    }

    @Test
    void shouldLetNoAgentDeleteAPodThatIsNowhere() {
        Request eviction = new Request("DELETE", "", "pods", ACCOUNT + "agent", "n1");
        assertThat(refusal(eviction, null, yaml("{metadata: {name: p}, spec: {}}")))
                .isNotEmpty();
    }
}
