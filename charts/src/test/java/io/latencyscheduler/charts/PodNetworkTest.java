package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How pods come to the network of the agents: plugin and configuration on the nodes, or Multus. */
class PodNetworkTest {
    private static final String MULTUS = "capabilities: {apiVersions: [k8s.cni.cncf.io/v1]}\n";
    private static final String SETTINGS = """
            agent:
              runDirectory: /run/tsn
              cni:
                enabled: true
                network: {name: fast, config: {mtu: 1400, ipam: {type: host-local, subnet: 10.77.1.0/24}}%s}
            """;

    private static List<ObjectNode> render(String values) {
        return Chart.objects(Chart.render("1.30.0", values));
    }

    private static JsonNode agent(List<ObjectNode> objects) {
        return Chart.object(objects, "DaemonSet", "latency-scheduler-agent").at("/spec/template/spec");
    }

    @Test
    void shouldTouchNoNodesPluginsUnlessAsked() {
        List<ObjectNode> objects = render(MULTUS);
        assertThat(agent(objects).has("initContainers")).isFalse();
        assertThat(agent(objects).path("volumes").toString()).doesNotContain("cni");
        assertThat(objects).noneMatch(object -> Chart.kind(object).equals("NetworkAttachmentDefinition"));
    }

    @Test
    void shouldOfferTheNetworkToMultusWithTheAgentsOwnSocket() {
        List<ObjectNode> objects = render(MULTUS + SETTINGS.formatted(""));
        JsonNode config = Chart.tree(Chart.object(objects, "NetworkAttachmentDefinition", "fast")
                .at("/spec/config")
                .asText());
        assertThat(config)
                .isEqualTo(Chart.tree("{cniVersion: 1.0.0, name: fast, type: tsn-cni, agentSocket: /run/tsn/cni.sock,"
                        + " mtu: 1400, ipam: {type: host-local, subnet: 10.77.1.0/24}}"));
        assertThat(agent(objects).at("/initContainers/0/args").toString()).doesNotContain("--configuration");
    }

    @Test
    void shouldMakeNoObjectOfMultusWhereThereIsNone() {
        assertThat(render(SETTINGS.formatted("")))
                .noneMatch(object -> Chart.kind(object).equals("NetworkAttachmentDefinition"));
    }

    @Test
    void shouldPutAListOfPluginsBesideTheClustersNetworks() {
        List<ObjectNode> objects = render(SETTINGS.formatted(", file: 20-fast.conflist"));
        JsonNode list = Chart.tree(Chart.object(objects, "ConfigMap", "latency-scheduler-agent")
                .path("data")
                .path("20-fast.conflist")
                .asText());
        assertThat(list.path("name").asText()).isEqualTo("fast");
        assertThat(list.path("cniVersion").asText()).isEqualTo("1.0.0");
        assertThat(list.at("/plugins/0/type").asText()).isEqualTo("tsn-cni");
        assertThat(list.at("/plugins/0").has("name")).isFalse();
        assertThat(agent(objects).at("/initContainers/0/args").toString())
                .contains("--configuration=/etc/dataplane-agent/20-fast.conflist");
    }

    @Test
    void shouldInstallWithoutAnyCapabilityAndRollWhenTheNetworkChanges() {
        JsonNode first = agent(render(SETTINGS.formatted(""))).at("/initContainers/0/securityContext");
        assertThat(first.has("privileged")).isFalse();
        assertThat(first.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
        String checksum = "/spec/template/metadata/annotations/checksum~1config";
        assertThat(Chart.object(render(SETTINGS.formatted("")), "DaemonSet", "latency-scheduler-agent")
                        .at(checksum))
                .isNotEqualTo(Chart.object(
                                render(SETTINGS.formatted(", file: a.conflist")),
                                "DaemonSet",
                                "latency-scheduler-agent")
                        .at(checksum));
    }

    @Test
    void shouldSeeNetworkNamespacesThatComeAfterTheAgent() {
        for (JsonNode mount : agent(render("")).at("/containers/0/volumeMounts")) {
            if (mount.path("mountPath").asText().equals("/var/run/netns")) {
                assertThat(mount.path("mountPropagation").asText()).isEqualTo("HostToContainer");
                return;
            }
        }
        throw new AssertionError("network namespaces are not mounted");
    }

    @Test
    void shouldRefuseAFileThatNoRuntimeReads() {
        assertThatThrownBy(() -> render(SETTINGS.formatted(", file: tsn.json"))).hasMessageContaining("file");
    }
}
