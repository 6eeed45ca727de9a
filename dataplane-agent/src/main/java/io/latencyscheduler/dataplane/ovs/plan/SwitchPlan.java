package io.latencyscheduler.dataplane.ovs.plan;

import io.latencyscheduler.dataplane.ovs.plan.SwitchState.Bridge;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState.Port;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The bridges and ports that the overlay needs, and the steps from what is there.
 *
 * @param bridges in the order in which they are made
 */
public record SwitchPlan(List<WantedBridge> bridges) {
    /** Key in {@code external_ids} of a pod's port: the steps never touch it, attaching and detaching do. */
    public static final String CONTAINER = "latency-scheduler.io/container-id";

    public SwitchPlan {
        bridges = List.copyOf(bridges);
    }

    /** A bridge: {@code datapathType} is {@code netdev} for the user-space datapath. */
    public record WantedBridge(String name, String datapathType, String failMode, List<WantedPort> ports) {
        public WantedBridge {
            ports = List.copyOf(ports);
        }
    }

    /** A port: {@code type} and {@code options} as in ovs-vswitchd.conf.db(5); {@code mtuRequest} 0 leaves it to the switch. */
    public record WantedPort(
            String name, String type, Map<String, String> options, int mtuRequest, Map<String, String> externalIds) {
        public WantedPort {
            options = Map.copyOf(options);
            externalIds = Map.copyOf(externalIds);
        }
    }

    /**
     * What came of comparing.
     *
     * @param changes in the order in which they are to be made
     * @param refusals why some of the plan cannot be had, one sentence each: names that somebody else uses
     */
    public record Difference(List<SwitchChange> changes, List<String> refusals) {
        public Difference {
            changes = List.copyOf(changes);
            refusals = List.copyOf(refusals);
        }
    }

    /** The steps from {@code state} to this plan. */
    public Difference from(SwitchState state) {
        List<SwitchChange> changes = new ArrayList<>();
        List<String> refusals = new ArrayList<>();
        for (Bridge bridge : state.bridges()) {
            if (bridge.owned()
                    && bridges.stream().noneMatch(wanted -> wanted.name().equals(bridge.name()))) {
                changes.add(new SwitchChange.RemoveBridge(bridge.name()));
            }
        }
        for (WantedBridge wanted : bridges) {
            Optional<Bridge> present = state.bridge(wanted.name());
            if (present.isPresent() && !present.get().owned()) {
                refusals.add("bridge " + wanted.name()
                        + " exists and is not the agent's: name another in dataplane.overlay, or remove it");
            } else {
                compareBridge(wanted, present, changes);
                comparePorts(wanted, present, state, changes, refusals);
            }
        }
        return new Difference(changes, refusals);
    }

    private static void compareBridge(WantedBridge wanted, Optional<Bridge> present, List<SwitchChange> changes) {
        if (present.isEmpty()) {
            changes.add(new SwitchChange.AddBridge(wanted));
        } else if (!present.get().datapathType().equals(wanted.datapathType())
                || !present.get().failMode().equals(wanted.failMode())) {
            changes.add(new SwitchChange.SetBridge(wanted));
        }
    }

    private static void comparePorts(
            WantedBridge wanted,
            Optional<Bridge> present,
            SwitchState state,
            List<SwitchChange> changes,
            List<String> refusals) {
        List<Port> there = present.map(Bridge::ports).orElse(List.of());
        for (Port port : there) {
            if (port.owned()
                    && !port.name().equals(wanted.name()) // the bridge's local port comes and goes with it
                    && !port.externalIds().containsKey(CONTAINER)
                    && wanted.ports().stream().noneMatch(other -> other.name().equals(port.name()))) {
                changes.add(new SwitchChange.RemovePort(wanted.name(), port.name()));
            }
        }
        for (WantedPort port : wanted.ports()) {
            Optional<Port> same = there.stream()
                    .filter(other -> other.name().equals(port.name()))
                    .findFirst();
            if (same.isEmpty()) {
                comparePortElsewhere(wanted, port, state, changes, refusals);
            } else if (!same.get().owned()) {
                refusals.add("port " + port.name() + " on " + wanted.name() + " is not the agent's: remove it");
            } else if (!same.get().type().equals(port.type())) {
                changes.add(new SwitchChange.RemovePort(wanted.name(), port.name()));
                changes.add(new SwitchChange.AddPort(wanted.name(), port));
            } else if (!same.get().options().equals(port.options())
                    || (port.mtuRequest() > 0 && same.get().mtuRequest() != port.mtuRequest())) {
                changes.add(new SwitchChange.SetInterface(port));
            }
        }
    }

    /** Port names are unique in the whole switch. */
    private static void comparePortElsewhere(
            WantedBridge wanted,
            WantedPort port,
            SwitchState state,
            List<SwitchChange> changes,
            List<String> refusals) {
        for (Bridge bridge : state.bridges()) {
            for (Port other : bridge.ports()) {
                if (other.name().equals(port.name()) && !other.owned()) {
                    refusals.add("port " + port.name() + " is on bridge " + bridge.name()
                            + " and not the agent's: remove it there");
                    return;
                }
            }
        }
        changes.add(new SwitchChange.AddPort(wanted.name(), port));
    }
}
