package io.latencyscheduler.dataplane.paths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.ovsdb.OvsdbClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A bridge of its own in Open vSwitch's DPDK datapath, with two vhost-user ports and no uplink: the probes meet the same
 * poll threads as the pods' frames, and none of their ports. Both calls may be repeated. Not thread-safe.
 */
final class ProbeBridge {
    static final String NAME = "ls-probe";
    private static final String OWNER_KEY = "latency-scheduler";
    private static final String OWNER = "paths";

    private final OvsdbClient database;

    ProbeBridge(OvsdbClient database) {
        this.database = database;
    }

    /**
     * Makes the bridge, unless it is there.
     *
     * @param sockets of the two ports; Open vSwitch connects to them
     * @throws IOException when the database does not answer or refuses, or somebody else has a bridge of this name
     */
    void create(List<Path> sockets) throws IOException {
        ArrayNode rows = transact(select());
        if (rows.size() > 0) {
            if (!isOurs(rows.get(0))) {
                throw new IOException("the Open vSwitch bridge " + NAME + " belongs to somebody else");
            }
            return;
        }
        ArrayNode operations = Json.array();
        ArrayNode ports = Json.array();
        ports.add(port(operations, NAME, "internal", null));
        for (int end = 0; end < sockets.size(); end++) {
            ports.add(port(operations, NAME + end, "dpdkvhostuserclient", sockets.get(end)));
        }
        ObjectNode bridge =
                Json.object().put("op", "insert").put("table", "Bridge").put("uuid-name", "bridge");
        ObjectNode row = bridge.putObject("row").put("name", NAME).put("datapath_type", "netdev");
        row.putArray("ports").add("set").add(ports);
        row.set("external_ids", map(OWNER_KEY, OWNER));
        operations.add(bridge);
        operations.add(mutateBridges("insert", Json.array().add("named-uuid").add("bridge")));
        transact(operations);
    }

    /** Removes the bridge, if it is there and ours. */
    void remove() throws IOException {
        for (JsonNode row : transact(select())) {
            if (isOurs(row)) {
                transact(Json.array().add(mutateBridges("delete", (ArrayNode) row.get("_uuid"))));
            }
        }
    }

    private static ArrayNode select() {
        ObjectNode select = Json.object().put("op", "select").put("table", "Bridge");
        select.putArray("where").addArray().add("name").add("==").add(NAME);
        select.putArray("columns").add("_uuid").add("external_ids");
        return Json.array().add(select);
    }

    private static boolean isOurs(JsonNode row) {
        for (JsonNode pair : row.at("/external_ids/1")) {
            if (pair.path(0).asText().equals(OWNER_KEY) && pair.path(1).asText().equals(OWNER)) {
                return true;
            }
        }
        return false;
    }

    /** Adds the operations that make a port with its interface; a reference to the port. */
    private static ArrayNode port(ArrayNode operations, String name, String type, @Nullable Path socket) {
        String id = name.replace('-', '_');
        ObjectNode face =
                Json.object().put("op", "insert").put("table", "Interface").put("uuid-name", "if_" + id);
        ObjectNode faceRow = face.putObject("row").put("name", name).put("type", type);
        if (socket != null) {
            faceRow.set("options", map("vhost-server-path", socket.toString()));
        }
        ObjectNode port = Json.object().put("op", "insert").put("table", "Port").put("uuid-name", "port_" + id);
        port.putObject("row")
                .put("name", name)
                .putArray("interfaces")
                .add("named-uuid")
                .add("if_" + id);
        operations.add(face).add(port);
        return Json.array().add("named-uuid").add("port_" + id);
    }

    private static ArrayNode map(String key, String value) {
        ArrayNode map = Json.array().add("map");
        map.addArray().addArray().add(key).add(value);
        return map;
    }

    private static ObjectNode mutateBridges(String mutator, ArrayNode uuid) {
        ObjectNode mutate = Json.object().put("op", "mutate").put("table", "Open_vSwitch");
        mutate.putArray("where");
        ArrayNode mutations = mutate.putArray("mutations");
        ArrayNode set = Json.array().add("set");
        set.addArray().add(uuid);
        mutations.addArray().add("bridges").add(mutator).add(set);
        mutations.addArray().add("next_cfg").add("+=").add(1);
        return mutate;
    }

    /** The rows of the first operation's answer; the database tells of a fault inside an answer, too. */
    private ArrayNode transact(ArrayNode operations) throws IOException {
        ArrayNode params = Json.array().add("Open_vSwitch").addAll(operations);
        JsonNode results = database.transact(Json.text(params));
        for (JsonNode result : results) {
            if (result.hasNonNull("error")) {
                throw new IOException("the Open vSwitch database refused: "
                        + result.path("error").asText() + ", "
                        + result.path("details").asText());
            }
        }
        return results.path(0).path("rows") instanceof ArrayNode rows ? rows : Json.array();
    }
}
