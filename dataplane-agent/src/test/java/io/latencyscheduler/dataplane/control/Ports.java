package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import java.util.Set;

/** Inventory ports for tests. */
final class Ports {
    private Ports() {}

    static Port gated(String name, long linkRateBps) {
        return new Port(
                name,
                null,
                name,
                "virtual Ethernet",
                null,
                "veth",
                -1,
                linkRateBps,
                true,
                Role.GATED,
                "configured",
                Set.of(),
                null,
                null,
                null,
                1);
    }
}
