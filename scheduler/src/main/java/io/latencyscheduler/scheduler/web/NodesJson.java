package io.latencyscheduler.scheduler.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import java.time.Instant;

/** The ledger as it stands, node by node. On the scheduler's thread. */
final class NodesJson {
    private NodesJson() {}

    static ArrayNode of(Scheduler core, Instant now) {
        ArrayNode nodes = Json.array();
        Cluster cluster = core.cluster();
        NodeSet all = cluster.nodes();
        for (int place = 0; place < all.size(); place++) {
            nodes.add(node(all.get(place), now));
        }
        return nodes;
    }

    private static ObjectNode node(NodeState state, Instant now) {
        ObjectNode json = Json.object()
                .put("name", state.name())
                .put("pods", state.pods().size())
                .put("inventoried", state.inventory() != null)
                .put("ovsDpdk", state.ovsDpdk());
        ObjectNode owned = json.putObject("ownedPorts")
                .put("total", state.ownedPorts().total())
                .put("free", state.ownedPorts().headroom());
        ArrayNode ports = owned.putArray("ports");
        for (NodeInventory.Port port : state.ownedPorts().all()) {
            ports.addObject()
                    .put("name", port.name())
                    .put("holder", state.ownedPorts().holder(port.name()));
        }
        ArrayNode gated = json.putArray("gatedPorts");
        state.gatedPorts().keySet().forEach(gated::add);
        NodeDataplane dataplane = state.dataplane();
        if (dataplane != null) {
            json.putObject("agent")
                    .put("live", dataplane.liveAt(now))
                    .put("heartbeat", dataplane.heartbeatTime().toString())
                    .put("clock", dataplane.clock().state().wireName());
        }
        return json;
    }
}
