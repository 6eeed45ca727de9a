package io.latencyscheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.Tier;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class JsonTest {
    record Holder(OptionalLong jitterNs, Map<String, String> labels) {}

    @Test
    void shouldWriteAllocationByComponentNamesAndWireNames() {
        Allocation allocation = new Allocation(
                1,
                "uid-1",
                Tier.OVS_DPDK,
                List.of("0000:05:00.0"),
                List.of(new StreamAllocation(
                        "s0", "uplink0", 1_000_000, 250_000, 0, 13_336, 1_000_000, 1522, Phase.Kind.ASSIGNED, 7)));

        assertThat(Json.text(allocation))
                .startsWith(
                        "{\"version\":1,\"podUid\":\"uid-1\",\"tier\":\"ovs-dpdk\",\"interfaces\":[\"0000:05:00.0\"]")
                .contains("\"phase\":\"assigned\"");
    }

    @Test
    void shouldReadBackWhatItWrote() throws IOException {
        NodeDataplane dataplane = new NodeDataplane(
                Instant.parse("2026-01-02T03:04:05.000006Z"),
                "1.0",
                new NodeDataplane.Clock(NodeDataplane.ClockState.LOCKED, "ptp0", 37, 40),
                List.of(),
                List.of(new NodeDataplane.MeasuredPath(
                        Tier.DPDK, new NodeDataplane.Quantiles(10, 1, 2, 3, 4), Instant.EPOCH)),
                List.of(),
                List.of());

        assertThat(Json.read(Json.bytes(dataplane), NodeDataplane.class)).isEqualTo(dataplane);
        assertThat(Json.text(dataplane)).contains("\"heartbeatTime\":\"2026-01-02T03:04:05.000006Z\"");
    }

    @Test
    void shouldReadEveryInstantAsTheFormatterDoes() throws IOException {
        for (String text : List.of(
                "2026-02-28T23:59:59Z",
                "2024-02-29T00:00:00Z",
                "1969-12-31T23:59:59Z",
                "0001-01-01T00:00:00Z",
                "2026-11-30T12:34:56.789Z",
                "2026-11-30T12:34:56.000001Z")) {
            assertThat(Json.read('"' + text + '"', Instant.class)).as(text).isEqualTo(Instant.parse(text));
        }
        assertThat(Json.read("\"2026-01-01T01:00:00+01:00\"", Instant.class))
                .isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
        for (String text :
                List.of("2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "yesterday")) {
            assertThatThrownBy(() -> Json.read('"' + text + '"', Instant.class))
                    .as(text)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void shouldPassOverUnknownFieldsAndReadAbsentCollectionsAsEmpty() throws IOException {
        NodeInventory inventory = Json.read("{\"nodeUid\":\"u\",\"ovsDpdk\":true,\"later\":{}}", NodeInventory.class);

        assertThat(inventory.ports()).isEmpty();
        assertThat(inventory.ovsDpdk()).isTrue();
    }

    @Test
    void shouldLeaveOutAbsentOptionals() throws IOException {
        assertThat(Json.text(new Holder(OptionalLong.empty(), Map.of()))).isEqualTo("{\"labels\":{}}");
        assertThat(Json.read("{}", Holder.class)).isEqualTo(new Holder(OptionalLong.empty(), Map.of()));
    }

    @Test
    void shouldRefuseAnEnumSpellingThatDoesNotExist() {
        assertThatThrownBy(() -> Json.read("{\"version\":1,\"tier\":\"warp\"}", Allocation.class))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("warp");
    }

    @Test
    void shouldEscapePointers() {
        assertThat(Patch.pointer("metadata", "labels", "a.io/b~c")).isEqualTo("/metadata/labels/a.io~1b~0c");
    }

    @Test
    void shouldReadYamlAsPlainValues() {
        assertThat(Yaml.read("- {name: a, period: 1ms}\n- {name: b, period: 250}"))
                .isEqualTo(List.of(Map.of("name", "a", "period", "1ms"), Map.of("name", "b", "period", 250)));
        assertThat(Yaml.read("[{\"name\":\"a\"}]")).isEqualTo(List.of(Map.of("name", "a")));
    }

    @Test
    void shouldRefuseHostileYaml() {
        for (String hostile : List.of(
                "- {a: 1, a: 2}",
                "[".repeat(100) + "]".repeat(100),
                "x".repeat(Yaml.MAX_CHARACTERS + 1),
                "a: [unclosed",
                "- a\n--- \n- b")) {
            assertThatThrownBy(() -> Yaml.read(hostile), hostile.substring(0, Math.min(20, hostile.length())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("not YAML or JSON");
        }
        assertThat(Yaml.read("!!java.net.URL {a: b}")).isEqualTo(Map.of("a", "b"));
    }
}
