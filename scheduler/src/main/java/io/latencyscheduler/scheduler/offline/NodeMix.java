package io.latencyscheduler.scheduler.offline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.scheduler.model.Quantity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Nodes that nobody has bought yet, from a few lines that describe each kind: the cluster of a plan. */
public final class NodeMix {
    /** More nodes than Kubernetes supports are a slip of the pen. */
    private static final int MAX_NODES = 100_000;

    private static final int MAX_PORTS = 256;
    private static final Set<String> KEYS = Set.of("nodes", "properties");
    private static final Set<String> NODE_KEYS = Set.of(
            "name",
            "count",
            "cpu",
            "memory",
            "pods",
            "zones",
            "labels",
            "dpdkPorts",
            "ovsDpdk",
            "gatedPorts",
            "gatedPortBps",
            "guard");

    private final List<Fault> faults = new ArrayList<>();
    private final List<JsonNode> objects = new ArrayList<>();
    private final Instant now;
    private int total;

    private NodeMix(Instant now) {
        this.now = now;
    }

    /**
     * Reads {@code nodes}, a list of kinds, and {@code properties} of the scheduler; see docs/how-to/plan-a-cluster.md.
     *
     * @param origin for messages
     * @throws IllegalArgumentException with one sentence per fault
     */
    public static Snapshot read(String text, String origin, Instant now) {
        NodeMix mix = new NodeMix(now);
        Map<String, String> properties = new TreeMap<>();
        Object tree;
        try {
            tree = Yaml.read(text);
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException(origin + ": " + malformed.getMessage(), malformed);
        }
        if (tree instanceof Map<?, ?> document && document.get("nodes") instanceof List<?> kinds && !kinds.isEmpty()) {
            mix.onlyKeys("", document, KEYS);
            for (int i = 0; i < kinds.size(); i++) {
                mix.kind("nodes[" + i + "]", kinds.get(i));
            }
            if (document.get("properties") instanceof Map<?, ?> given) {
                given.forEach((key, value) -> properties.put(String.valueOf(key), String.valueOf(value)));
            }
        } else {
            mix.faults.add(new Fault("nodes", "", "a list of kinds of nodes, each with a name and a count"));
        }
        if (!mix.faults.isEmpty()) {
            throw new IllegalArgumentException(mix.faults.stream()
                    .map(fault -> origin + ": " + fault.sentence())
                    .collect(Collectors.joining("\n")));
        }
        return new Snapshot(now, properties, mix.objects);
    }

    private void onlyKeys(String path, Map<?, ?> map, Set<String> keys) {
        for (Object key : map.keySet()) {
            if (!keys.contains(String.valueOf(key))) {
                faults.add(new Fault(
                        path + (path.isEmpty() ? "" : ".") + key,
                        String.valueOf(map.get(key)),
                        "one of " + keys.stream().sorted().collect(Collectors.joining(", "))));
            }
        }
    }

    private void kind(String path, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> kind)) {
            faults.add(new Fault(path, String.valueOf(value), "a map with at least a name and a count"));
            return;
        }
        onlyKeys(path, kind, NODE_KEYS);
        String name = kind.get("name") instanceof String text ? text : "";
        if (!name.matches("[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?")) {
            faults.add(new Fault(path + ".name", name, "a DNS label of at most 42 characters"));
        }
        int count = integer(path, kind, "count", 1, 1, MAX_NODES);
        int pods = integer(path, kind, "pods", 110, 1, 10_000);
        int zones = integer(path, kind, "zones", 1, 1, 1_000);
        int dpdkPorts = integer(path, kind, "dpdkPorts", 0, 0, MAX_PORTS);
        int gatedPorts = integer(path, kind, "gatedPorts", 0, 0, MAX_PORTS);
        int gatedPortBps = integer(path, kind, "gatedPortBps", 1_000_000_000, 1_000_000, Integer.MAX_VALUE);
        String cpu = quantity(path, kind, "cpu", "32");
        String memory = quantity(path, kind, "memory", "128Gi");
        boolean ovsDpdk = Boolean.TRUE.equals(kind.get("ovsDpdk"));
        if (kind.get("ovsDpdk") != null && !(kind.get("ovsDpdk") instanceof Boolean)) {
            faults.add(new Fault(path + ".ovsDpdk", String.valueOf(kind.get("ovsDpdk")), "true or false"));
        }
        String guard = String.valueOf(kind.get("guard") == null ? "1us" : kind.get("guard"));
        OptionalLong guardNs = Durations.parse(guard);
        if (guardNs.isEmpty()) {
            faults.add(new Fault(path + ".guard", guard, Durations.ACCEPTED));
        }
        total += count;
        if (total > MAX_NODES) {
            faults.add(new Fault(path + ".count", String.valueOf(count), "so that there are at most " + MAX_NODES));
        }
        if (!faults.isEmpty()) {
            return;
        }
        List<NodeInventory.Port> ports = new ArrayList<>();
        for (int i = 0; i < dpdkPorts; i++) {
            ports.add(port(
                    "0000:%02x:%02x.%d".formatted(5 + i / 64, i / 8 % 8, i % 8),
                    i,
                    25_000_000_000L,
                    NodeInventory.Role.OWNED));
        }
        List<NodeDataplane.GatedPort> gated = new ArrayList<>();
        for (int i = 0; i < gatedPorts; i++) {
            ports.add(port("uplink" + i, i, gatedPortBps, NodeInventory.Role.GATED));
            gated.add(new NodeDataplane.GatedPort(
                    "uplink" + i, "dpdk", gatedPortBps, true, guardNs.orElseThrow(), 0, 1522, List.of(), null));
        }
        for (int i = 1; i <= count; i++) {
            node(name + "-" + i, cpu, memory, pods, "zone-" + (i - 1) % zones, kind.get("labels"));
            inventory(name + "-" + i, new NodeInventory(name + "-" + i, ports, ovsDpdk, List.of(), ""));
            if (!gated.isEmpty()) {
                dataplane(name + "-" + i, gated);
            }
        }
    }

    private int integer(String path, Map<?, ?> map, String key, int fallback, int min, int max) {
        Object value = map.get(key);
        if (value == null) {
            return fallback;
        }
        if (value instanceof Number number
                && number.longValue() >= min
                && number.longValue() <= max
                && number.doubleValue() == number.longValue()) {
            return number.intValue();
        }
        faults.add(new Fault(path + "." + key, String.valueOf(value), "an integer from " + min + " to " + max));
        return fallback;
    }

    private String quantity(String path, Map<?, ?> map, String key, String fallback) {
        Object value = map.get(key);
        if (value == null) {
            return fallback;
        }
        try {
            return Quantity.valueOf(String.valueOf(value)).milliValue() > 0 ? String.valueOf(value) : fallback;
        } catch (IllegalArgumentException malformed) {
            faults.add(new Fault(path + "." + key, String.valueOf(value), "a Kubernetes quantity such as 32 or 128Gi"));
            return fallback;
        }
    }

    private static NodeInventory.Port port(String name, int number, long linkRateBps, NodeInventory.Role role) {
        return new NodeInventory.Port(
                name,
                role == NodeInventory.Role.OWNED ? name : null,
                null,
                "planned",
                null,
                null,
                number % 2,
                linkRateBps,
                true,
                role,
                "planned",
                Set.of(),
                null,
                null,
                null,
                0);
    }

    private void node(String name, String cpu, String memory, int pods, String zone, @Nullable Object labels) {
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        ObjectNode worn =
                node.putObject("metadata").put("name", name).put("uid", name).putObject("labels");
        worn.put("kubernetes.io/hostname", name)
                .put("kubernetes.io/os", "linux")
                .put("topology.kubernetes.io/zone", zone)
                .put(Keys.SIMULATED_LABEL, "true");
        if (labels instanceof Map<?, ?> more) {
            more.forEach((key, value) -> worn.put(String.valueOf(key), String.valueOf(value)));
        }
        ObjectNode status = node.putObject("status");
        status.putObject("allocatable").put("cpu", cpu).put("memory", memory).put("pods", String.valueOf(pods));
        status.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
        objects.add(node);
    }

    private void inventory(String name, NodeInventory inventory) {
        object(NodeInventory.KIND, name).set("spec", Json.toTree(inventory));
    }

    private void dataplane(String name, List<NodeDataplane.GatedPort> ports) {
        NodeDataplane dataplane = new NodeDataplane(
                now,
                "planned",
                new NodeDataplane.Clock(NodeDataplane.ClockState.LOCKED, "planned", 37, 0),
                ports,
                List.of(),
                List.of(),
                List.of());
        object(NodeDataplane.KIND, name).set("status", Json.toTree(dataplane));
    }

    private ObjectNode object(String kind, String name) {
        ObjectNode object =
                Json.object().put("apiVersion", Keys.GROUP + "/" + Keys.VERSION).put("kind", kind);
        object.putObject("metadata").put("name", name).put("uid", name);
        objects.add(object);
        return object;
    }
}
