package io.latencyscheduler.dataplane.ovs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState.Bridge;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState.Port;
import io.latencyscheduler.kube.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** The rows a monitor told of, by table and UUID, and the values they stand for (RFC 7047, section 5.1). */
final class OvsdbRows {
    private static final Map<String, List<String>> COLUMNS = Map.of(
            "Open_vSwitch", List.of("bridges", "dpdk_initialized", "cur_cfg"),
            "Bridge", List.of("name", "datapath_type", "fail_mode", "external_ids", "ports"),
            "Port", List.of("name", "external_ids", "interfaces"),
            "Interface", List.of("name", "type", "options", "mtu_request", "ofport", "error", "external_ids"));

    private final Map<String, Map<String, ObjectNode>> tables = new HashMap<>();

    /** The tables and columns to monitor. */
    static ObjectNode monitored() {
        ObjectNode tables = Json.object();
        COLUMNS.forEach((table, columns) -> tables.putObject(table).set("columns", Json.toTree(columns)));
        return tables;
    }

    /** Takes the tables of a monitor's first answer or of an update. */
    void update(JsonNode updates) {
        updates.properties().forEach(table -> {
            Map<String, ObjectNode> rows = tables.computeIfAbsent(table.getKey(), name -> new HashMap<>());
            table.getValue().properties().forEach(row -> {
                if (row.getValue().path("new") instanceof ObjectNode now) {
                    rows.computeIfAbsent(row.getKey(), uuid -> Json.object()).setAll(now);
                } else {
                    rows.remove(row.getKey());
                }
            });
        });
    }

    SwitchState state() {
        JsonNode root = rows("Open_vSwitch").values().stream()
                .findFirst()
                .map(JsonNode.class::cast)
                .orElse(Json.object());
        List<Bridge> bridges = new ArrayList<>();
        for (ObjectNode bridge : rows("Bridge").values()) {
            List<Port> ports = new ArrayList<>();
            for (String uuid : uuids(bridge.path("ports"))) {
                ObjectNode port = rows("Port").get(uuid);
                if (port != null) {
                    ports.add(port(port));
                }
            }
            bridges.add(new Bridge(
                    bridge.path("name").asText(),
                    bridge.path("datapath_type").asText(),
                    scalar(bridge.path("fail_mode")).asText(),
                    map(bridge.path("external_ids")),
                    ports));
        }
        return new SwitchState(root.path("dpdk_initialized").asBoolean(), bridges);
    }

    private Port port(ObjectNode port) {
        ObjectNode one = uuids(port.path("interfaces")).stream()
                .findFirst()
                .map(uuid -> rows("Interface").get(uuid))
                .orElse(Json.object());
        return new Port(
                port.path("name").asText(),
                one.path("type").asText(),
                map(one.path("options")),
                scalar(one.path("mtu_request")).asInt(0),
                map(port.path("external_ids")),
                Math.max(0, scalar(one.path("ofport")).asInt(0)),
                scalar(one.path("error")).asText(""));
    }

    /** UUIDs of rows of a table whose name is {@code name}; an empty list when there is none. */
    List<String> named(String table, String name) {
        List<String> found = new ArrayList<>();
        rows(table).forEach((uuid, row) -> {
            if (row.path("name").asText().equals(name)) {
                found.add(uuid);
            }
        });
        return found;
    }

    private Map<String, ObjectNode> rows(String table) {
        return tables.getOrDefault(table, Map.of());
    }

    /** An optional value is a set of none or one. */
    private static JsonNode scalar(JsonNode value) {
        return value.isArray() && value.path(0).asText().equals("set")
                ? value.path(1).path(0)
                : value;
    }

    private static List<String> uuids(JsonNode value) {
        List<String> found = new ArrayList<>();
        if (value.path(0).asText().equals("uuid")) {
            found.add(value.path(1).asText());
        } else {
            value.path(1).forEach(uuid -> found.add(uuid.path(1).asText()));
        }
        return found;
    }

    private static Map<String, String> map(JsonNode value) {
        Map<String, String> read = new TreeMap<>();
        BiConsumer<String, String> put = read::put;
        value.path(1)
                .forEach(pair -> put.accept(pair.path(0).asText(), pair.path(1).asText()));
        return read;
    }

    /** A map in the notation of the protocol. */
    static ArrayNode mapValue(Map<String, String> values) {
        ArrayNode pairs = Json.array();
        new TreeMap<>(values).forEach((key, value) -> pairs.addArray().add(key).add(value));
        return Json.array().add("map").add(pairs);
    }
}
