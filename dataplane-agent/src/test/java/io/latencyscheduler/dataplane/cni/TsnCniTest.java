package io.latencyscheduler.dataplane.cni;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.dataplane.cni.CniHarness.Reply;
import io.latencyscheduler.dataplane.cni.PodDirectory.Standing;
import io.latencyscheduler.dataplane.overlay.Attachment;
import io.latencyscheduler.dataplane.overlay.Attachment.Key;
import io.latencyscheduler.dataplane.overlay.Attachment.Route;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The plugin as container runtimes run it, every verb in every version, against the agent's server. */
@RequiresTier(1)
class TsnCniTest {
    private static final Map<String, String> NOTHING_ELSE = Map.of();
    private static final String PREVIOUS = """
            {"cniVersion":"%s","interfaces":[{"name":"veth1"},{"name":"eth0","mac":"02:00:00:00:00:01",
             "sandbox":"/var/run/netns/x"}],"ips":[{"address":"10.9.0.2/16","interface":1}],"routes":[],"dns":{}}""";

    @TempDir
    Path folder;

    private CniHarness harness;

    @BeforeEach
    void start() throws IOException {
        harness = new CniHarness(folder, 2);
    }

    @AfterEach
    void stop() {
        harness.close();
    }

    private String config(String version, String more) {
        return "{\"cniVersion\":\"" + version + "\",\"name\":\"tsn\",\"type\":\"tsn-cni\",\"agentSocket\":\""
                + harness.agentSocket() + "\"" + more + "}";
    }

    private Reply run(String verb, String version, String more) {
        return harness.run(verb, config(version, more), NOTHING_ELSE);
    }

    private static final String IPAM = ",\"ipam\":{\"type\":\"fake-ipam\"}";

    @ParameterizedTest
    @ValueSource(strings = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"})
    void shouldAnswerAddInTheVersionAskedFor(String version) throws IOException {
        Reply reply = run("ADD", version, IPAM);
        String host = new Key("c1", "eth0").hostLink();
        String mac = new Key("c1", "eth0").mac();
        boolean newest = version.equals("1.1.0");
        boolean familyStated = version.startsWith("0");
        JsonNode expected = Json.tree("""
                {"cniVersion":"%s","interfaces":[{"name":"%s"%s},{"name":"eth0","mac":"%s"%s,"sandbox":"%s"%s}],
                 "ips":[{"address":"10.1.0.5/24","gateway":"10.1.0.1"%s,"interface":1}],
                 "routes":[{"dst":"0.0.0.0/0"}],"dns":{"nameservers":["10.1.0.2"]}}""".formatted(
                        version,
                        host,
                        newest ? ",\"mtu\":1450" : "",
                        mac,
                        newest ? ",\"mtu\":1450" : "",
                        harness.netns(),
                        newest ? ",\"socketPath\":\"/run/latency-scheduler/0123456789abcdef/tsn.sock\"" : "",
                        familyStated ? ",\"version\":\"4\"" : ""));
        assertThat(reply.json()).isEqualTo(expected);
        assertThat(reply.exitCode()).isZero();
        assertThat(harness.network.attached.values())
                .containsExactly(new Attachment(
                        "tsn",
                        "c1",
                        "eth0",
                        harness.netns(),
                        mac,
                        List.of("10.1.0.5/24"),
                        List.of(new Route("0.0.0.0/0", "10.1.0.1")),
                        1450));
    }

    @Test
    void shouldAttachWithoutAddressesWhereNoneAreConfigured() {
        Reply reply = run("ADD", "1.1.0", "");
        assertThat(reply.json().path("ips")).isEmpty();
        assertThat(reply.json().path("interfaces")).hasSize(2);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "runtimeConfig of Multus | `,\"runtimeConfig\":{\"mac\":\"C2:11:22:33:44:55\"}` | c2:11:22:33:44:55",
                "args.cni | `,\"args\":{\"cni\":{\"mac\":\"c2:11:22:33:44:56\"}}` | c2:11:22:33:44:56",
            },
            delimiter = '|')
    void shouldTakeTheMacAskedFor(String name, String more, String mac) {
        Reply reply = run("ADD", "1.0.0", more);
        assertThat(reply.json().path("interfaces").path(1).path("mac").asText()).isEqualTo(mac);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.4.0", "1.0.0", "1.1.0"})
    void shouldPassThePreviousResultThroughBehindAnotherPlugin(String version) throws IOException {
        String previous = PREVIOUS.formatted(version);
        Reply reply = run("ADD", version, IPAM + ",\"prevResult\":" + previous);
        JsonNode expected = Json.tree(previous);
        if (version.equals("1.1.0")) {
            ((com.fasterxml.jackson.databind.node.ObjectNode)
                            expected.path("interfaces").path(1))
                    .put("socketPath", "/run/latency-scheduler/0123456789abcdef/tsn.sock");
        }
        assertThat(reply.json()).isEqualTo(expected);
        assertThat(harness.network.attached).isEmpty();
        assertThat(harness.ipamLog()).isEmpty();
    }

    @Test
    void shouldNoteTheAddressesOfAPodsInterfacesUntilTheyAreGone() throws IOException {
        run("ADD", "1.0.0", IPAM);
        harness.run(
                "ADD", config("1.0.0", ",\"prevResult\":" + PREVIOUS.formatted("1.0.0")), Map.of("CNI_IFNAME", "net1"));
        String own = new Key("c1", "eth0").mac();
        assertThat(harness.addresses.of("u1")).containsExactly("02:00:00:00:00:01", own);
        assertThat(new PodAddresses(harness.addressFile(), () -> {}).of("u1"))
                .as("after a restart of the agent")
                .containsExactly("02:00:00:00:00:01", own);
        run("DEL", "1.0.0", IPAM);
        assertThat(harness.addresses.of("u1")).containsExactly("02:00:00:00:00:01");
        assertThat(harness.addresses.of("another")).isEmpty();
    }

    @Test
    void shouldNoteNoAddressWhereTheNetworkLeavesItOpenOrThePodHasNoStreams() {
        run("ADD", "1.0.0", IPAM + ",\"checkSource\":false");
        harness.standing = new Standing.Ordinary();
        harness.run("ADD", config("1.0.0", IPAM), Map.of("CNI_IFNAME", "net1"));
        assertThat(harness.network.attached).hasSize(2);
        assertThat(harness.addresses.of("u1")).isEmpty();
    }

    @Test
    void shouldForgetAddressesOfInterfacesThatTheRuntimeNoLongerKnows() {
        run("ADD", "1.1.0", IPAM);
        run("GC", "1.1.0", ",\"cni.dev/valid-attachments\":[{\"containerID\":\"c1\",\"ifname\":\"eth0\"}]");
        assertThat(harness.addresses.of("u1")).hasSize(1);
        run("GC", "1.1.0", ",\"cni.dev/valid-attachments\":[]");
        assertThat(harness.addresses.of("u1")).isEmpty();
    }

    @Test
    void shouldRemoveTheInterfaceAndFreeTheAddressTwice() throws IOException {
        run("ADD", "1.0.0", IPAM);
        for (int i = 0; i < 2; i++) {
            Reply reply = run("DEL", "1.0.0", IPAM);
            assertThat(reply).isEqualTo(new Reply(0, Json.object(), ""));
        }
        assertThat(harness.network.attached).isEmpty();
        assertThat(harness.ipamLog()).containsExactly("ADD", "DEL", "DEL");
    }

    @Test
    void shouldDeleteOfANamespaceThatIsGone() {
        run("ADD", "1.0.0", IPAM);
        Reply reply = harness.run("DEL", config("1.0.0", IPAM), Map.of("CNI_NETNS", ""));
        assertThat(reply.exitCode()).isZero();
        assertThat(harness.network.attached).isEmpty();
    }

    @Test
    void shouldFreeTheAddressWithTheAgentGone() throws IOException {
        run("ADD", "1.0.0", IPAM);
        harness.stopAgent();
        Reply reply = run("DEL", "1.0.0", IPAM);
        assertThat(reply.exitCode()).isZero();
        assertThat(reply.json()).isEmpty();
        assertThat(reply.errors()).contains("the agent removes what is left when it next runs");
        assertThat(harness.ipamLog()).containsExactly("ADD", "DEL");
    }

    @Test
    void shouldSucceedInDeletingWhatTheAgentCannotRemoveNow() throws IOException {
        run("ADD", "1.0.0", IPAM);
        harness.network.failure = "Open vSwitch does not answer";
        Reply reply = run("DEL", "1.0.0", IPAM);
        assertThat(reply.exitCode()).isZero();
        assertThat(reply.errors()).contains("Open vSwitch does not answer");
        assertThat(harness.ipamLog()).containsExactly("ADD", "DEL");
    }

    @Test
    void shouldGiveTheAddressBackWhenTheInterfaceCannotBeMade() throws IOException {
        harness.network.failure = "bridge tsn-int is not set up yet";
        Reply reply = run("ADD", "1.0.0", IPAM);
        assertThat(reply.json().path("code").asInt()).isEqualTo(CniAnswer.NETWORK_FAILED);
        assertThat(reply.json().path("details").asText()).isEqualTo("bridge tsn-int is not set up yet");
        assertThat(harness.ipamLog()).containsExactly("ADD", "DEL");
    }

    @Test
    void shouldTakeNoAddressWithTheAgentGone() throws IOException {
        harness.stopAgent();
        Reply reply = run("ADD", "1.1.0", IPAM);
        assertThat(reply.json().path("code").asInt()).isEqualTo(11);
        assertThat(reply.exitCode()).isOne();
        assertThat(harness.ipamLog()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"ADD, 11", "CHECK, 11", "STATUS, 50", "GC, 11"})
    void shouldSayWhatToDoWithoutAgent(String verb, int code) {
        harness.stopAgent();
        Reply reply = run(verb, "1.1.0", "");
        assertThat(reply.json().path("code").asInt()).isEqualTo(code);
        assertThat(reply.json().path("msg").asText()).isEqualTo("the dataplane-agent of this node does not answer");
        assertThat(reply.json().path("details").asText())
                .startsWith(harness.agentSocket() + ": No such file or directory; see that its pod runs");
        assertThat(reply.exitCode()).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.4.0", "1.0.0", "1.1.0"})
    void shouldCheckWhatAddMade(String version) throws IOException {
        Reply added = run("ADD", version, IPAM);
        String previous = ",\"prevResult\":" + added.json();
        assertThat(run("CHECK", version, IPAM + previous).exitCode()).isZero();
        harness.network.attached.clear();
        Reply reply = run("CHECK", version, IPAM + previous);
        assertThat(reply.json().path("code").asInt()).isEqualTo(CniAnswer.NETWORK_FAILED);
        assertThat(reply.json().path("details").asText()).isEqualTo("the interface is gone");
    }

    @Test
    void shouldReportAtStatusWhatKeepsPodsOff() {
        assertThat(run("STATUS", "1.1.0", "").exitCode()).isZero();
        harness.problem = "Open vSwitch runs without DPDK";
        Reply reply = run("STATUS", "1.1.0", "");
        assertThat(reply.json().path("code").asInt()).isEqualTo(50);
        assertThat(reply.json().path("details").asText()).isEqualTo("Open vSwitch runs without DPDK");
    }

    @Test
    void shouldRefuseMoreInterfacesThanTheNodeTakes() throws IOException {
        for (String container : List.of("c1", "c2", "c1")) { // c1 a second time is no more than before
            assertThat(harness.run("ADD", config("1.0.0", ""), Map.of("CNI_CONTAINERID", container))
                            .exitCode())
                    .isZero();
        }
        Reply reply = harness.run("ADD", config("1.0.0", IPAM), Map.of("CNI_CONTAINERID", "c3"));
        assertThat(reply.json().path("code").asInt()).isEqualTo(CniAnswer.NODE_FULL);
        assertThat(reply.json().path("details").asText()).contains("dataplane.overlay.max-attachments");
        assertThat(harness.ipamLog()).containsExactly("ADD", "DEL");
        assertThat(run("STATUS", "1.1.0", "").json().path("code").asInt()).isEqualTo(50);
    }

    @Test
    void shouldCollectWhatTheRuntimeNoLongerKnows() {
        harness.run("ADD", config("1.1.0", ""), Map.of("CNI_CONTAINERID", "kept"));
        harness.run("ADD", config("1.1.0", ""), Map.of("CNI_CONTAINERID", "lost"));
        Reply reply = run(
                "GC",
                "1.1.0",
                IPAM + ",\"cni.dev/valid-attachments\":[{\"containerID\":\"kept\",\"ifname\":\"eth0\"}]");
        assertThat(reply.exitCode()).isZero();
        assertThat(harness.network.attached.keySet()).containsExactly(new Key("kept", "eth0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"cniVersion\":\"1.0.0\"}", "{\"cniVersion\":\"0.4.0\"}"})
    void shouldTellItsVersions(String config) throws IOException {
        Reply reply = harness.run("VERSION", config, NOTHING_ELSE);
        assertThat(reply.json().path("cniVersion")).isEqualTo(Json.tree(config).path("cniVersion"));
        assertThat(reply.json().path("supportedVersions"))
                .isEqualTo(Json.tree("[\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]"));
    }

    static List<Arguments> wrongInput() {
        List<Arguments> rows = new ArrayList<>();
        String good = "{\"cniVersion\":\"1.1.0\",\"name\":\"tsn\",\"type\":\"tsn-cni\"%s}";
        String none = good.formatted("");
        rows.add(Arguments.of("no input", "ADD", "", Map.of(), 6, "standard input is empty"));
        rows.add(Arguments.of("bad JSON", "ADD", "{\"cniVersion\":", Map.of(), 6, "line 1"));
        rows.add(Arguments.of("a list", "ADD", "[]", Map.of(), 6, "must be an object"));
        rows.add(Arguments.of("a member twice", "ADD", "{\"name\":\"a\",\"name\":\"b\"}", Map.of(), 6, "duplicate"));
        rows.add(Arguments.of("no version", "ADD", "{\"name\":\"tsn\"}", Map.of(), 1, "cniVersion: '' must be one of"));
        rows.add(Arguments.of("unknown version", "ADD", none.replace("1.1.0", "2.0.0"), Map.of(), 1, "'2.0.0'"));
        rows.add(Arguments.of("CHECK before 0.4.0", "CHECK", none.replace("1.1.0", "0.3.1"), Map.of(), 1, "0.4.0"));
        rows.add(Arguments.of("STATUS before 1.1.0", "STATUS", none.replace("1.1.0", "1.0.0"), Map.of(), 1, "1.1.0"));
        rows.add(Arguments.of("GC before 1.1.0", "GC", none.replace("1.1.0", "1.0.0"), Map.of(), 1, "1.1.0"));
        rows.add(Arguments.of("unknown verb", "PATCH", none, Map.of(), 4, "CNI_COMMAND: 'PATCH' must be ADD"));
        rows.add(Arguments.of("no namespace given", "ADD", none, Map.of("CNI_NETNS", ""), 4, "CNI_NETNS: ''"));
        rows.add(Arguments.of(
                "several variables",
                "ADD",
                none,
                Map.of("CNI_NETNS", "", "CNI_IFNAME", "a/b"),
                4,
                "CNI_IFNAME: 'a/b'"));
        rows.add(
                Arguments.of("container ID", "DEL", none, Map.of("CNI_CONTAINERID", "-x"), 4, "CNI_CONTAINERID: '-x'"));
        rows.add(Arguments.of(
                "long interface name", "DEL", none, Map.of("CNI_IFNAME", "sixteen-letters-"), 4, "1 to 15 bytes"));
        rows.add(Arguments.of("CNI_ARGS", "ADD", none, Map.of("CNI_ARGS", "K8S_POD_UID"), 4, "must be KEY=VALUE"));
        rows.add(Arguments.of(
                "namespace that is gone", "ADD", none, Map.of("CNI_NETNS", "/var/run/netns/gone"), 3, "No such file"));
        rows.add(Arguments.of("no namespace", "ADD", none, Map.of("CNI_NETNS", "/etc/passwd"), 4, "ordinary file"));
        rows.add(Arguments.of(
                "the host's namespace", "ADD", none, Map.of("CNI_NETNS", "/proc/self/ns/net"), 4, "hostNetwork"));
        rows.add(Arguments.of("no name", "ADD", "{\"cniVersion\":\"1.0.0\"}", Map.of(), 7, "name: ''"));
        rows.add(Arguments.of("mode", "ADD", good.formatted(",\"mode\":\"fast\""), Map.of(), 7, "mode: 'fast'"));
        rows.add(Arguments.of(
                "nothing to shape", "ADD", good.formatted(",\"mode\":\"shape\""), Map.of(), 7, "needs prevResult"));
        rows.add(Arguments.of("MTU", "ADD", good.formatted(",\"mtu\":40"), Map.of(), 7, "from 68 to 65535"));
        rows.add(Arguments.of("MTU over the overlay's", "ADD", good.formatted(",\"mtu\":1500"), Map.of(), 7, "1450"));
        rows.add(Arguments.of(
                "long socket path",
                "ADD",
                good.formatted(",\"agentSocket\":\"/" + "x".repeat(107) + "\""),
                Map.of(),
                7,
                "at most 107 bytes"));
        rows.add(Arguments.of(
                "multicast MAC",
                "ADD",
                good.formatted(",\"runtimeConfig\":{\"mac\":\"01:00:5e:00:00:01\"}"),
                Map.of(),
                7,
                "a unicast address"));
        rows.add(Arguments.of(
                "IPAM plugin that is not there",
                "ADD",
                good.formatted(",\"ipam\":{\"type\":\"missing\"}"),
                Map.of(),
                7,
                "containernetworking-plugins"));
        rows.add(Arguments.of(
                "IPAM path", "ADD", good.formatted(",\"ipam\":{\"type\":\"../sh\"}"), Map.of(), 7, "name of an IPAM"));
        rows.add(Arguments.of("GC without a list", "GC", none, Map.of(), 7, "cni.dev/valid-attachments"));
        return rows;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void wrongInput(String name, String verb, String config, Map<String, String> environment, int code, String detail) {
        String with = config.contains("agentSocket") || !config.endsWith("}")
                ? config
                : config.substring(0, config.length() - 1) + ",\"agentSocket\":\"" + harness.agentSocket() + "\"}";
        Reply reply = harness.run(verb, with, environment);
        assertThat(reply.json().path("code").asInt()).describedAs("%s", reply).isEqualTo(code);
        assertThat(reply.json().path("details").asText()).contains(detail);
        assertThat(reply.json().path("msg").asText()).isNotEmpty();
        assertThat(reply.exitCode()).isOne();
        assertThat(harness.network.attached).isEmpty();
    }

    static List<Arguments> podsThatCannotBeServed() {
        return List.of(
                Arguments.of(new Standing.Refused("window s0 is held by plant/other"), 101, "held by plant/other"),
                Arguments.of(new Standing.NotYet("pod plant/plc is not known on this node yet"), 11, "not known"));
    }

    @ParameterizedTest
    @MethodSource("podsThatCannotBeServed")
    void shouldRefuseAPodThatCannotBeServed(Standing standing, int code, String detail) throws IOException {
        harness.standing = standing;
        for (String more : List.of(IPAM, ",\"prevResult\":" + PREVIOUS.formatted("1.0.0"))) {
            Reply reply = run("ADD", "1.0.0", more);
            assertThat(reply.json().path("code").asInt()).isEqualTo(code);
            assertThat(reply.json().path("details").asText()).contains(detail);
        }
        assertThat(harness.network.attached).isEmpty();
        assertThat(harness.ipamLog()).containsExactly("ADD", "DEL");
    }

    @Test
    void shouldPassOnWhatTheIpamPluginRefuses() throws IOException {
        harness.ipam(1, "{\"cniVersion\":\"1.0.0\",\"code\":11,\"msg\":\"no IP addresses available in range set\"}");
        Reply reply = run("ADD", "1.0.0", IPAM);
        assertThat(reply.json().path("code").asInt()).isEqualTo(11);
        assertThat(reply.json().path("msg").asText()).isEqualTo("fake-ipam: no IP addresses available in range set");
    }

    @Test
    void shouldRefuseWhatAnIpamPluginMakesUp() throws IOException {
        harness.ipam(0, "{\"ips\":[{\"address\":\"10.1.0.5 dev eth1\"}]}");
        Reply reply = run("ADD", "1.0.0", IPAM);
        assertThat(reply.json().path("code").asInt()).isEqualTo(7);
        assertThat(harness.network.attached).isEmpty();
    }
}
