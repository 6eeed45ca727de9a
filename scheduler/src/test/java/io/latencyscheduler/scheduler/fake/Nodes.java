package io.latencyscheduler.scheduler.fake;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.Quantity;
import io.latencyscheduler.scheduler.model.Taint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Builds nodes, inventories and dataplanes. A node offers 4 CPUs, 8 GiB and 110 pods unless said otherwise. */
public final class Nodes {
    private final String name;
    private String uid;
    private boolean unschedulable;
    private String ready = "True";
    private final Map<String, String> labels = new HashMap<>();
    private final Map<String, String> annotations = new HashMap<>();
    private final List<Taint> taints = new ArrayList<>();
    private final Map<String, Quantity> allocatable =
            Quantities.of("cpu", "4", "memory", "8Gi", "pods", "110", "ephemeral-storage", "100Gi");

    private Nodes(String name) {
        this.name = name;
        this.uid = "uid-" + name;
        labels.put("kubernetes.io/hostname", name);
    }

    public static Nodes node(String name) {
        return new Nodes(name);
    }

    public Nodes uid(String value) {
        uid = value;
        return this;
    }

    public Nodes cordoned() {
        unschedulable = true;
        return this;
    }

    public Nodes lost() {
        ready = "Unknown";
        return this;
    }

    public Nodes label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    public Nodes annotation(String key, String value) {
        annotations.put(key, value);
        return this;
    }

    public Nodes taint(String key, String value, String effect) {
        taints.add(new Taint(key, value, effect));
        return this;
    }

    public Nodes offers(String... namesAndAmounts) {
        allocatable.putAll(Quantities.of(namesAndAmounts));
        return this;
    }

    public Node build() {
        return new Node(
                new ObjectMeta(name, "", uid, "1", 0, labels, annotations, FakeClock.START, null, List.of()),
                new Node.Spec(unschedulable, taints),
                new Node.Status(allocatable, allocatable, List.of(new Pod.Condition("Ready", ready, "", ""))));
    }

    /** An inventory of owned ports, each {@code name} or {@code name@numa}, for the node as built by {@link #node}. */
    public static NodeInventory inventory(String node, boolean ovsDpdk, String... ownedPorts) {
        List<NodeInventory.Port> ports = new ArrayList<>();
        for (String text : ownedPorts) {
            String[] parts = text.split("@", 2);
            ports.add(port(parts[0], parts.length > 1 ? Integer.parseInt(parts[1]) : 0, NodeInventory.Role.OWNED));
        }
        return new NodeInventory("uid-" + node, ports, ovsDpdk, List.of(), "");
    }

    /** An inventory with one gated port of 1 Gb/s. */
    public static NodeInventory gatedInventory(String node, String port) {
        return new NodeInventory("uid-" + node, List.of(port(port, 0, NodeInventory.Role.GATED)), false, List.of(), "");
    }

    private static NodeInventory.Port port(String name, int numaNode, NodeInventory.Role role) {
        return new NodeInventory.Port(
                name,
                name,
                null,
                "X710",
                "8086:1572",
                "vfio-pci",
                numaNode,
                1_000_000_000L,
                true,
                role,
                "test",
                Set.of(),
                null,
                null,
                null,
                1);
    }

    /** A live agent with one gated port of 1 Gb/s and a guard of 1 µs. */
    public static NodeDataplane dataplane(Instant heartbeat, String port) {
        return dataplane(heartbeat, List.of(gatedPort(port, true)), List.of(), List.of());
    }

    public static NodeDataplane.GatedPort gatedPort(String name, boolean linkUp) {
        return new NodeDataplane.GatedPort(name, "af_packet", 1_000_000_000L, linkUp, 1_000, 0, 1522, List.of(), null);
    }

    public static NodeDataplane dataplane(
            Instant heartbeat,
            List<NodeDataplane.GatedPort> ports,
            List<NodeDataplane.MeasuredPath> paths,
            List<NodeDataplane.Installed> installed) {
        return new NodeDataplane(
                heartbeat,
                "test",
                new NodeDataplane.Clock(NodeDataplane.ClockState.LOCKED, "ptp", 37, 100),
                ports,
                paths,
                installed,
                List.of());
    }

    public static NodeDataplane.MeasuredPath measured(Tier tier, long p999Ns, long samples, Instant at) {
        return new NodeDataplane.MeasuredPath(
                tier, new NodeDataplane.Quantiles(samples, p999Ns, p999Ns, p999Ns, p999Ns), at);
    }
}
