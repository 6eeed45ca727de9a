package io.latencyscheduler.dataplane.ovs;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.util.Arrays;

/** Any JSON as updates of an OVSDB monitor, one a line: a state of the switch, of whatever they tell. */
public final class OvsdbFuzz {
    private OvsdbFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        OvsdbRows rows = new OvsdbRows();
        int from = 0;
        for (int to = 0; to <= input.length; to++) {
            if (to == input.length || input[to] == '\n') {
                update(rows, Arrays.copyOfRange(input, from, to));
                from = to + 1;
            }
        }
        SwitchState state = rows.state();
        state.bridges().forEach(bridge -> rows.named("Bridge", bridge.name()));
    }

    private static void update(OvsdbRows rows, byte[] line) {
        JsonNode tables;
        try {
            tables = Json.tree(line);
        } catch (IOException notJson) {
            return;
        }
        rows.update(tables);
    }
}
