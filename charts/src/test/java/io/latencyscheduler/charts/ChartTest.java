package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.LintResult;
import io.kubernetes.client.util.ModelMapper;
import io.kubernetes.client.util.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChartTest {
    /** Every switch on. */
    static final String EVERYTHING = """
            capabilities: {apiVersions: [monitoring.coreos.com/v1]}
            priorityQuota: {enabled: true}
            scheduler: {networkPolicy: {enabled: true}}
            webhook: {enabled: true, network: tsn/overlay}
            agent: {hugepages: true, devicePlugin: {enabled: true}, cni: {enabled: true, network: {file: 20-tsn.conflist}}}
            monitoring:
              serviceMonitor: {enabled: true}
              podMonitor: {enabled: true}
              rules: {enabled: true}
              dashboards: {enabled: true}
            """;
    /** Since which minor version of Kubernetes 1 an API version is served, and until which; only those that came or went. */
    private static final Map<String, int[]> SERVED = Map.of(
            "policy/v1", new int[] {21, 999},
            "policy/v1beta1", new int[] {5, 24},
            "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy", new int[] {30, 999},
            "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding", new int[] {30, 999},
            "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy", new int[] {36, 999},
            "admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding", new int[] {36, 999},
            "admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy", new int[] {34, 999},
            "admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyBinding", new int[] {34, 999});

    @Test
    void shouldPassHelmsStrictLint() {
        LintResult result = Chart.helm().lint().strict().call();
        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.20.2", "1.27.0", "1.30.0", "1.36.0"})
    void shouldRenderOnlyWhatTheVersionServesInTheFormOfItsSchema(String version) throws IOException {
        int minor = Integer.parseInt(version.split("\\.")[1]);
        List<ObjectNode> objects = Chart.objects(Chart.render(version, EVERYTHING));
        assertThat(objects).hasSizeGreaterThan(20);
        for (ObjectNode object : objects) {
            String apiVersion = object.path("apiVersion").asText();
            int[] served = SERVED.getOrDefault(
                    apiVersion + "/" + Chart.kind(object), SERVED.getOrDefault(apiVersion, new int[] {0, 999}));
            assertThat(minor).as(Chart.title(object)).isBetween(served[0], served[1]);
            if (apiVersion.startsWith("monitoring.coreos.com/") || apiVersion.equals("policy/v1beta1")) {
                continue;
            }
            // The models of client-java are Kubernetes 1.36's and refuse fields that they do not know.
            assertThat(ModelMapper.getApiTypeClass(group(apiVersion), version(apiVersion), Chart.kind(object)))
                    .as(Chart.title(object))
                    .isNotNull();
            Yaml.load(Chart.yaml(object));
        }
    }

    @ParameterizedTest
    @CsvSource({"1.34.0, v1beta1", "1.35.2, v1beta1", "1.36.0, v1"})
    void shouldCompletePodsByAPolicyInTheVersionThatTheClusterHas(String version, String served) throws IOException {
        List<ObjectNode> policies = Chart.objects(Chart.render(version, "webhook: {policy: {enabled: true}}")).stream()
                .filter(object -> Chart.kind(object).startsWith("MutatingAdmissionPolicy"))
                .toList();

        assertThat(policies).hasSize(2);
        for (ObjectNode policy : policies) {
            assertThat(policy.path("apiVersion").asText()).isEqualTo("admissionregistration.k8s.io/" + served);
            assertThat(ModelMapper.getApiTypeClass("admissionregistration.k8s.io", served, Chart.kind(policy)))
                    .isNotNull();
            Yaml.load(Chart.yaml(policy));
        }
    }

    private static String group(String apiVersion) {
        return apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
    }

    private static String version(String apiVersion) {
        return apiVersion.substring(apiVersion.indexOf('/') + 1);
    }

    /** A JVM that cannot read its directives does not start at all. */
    @Test
    void shouldGiveTheSchedulerOptionsThatAJvmStartsWith(@TempDir Path folder) throws Exception {
        List<ObjectNode> objects = Chart.objects(Chart.render("1.30.0", ""));
        ObjectNode deployment = Chart.object(objects, "Deployment", "latency-scheduler-scheduler");
        JsonNode container = deployment.at("/spec/template/spec/containers/0");
        String mounted = container.at("/volumeMounts/0/mountPath").asText();
        String options = container.at("/env/0/value").asText();
        assertThat(options).contains("-XX:CompilerDirectivesFile=" + mounted + "/compiler-directives.json");
        Chart.object(objects, "ConfigMap", "latency-scheduler-scheduler")
                .get("data")
                .fields()
                .forEachRemaining(entry -> {
                    try {
                        Files.writeString(
                                folder.resolve(entry.getKey()), entry.getValue().asText());
                    } catch (IOException unwritable) {
                        throw new UncheckedIOException(unwritable);
                    }
                });

        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options.replace(mounted, folder.toString()).split(" ")));
        command.add("-version");
        Process java = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(java.waitFor()).as(output).isZero();
        assertThat(output).contains("2 compiler directives added");
    }

    @ParameterizedTest
    @CsvSource({"1.20.2,false", "1.29.9,false", "1.30.0,true", "1.36.1,true"})
    void shouldFenceWhereTheClusterCan(String version, boolean fenced) {
        assertThat(Chart.objects(Chart.render(version, "")).stream()
                        .anyMatch(object -> Chart.kind(object).equals("ValidatingAdmissionPolicy")))
                .isEqualTo(fenced);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            an unknown key                 | scheduler: {replica: 2}                     | replica
            a text for a number            | scheduler: {replicas: many}                 | replicas
            a number out of range          | scheduler: {replicas: 99}                   | maximum
            a name that is no label        | scheduler: {name: Latency_Scheduler}        | scheduler/name
            a wrong pull policy            | image: {pullPolicy: Sometimes}              | pullPolicy
            a port that is none            | agent: {port: 70000}                        | agent/port
            a run directory that is long   | agent: {runDirectory: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa} | runDirectory
            too short a grace              | scheduler: {terminationGracePeriodSeconds: 5} | terminationGracePeriodSeconds
            a latency that is no duration  | test: {latency: fast}                       | latency
            a switch with a third state    | fencing: {enabled: maybe}                   | fencing
            replicas without election      | scheduler: {config: {leader-election: {enabled: false}}} | set scheduler.replicas=1
            two names                      | scheduler: {config: {name: other}}          | scheduler.name says which pods are placed
            one port twice                 | agent: {port: 9180}                         | must differ
            fencing where there is none    | fencing: {enabled: true}                    | use auto
            no account                     | agent: {serviceAccount: {create: false}}    | agent.serviceAccount.name is needed
            """)
    void shouldRefuseWrongValuesAndSayWhich(String name, String values, String expected) {
        assertThatThrownBy(() -> Chart.render("1.27.0", values)).hasMessageContaining(expected);
    }

    @Test
    void shouldTellAllContradictionsAtOnce() {
        assertThatThrownBy(() -> Chart.render("1.27.0", "{agent: {port: 9180}, scheduler: {config: {name: other}}}"))
                .hasMessageContaining("must differ")
                .hasMessageContaining("scheduler.name says");
    }

    @Test
    void shouldMakeNoObjectOfTheOperatorWithoutIt() {
        assertThat(Chart.render("1.27.0", EVERYTHING.replace("[monitoring.coreos.com/v1]", "[]")))
                .doesNotContain("monitoring.coreos.com");
    }

    @Test
    void shouldKeepTwoReleasesApart() {
        String second =
                "{crds: {enabled: false}, scheduler: {name: second}, agent: {port: 9466}, discovery: {port: 9181}}";
        Set<String> first = identities(Chart.objects(Chart.render("latency-scheduler", "1.36.0", EVERYTHING)));
        Set<String> other = identities(Chart.objects(Chart.render("second", "1.36.0", second)));
        assertThat(other).isNotEmpty().doesNotContainAnyElementsOf(first);
    }

    private static Set<String> identities(List<ObjectNode> objects) {
        return objects.stream().map(Chart::title).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void shouldRunEverythingButTheAgentWithoutPrivileges() {
        for (ObjectNode object : Chart.objects(Chart.render("1.36.0", EVERYTHING))) {
            JsonNode pod = object.at("/spec/template/spec");
            for (JsonNode container : pod.path("containers")) {
                JsonNode security = container.path("securityContext");
                boolean agent = Chart.name(object).endsWith("-agent");
                assertThat(security.path("readOnlyRootFilesystem").asBoolean())
                        .as(Chart.title(object))
                        .isTrue();
                assertThat(security.path("privileged").asBoolean())
                        .as(Chart.title(object))
                        .isEqualTo(agent);
                if (!agent) {
                    assertThat(security.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
                    assertThat(security.path("allowPrivilegeEscalation").asBoolean(true))
                            .isFalse();
                }
                assertThat(container.at("/resources/limits/memory").asText()).isNotEmpty();
                assertThat(container.path("readinessProbe").isMissingNode()).isFalse();
                assertThat(container.path("livenessProbe").isMissingNode()).isFalse();
            }
        }
    }

    @Test
    void shouldRollThePodsWhenTheirConfigurationChangesAndOnlyThen() {
        String before = checksum("{}");
        assertThat(checksum("{scheduler: {config: {client: {qps: 100}}}}")).isNotEqualTo(before);
        assertThat(checksum("{discovery: {config: {rescan-interval: 30s}}}")).isEqualTo(before);
    }

    private static String checksum(String values) {
        return Chart.object(Chart.objects(Chart.render("1.36.0", values)), "Deployment", "latency-scheduler-scheduler")
                .at("/spec/template/metadata/annotations/checksum~1config")
                .asText();
    }

    @Test
    void shouldSelectByWhatNeverChanges() {
        List<String> selectors = new ArrayList<>();
        for (ObjectNode object : Chart.objects(Chart.render("1.36.0", EVERYTHING))) {
            object.at("/spec/selector/matchLabels").fieldNames().forEachRemaining(selectors::add);
        }
        assertThat(Set.copyOf(selectors))
                .containsExactlyInAnyOrder(
                        "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component");
    }
}
