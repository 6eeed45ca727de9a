package io.latencyscheduler.dataplane.ovs.plan;

import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedBridge;
import io.latencyscheduler.dataplane.ovs.plan.SwitchPlan.WantedPort;

/** One step towards the plan; the steps of a plan are one transaction. */
public sealed interface SwitchChange {
    /** A bridge with its local port, marked as the agent's. */
    record AddBridge(WantedBridge bridge) implements SwitchChange {}

    /** Datapath type and fail mode of a bridge of the agent. */
    record SetBridge(WantedBridge bridge) implements SwitchChange {}

    /** A bridge of the agent with all its ports. */
    record RemoveBridge(String bridge) implements SwitchChange {}

    /** A port with its interface, marked as the agent's. */
    record AddPort(String bridge, WantedPort port) implements SwitchChange {}

    /** A port of the agent. */
    record RemovePort(String bridge, String port) implements SwitchChange {}

    /** Options and MTU of the interface of a port of the agent. */
    record SetInterface(WantedPort port) implements SwitchChange {}
}
