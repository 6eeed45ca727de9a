package io.latencyscheduler.scheduler.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PodCompletionTest {
    private static final CompletionSettings SETTINGS = new CompletionSettings(
            "latency-scheduler",
            TierSettings.DEFAULT,
            "/run/latency-scheduler",
            "/var/lib/latency-scheduler/lib",
            "tsn/overlay",
            true,
            "hugepages-2Mi=256Mi",
            2,
            "512Mi");

    /** A pod with one container, into which lines of YAML may be put. */
    private static ObjectNode pod(String annotation, String container) {
        return (ObjectNode) Json.toTree(
                Yaml.read("""
                apiVersion: v1
                kind: Pod
                metadata:
                  name: app
                  annotations: {%s}
                spec:
                  schedulerName: default-scheduler
                  containers:
                    - name: app
                      image: app:1
                %s
                """.formatted(annotation, container.indent(6).stripTrailing())));
    }

    private static JsonNode response(ObjectNode pod) {
        ObjectNode review =
                Json.object().put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        review.putObject("request").put("uid", "7").set("object", pod);
        try {
            return Json.tree(AdmissionReview.answer(Json.bytes(review), SETTINGS))
                    .path("response");
        } catch (IOException unusable) {
            throw new AssertionError(unusable);
        }
    }

    private static ArrayNode patch(ObjectNode pod) throws IOException {
        JsonNode response = response(pod);
        assertThat(response.path("allowed").asBoolean()).as(response.toString()).isTrue();
        return response.has("patch")
                ? (ArrayNode) Json.tree(
                        Base64.getDecoder().decode(response.path("patch").asText()))
                : Json.array();
    }

    private static String refusal(ObjectNode pod) {
        JsonNode response = response(pod);
        assertThat(response.path("allowed").asBoolean()).as(response.toString()).isFalse();
        return response.at("/status/message").asText();
    }

    /** As the API server applies it. */
    private static ObjectNode completed(ObjectNode pod) throws IOException {
        ObjectNode result = pod.deepCopy();
        for (JsonNode operation : patch(pod)) {
            String path = operation.path("path").asText();
            JsonNode parent = result.at(path.substring(0, path.lastIndexOf('/')));
            String last =
                    path.substring(path.lastIndexOf('/') + 1).replace("~1", "/").replace("~0", "~");
            if (parent instanceof ArrayNode list && last.equals("-")) {
                list.add(operation.path("value"));
            } else if (parent instanceof ArrayNode list) {
                list.set(Integer.parseInt(last), operation.path("value"));
            } else {
                ((ObjectNode) parent).set(last, operation.path("value"));
            }
        }
        return result;
    }

    private static JsonNode container(ObjectNode pod) {
        return pod.at("/spec/containers/0");
    }

    @Test
    void shouldCompleteAPodThatOnlyStatesItsLatency() throws IOException {
        ObjectNode pod = completed(pod("latency-scheduler.io/latency: 1ms", ""));

        assertThat(pod.at("/spec/schedulerName").asText()).isEqualTo("latency-scheduler");
        assertThat(container(pod).path("resources").toString())
                .isEqualTo(
                        "{\"limits\":{\"latency-scheduler.io/dpdk\":\"1\",\"hugepages-2Mi\":\"256Mi\",\"cpu\":\"2\",\"memory\":\"512Mi\"},"
                                + "\"requests\":{\"latency-scheduler.io/dpdk\":\"1\",\"hugepages-2Mi\":\"256Mi\",\"cpu\":\"2\",\"memory\":\"512Mi\"}}");
        assertThat(container(pod).at("/securityContext/capabilities/add/0").asText())
                .isEqualTo("IPC_LOCK");
        assertThat(container(pod).path("volumeMounts").findValuesAsText("mountPath"))
                .containsExactly("/run/latency-scheduler", "/dev/hugepages");
        assertThat(container(pod).at("/volumeMounts/0/subPathExpr").asText()).isEqualTo("$(LATENCY_SCHEDULER_POD_UID)");
        assertThat(container(pod).at("/env/0/valueFrom/fieldRef/fieldPath").asText())
                .isEqualTo("metadata.uid");
        assertThat(pod.at("/spec/volumes/1/emptyDir/medium").asText()).isEqualTo("HugePages");
        assertThat(pod.at("/metadata/annotations")
                        .path("k8s.v1.cni.cncf.io/networks")
                        .asText())
                .isEqualTo("tsn/overlay");
        assertThat(container(pod).path("env").findValuesAsText("name")).doesNotContain("LD_PRELOAD");
    }

    @Test
    void shouldPreloadTheLibraryIntoAPodWithAStreamAndAskForNothingElse() throws IOException {
        ObjectNode pod = completed(pod("latency-scheduler.io/period: 1ms", ""));

        assertThat(container(pod).path("env").findValuesAsText("name"))
                .containsExactly("LATENCY_SCHEDULER_POD_UID", "LD_PRELOAD");
        assertThat(container(pod).at("/env/1/value").asText()).isEqualTo("/opt/latency-scheduler/lib/libtsnsocket.so");
        assertThat(pod.path("spec").path("volumes").findValuesAsText("path"))
                .containsExactly("/run/latency-scheduler", "/var/lib/latency-scheduler/lib");
        assertThat(container(pod).has("resources")).isFalse();
        assertThat(container(pod).has("securityContext")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "latency-scheduler.io/latency: 1ms",
                "latency-scheduler.io/latency: 6ms",
                "latency-scheduler.io/latency: 20ms",
                "latency-scheduler.io/latency: 100us",
                "latency-scheduler.io/period: 1ms",
                "latency-scheduler.io/interfaces: '3'",
                "latency-scheduler.io/interfaces: '2', latency-scheduler.io/period: 1ms"
            })
    void shouldLeaveACompletePodAsItIs(String annotation) throws IOException {
        ObjectNode once = completed(pod(annotation, ""));

        assertThat(patch(once)).isEmpty();
        assertThat(once.at("/spec/schedulerName").asText()).isEqualTo("latency-scheduler");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "latency-scheduler.io/latency: 1ms | 1",
                "latency-scheduler.io/latency: 300us | 1",
                "latency-scheduler.io/interfaces: '3' | 3",
                "'latency-scheduler.io/latency: 20ms, latency-scheduler.io/interfaces: ''2''' | 2"
            })
    void shouldAskForAsManyPortsAsTheSchedulerWillGive(String annotation, String ports) throws IOException {
        assertThat(container(completed(pod(annotation, "")))
                        .at("/resources/limits")
                        .path("latency-scheduler.io/dpdk")
                        .asText())
                .isEqualTo(ports);
    }

    @Test
    void shouldLeaveOrdinaryPodsOtherSchedulersPodsAndPlacedPodsAlone() throws IOException {
        assertThat(patch(pod("app: x", ""))).isEmpty();
        ObjectNode other = pod("latency-scheduler.io/latency: 1ms", "");
        ((ObjectNode) other.path("spec")).put("schedulerName", "volcano");
        assertThat(patch(other)).isEmpty();
        ObjectNode placed = pod("latency-scheduler.io/latency: 1ms", "");
        ((ObjectNode) placed.path("spec")).put("nodeName", "n1");
        assertThat(patch(placed)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resources: {limits: {cpu: 1500m, memory: 1Gi}} | container 'app': cpu '1500m' must be a whole number of CPUs",
                "resources: {limits: {cpu: '2', memory: 1Gi}, requests: {cpu: '1', memory: 1Gi}}"
                        + " | container 'app': cpu limit '2' must equal the request '1': a pod that owns ports is of the Guaranteed class",
                "resources: {limits: {latency-scheduler.io/dpdk: '2'}}"
                        + " | latency-scheduler.io/dpdk '2' must be 1, as many as the pod's annotations ask for, or be left out",
                "securityContext: {capabilities: {drop: [IPC_LOCK]}}"
                        + " | container 'app': capability IPC_LOCK must not be dropped: DPDK locks its memory",
                "volumeMounts: [{name: mine, mountPath: /run/latency-scheduler}]"
                        + " | container 'app': /run/latency-scheduler must be left free for the pod's folder of the agent",
                "env: [{name: LATENCY_SCHEDULER_POD_UID, value: x}]"
                        + " | container 'app': variable LATENCY_SCHEDULER_POD_UID must be the pod's metadata.uid, or be left out",
                "resources: {limits: {cpu: many}} | container 'app': cpu 'many' must be a quantity such as 500m, 2, 1.5Gi or 2e3"
            })
    void shouldRefuseAPodThatContradictsItself(String container, String sentence) {
        assertThat(refusal(pod("latency-scheduler.io/latency: 1ms", container))).contains(sentence);
    }

    @Test
    void shouldNameAllContradictionsAtOnce() {
        assertThat(refusal(pod(
                                "latency-scheduler.io/latency: 1ms",
                                "resources: {limits: {cpu: 1500m, latency-scheduler.io/dpdk: '4'}}"))
                        .split("; "))
                .hasSize(2);
    }

    @Test
    void shouldRefuseASidecarThatKeepsThePodFromItsCpus() throws IOException {
        ObjectNode pod = pod("latency-scheduler.io/latency: 1ms", "");
        pod.path("spec").withArrayProperty("containers").addObject().put("name", "log");
        assertThat(refusal(pod))
                .isEqualTo("container 'log': cpu must be stated: a pod that owns ports is of the Guaranteed class;"
                        + " container 'log': memory must be stated: a pod that owns ports is of the Guaranteed class");

        ((ObjectNode) pod.at("/spec/containers/1"))
                .set("resources", Json.tree("{\"requests\":{\"cpu\":\"100m\",\"memory\":\"64Mi\"}}"));
        assertThat(completed(pod).at("/spec/containers/1/resources/limits").toString())
                .isEqualTo("{\"cpu\":\"100m\",\"memory\":\"64Mi\"}");
    }

    @Test
    void shouldRefuseAnnotationsThatDoNotParse() {
        assertThat(refusal(pod("latency-scheduler.io/latency: soon", "")))
                .contains("latency-scheduler.io/latency", "'soon'", "must be");
    }

    @Test
    void shouldKeepWhatThePodSaysItself() throws IOException {
        ObjectNode pod = completed(pod("latency-scheduler.io/latency: 1ms", """
                resources: {limits: {cpu: '4', memory: 2Gi, hugepages-1Gi: 2Gi}}
                securityContext: {capabilities: {drop: [ALL], add: [NET_RAW]}}
                volumeMounts: [{name: huge, mountPath: /dev/hugepages}]
                """));

        assertThat(container(pod).at("/resources/limits").toString())
                .isEqualTo(
                        "{\"cpu\":\"4\",\"memory\":\"2Gi\",\"hugepages-1Gi\":\"2Gi\",\"latency-scheduler.io/dpdk\":\"1\"}");
        assertThat(container(pod).at("/securityContext/capabilities").toString())
                .isEqualTo("{\"drop\":[\"ALL\"],\"add\":[\"NET_RAW\",\"IPC_LOCK\"]}");
        assertThat(pod.at("/spec/volumes").findValuesAsText("name")).containsExactly("latency-scheduler");
    }

    @Test
    void shouldEquipTheContainerThatThePodCallsItsDefault() throws IOException {
        ObjectNode pod = pod(
                "latency-scheduler.io/latency: 1ms, kubectl.kubernetes.io/default-container: fast",
                "resources: {limits: {cpu: 100m, memory: 64Mi}}");
        pod.path("spec").withArrayProperty("containers").addObject().put("name", "fast");

        assertThat(completed(pod).at("/spec/containers/1/resources/limits/cpu").asText())
                .isEqualTo("2");
    }

    @Test
    void shouldPutItsLibraryBeforeAnotherOne() throws IOException {
        ObjectNode pod = completed(
                pod("latency-scheduler.io/period: 1ms", "env: [{name: LD_PRELOAD, value: /lib/libjemalloc.so}]"));
        assertThat(container(pod).at("/env/0/value").asText())
                .isEqualTo("/opt/latency-scheduler/lib/libtsnsocket.so:/lib/libjemalloc.so");
        assertThat(patch(pod)).isEmpty();
    }

    @Test
    void shouldWarnWhereTheVariableComesFromElsewhere() {
        JsonNode response = response(pod(
                "latency-scheduler.io/period: 1ms",
                "env: [{name: LD_PRELOAD, valueFrom: {configMapKeyRef: {name: c, key: k}}}]"));
        assertThat(response.at("/warnings/0").asText())
                .startsWith("container 'app': LD_PRELOAD comes from elsewhere and is left as it is");
    }

    @Test
    void shouldPreloadNothingWhereThePodSaysSo() throws IOException {
        assertThat(container(completed(
                                pod("latency-scheduler.io/period: 1ms, latency-scheduler.io/preload: 'false'", "")))
                        .path("env")
                        .findValuesAsText("name"))
                .containsExactly("LATENCY_SCHEDULER_POD_UID");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "other | other,tsn/overlay",
                "a/b, tsn/overlay@net2 | a/b, tsn/overlay@net2",
                "[{\"name\":\"other\"}] | [{\"name\":\"other\"},{\"name\":\"overlay\",\"namespace\":\"tsn\"}]",
                "[{\"name\":\"overlay\",\"namespace\":\"tsn\"}] | [{\"name\":\"overlay\",\"namespace\":\"tsn\"}]"
            })
    void shouldAttachToItsNetworkBesideOthers(String before, String after) throws IOException {
        ObjectNode pod = pod("latency-scheduler.io/latency: 20ms", "");
        ((ObjectNode) pod.at("/metadata/annotations")).put("k8s.v1.cni.cncf.io/networks", before);

        assertThat(completed(pod)
                        .at("/metadata/annotations")
                        .path("k8s.v1.cni.cncf.io/networks")
                        .asText())
                .isEqualTo(after);
    }

    @Test
    void shouldServeSidecarsThatStayAndNoOtherInitContainers() throws IOException {
        ObjectNode pod = pod("latency-scheduler.io/period: 1ms", "");
        ArrayNode first = pod.path("spec").withArrayProperty("initContainers");
        first.addObject().put("name", "once");
        first.addObject().put("name", "stays").put("restartPolicy", "Always");

        JsonNode inits = completed(pod).at("/spec/initContainers");

        assertThat(inits.get(0).has("volumeMounts")).isFalse();
        assertThat(inits.get(1).path("volumeMounts").size()).isEqualTo(2);
    }

    @Test
    void shouldSayWhatItExpectsInsteadOfSomethingElse() {
        List.of("{}", "{\"request\":{\"object\":{\"kind\":\"Node\"}}}", "no json")
                .forEach(text -> assertThat(org.assertj.core.api.Assertions.catchThrowable(
                                () -> AdmissionReview.answer(text.getBytes(), SETTINGS)))
                        .isInstanceOf(IOException.class));
    }
}
