package io.latencyscheduler.discovery.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.OpenVSwitch;
import io.latencyscheduler.discovery.fact.OpenVSwitch.Bridge;
import io.latencyscheduler.discovery.fact.OpenVSwitch.Port;
import io.latencyscheduler.ovsdb.OvsdbClient;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Open vSwitch through its database ({@code vswitchd/vswitch.ovsschema}); in a recorded tree from the recorded answer.
 * A stopped Open vSwitch is a fact, not a failed read: nothing runs there.
 */
final class OpenVSwitchReader {
    /** The recorded answer in a tree. */
    static final String RECORDED = "recorded/ovsdb.json";

    private static final String SOCKET = "run/openvswitch/db.sock";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** All columns of the first table, for older schemas lack some; of the others what is needed. */
    private static final String QUESTION = """
            ["Open_vSwitch",
             {"op":"select","table":"Open_vSwitch","where":[]},
             {"op":"select","table":"Bridge","where":[],"columns":["_uuid","name","datapath_type","ports"]},
             {"op":"select","table":"Port","where":[],"columns":["_uuid","interfaces"]},
             {"op":"select","table":"Interface","where":[],"columns":["_uuid","name","type","options"]}]
            """;

    private final HostFiles files;

    OpenVSwitchReader(HostFiles files) {
        this.files = files;
    }

    Fact<OpenVSwitch> read() {
        try {
            Optional<JsonNode> answer = answer();
            return Fact.known(answer.isPresent() ? parse(answer.get()) : OpenVSwitch.NONE);
        } catch (JsonProcessingException e) {
            return Fact.unread("the answer of the Open vSwitch database is not JSON");
        } catch (IOException | IllegalArgumentException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
    }

    /** The raw answer; empty when no Open vSwitch runs. */
    Optional<JsonNode> answer() throws IOException {
        Optional<String> recorded = files.textIfPresent(RECORDED);
        if (recorded.isPresent()) {
            return Optional.of(JSON.readTree(recorded.get()));
        }
        if (!files.exists(SOCKET)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new OvsdbClient(files.resolve(SOCKET), TIMEOUT).transact(QUESTION));
        } catch (ConnectException e) {
            return Optional.empty();
        }
    }

    /** @throws IllegalArgumentException when the answer has another form */
    static OpenVSwitch parse(JsonNode result) {
        if (!result.isArray() || result.size() < 4) {
            throw new IllegalArgumentException("the Open vSwitch database answered in an unknown form");
        }
        Map<String, Port> interfaces = new HashMap<>();
        for (JsonNode row : rows(result, 3)) {
            interfaces.put(
                    uuid(row),
                    new Port(
                            row.path("name").asText(),
                            row.path("type").asText(),
                            mapValue(row.path("options"), "dpdk-devargs")));
        }
        Map<String, List<Port>> ports = new HashMap<>();
        for (JsonNode row : rows(result, 2)) {
            ports.put(uuid(row), references(row.path("interfaces"), interfaces));
        }
        List<Bridge> bridges = new ArrayList<>();
        for (JsonNode row : rows(result, 1)) {
            List<Port> ofBridge = references(row.path("ports"), ports).stream()
                    .flatMap(List::stream)
                    .sorted(Comparator.comparing(Port::name))
                    .toList();
            bridges.add(new Bridge(
                    row.path("name").asText(), row.path("datapath_type").asText(), ofBridge));
        }
        bridges.sort(Comparator.comparing(Bridge::name));
        JsonNode global = rows(result, 0).path(0);
        return new OpenVSwitch(
                true,
                global.path("ovs_version").asText(""),
                global.path("dpdk_initialized").asBoolean(false),
                bridges);
    }

    private static JsonNode rows(JsonNode result, int index) {
        JsonNode rows = result.path(index).path("rows");
        if (!rows.isArray()) {
            throw new IllegalArgumentException("the Open vSwitch database answered: " + result.path(index));
        }
        return rows;
    }

    private static String uuid(JsonNode row) {
        return row.path("_uuid").path(1).asText();
    }

    /** A set of one is written as its element: {@code ["uuid",x]}; else {@code ["set",[["uuid",x],…]]}. */
    private static <T> List<T> references(JsonNode value, Map<String, T> targets) {
        List<T> found = new ArrayList<>();
        Iterable<JsonNode> references = value.path(0).asText().equals("set") ? value.path(1) : List.of(value);
        for (JsonNode reference : references) {
            T target = targets.get(reference.path(1).asText());
            if (target != null) {
                found.add(target);
            }
        }
        return found;
    }

    /** {@code ["map",[[key,value],…]]}. */
    private static @Nullable String mapValue(JsonNode map, String key) {
        for (JsonNode pair : map.path(1)) {
            if (pair.path(0).asText().equals(key)) {
                return pair.path(1).asText();
            }
        }
        return null;
    }
}
