package io.latencyscheduler.dataplane.ovs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.dataplane.ovs.plan.SwitchChange;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedBridge;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedPort;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState;
import io.latencyscheduler.kube.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes changes as the operations of one OVSDB transaction (RFC 7047, section 5.2). */
final class Transactions {
    private static final String OWNER_COMMENT = "dataplane-agent";

    private final OvsdbRows rows;
    private final ArrayNode operations = Json.array();
    private final Map<String, String> madeBridges = new HashMap<>(); // name -> named-uuid
    private int names;

    private Transactions(OvsdbRows rows) {
        this.rows = rows;
    }

    /** The parameters of {@code transact}; the operations on rows that vanished in the meantime are left out. */
    static ArrayNode of(List<SwitchChange> changes, OvsdbRows rows) {
        Transactions made = new Transactions(rows);
        made.operations.add("Open_vSwitch");
        changes.forEach(made::add);
        made.mutate("Open_vSwitch", Json.array(), "next_cfg", "+=", Json.toTree(1));
        made.operations.addObject().put("op", "comment").put("comment", OWNER_COMMENT);
        return made.operations;
    }

    private void add(SwitchChange change) {
        if (change instanceof SwitchChange.AddBridge add) {
            addBridge(add.bridge());
        } else if (change instanceof SwitchChange.SetBridge set) {
            ObjectNode row = update("Bridge", set.bridge().name());
            row.put("datapath_type", set.bridge().datapathType())
                    .put("fail_mode", set.bridge().failMode());
        } else if (change instanceof SwitchChange.RemoveBridge remove) {
            for (String uuid : rows.named("Bridge", remove.bridge())) {
                mutate("Open_vSwitch", Json.array(), "bridges", "delete", reference("uuid", uuid));
            }
        } else if (change instanceof SwitchChange.AddPort add) {
            addPort(add.bridge(), add.port());
        } else if (change instanceof SwitchChange.RemovePort remove) {
            for (String uuid : rows.named("Port", remove.port())) {
                mutate("Bridge", whereName(remove.bridge()), "ports", "delete", reference("uuid", uuid));
            }
        } else if (change instanceof SwitchChange.SetInterface set) {
            ObjectNode row = update("Interface", set.port().name());
            row.set("options", OvsdbRows.mapValue(set.port().options()));
            if (set.port().mtuRequest() > 0) {
                row.put("mtu_request", set.port().mtuRequest());
            }
        }
    }

    private void addBridge(WantedBridge bridge) {
        WantedPort local = new WantedPort(bridge.name(), "internal", Map.of(), 0, Map.of());
        ObjectNode row = Json.object()
                .put("name", bridge.name())
                .put("datapath_type", bridge.datapathType())
                .put("fail_mode", bridge.failMode());
        row.set("external_ids", OvsdbRows.mapValue(Map.of(SwitchState.OWNER, SwitchState.AGENT)));
        row.set("ports", reference("named-uuid", insertPort(local)));
        String name = insert("Bridge", row);
        madeBridges.put(bridge.name(), name);
        mutate("Open_vSwitch", Json.array(), "bridges", "insert", reference("named-uuid", name));
    }

    private void addPort(String bridge, WantedPort port) {
        String name = insertPort(port);
        String made = madeBridges.get(bridge);
        // A row of the same transaction is found by its name as well: operations run in order.
        mutate("Bridge", whereName(bridge), "ports", "insert", reference("named-uuid", name));
        if (made == null && rows.named("Bridge", bridge).isEmpty()) {
            throw new IllegalStateException("port " + port.name() + " for a bridge that does not exist: " + bridge);
        }
    }

    private String insertPort(WantedPort port) {
        ObjectNode link = Json.object().put("name", port.name()).put("type", port.type());
        link.set("options", OvsdbRows.mapValue(port.options()));
        if (port.mtuRequest() > 0) {
            link.put("mtu_request", port.mtuRequest());
        }
        Map<String, String> ids = new HashMap<>(port.externalIds());
        ids.put(SwitchState.OWNER, SwitchState.AGENT);
        ObjectNode row = Json.object().put("name", port.name());
        row.set("interfaces", reference("named-uuid", insert("Interface", link)));
        row.set("external_ids", OvsdbRows.mapValue(ids));
        return insert("Port", row);
    }

    private String insert(String table, ObjectNode row) {
        String name = "row" + names++;
        ObjectNode operation = operations.addObject().put("op", "insert").put("table", table);
        operation.set("row", row);
        operation.put("uuid-name", name);
        return name;
    }

    private ObjectNode update(String table, String name) {
        ObjectNode operation = operations.addObject().put("op", "update").put("table", table);
        operation.set("where", whereName(name));
        return operation.putObject("row");
    }

    private void mutate(String table, ArrayNode where, String column, String mutator, JsonNode value) {
        ObjectNode operation = operations.addObject().put("op", "mutate").put("table", table);
        operation.set("where", where);
        operation.putArray("mutations").addArray().add(column).add(mutator).add(value);
    }

    private static ArrayNode whereName(String name) {
        ArrayNode where = Json.array();
        where.addArray().add("name").add("==").add(name);
        return where;
    }

    private static ArrayNode reference(String kind, String uuid) {
        return Json.array().add(kind).add(uuid);
    }
}
