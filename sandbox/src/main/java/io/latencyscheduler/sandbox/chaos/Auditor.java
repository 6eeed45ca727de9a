package io.latencyscheduler.sandbox.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checks, from what the API server says alone and with none of the scheduler's code, that no device is given twice and
 * that what was given exists. It is told every change of a pod in the server's order. Thread-safe.
 */
public final class Auditor {
    /** What is wrong. */
    public enum Kind {
        /** Two pods that are bound and not ended were given one port. */
        PORT_GIVEN_TWICE,
        /** Two pods ran with one port at the same time. */
        PORT_USED_TWICE,
        /** Windows of two streams on one port meet. */
        WINDOWS_MEET,
        /** A pod was given what its node's inventory does not have. */
        NOT_IN_INVENTORY,
        /** The allocation is none, or was made for another pod. */
        NOT_ITS_OWN,
        /** A pod was bound to a node that could not take it. */
        INFEASIBLE
    }

    /**
     * One fault, told once.
     *
     * @param pods those it concerns, {@code namespace/name}
     */
    public record Violation(Kind kind, String sentence, Set<String> pods) {}

    /** @param periodNs from one window to the next, which may be shorter than the period of the stream */
    private record Window(String name, String port, long periodNs, long offsetNs, long windowNs) {}

    private record Holder(String uid, String pod, String node, Set<String> ports, List<Window> streams) {}

    /** Owned and gated ports by node; guarded by this. */
    private final Map<String, Set<String>> inventories = new HashMap<>();
    /** Bound pods that have not ended, by UID; guarded by this. */
    private final Map<String, Holder> holders = new LinkedHashMap<>();
    /** The same by node, since only pods of one node can take each other's; guarded by this. */
    private final Map<String, Set<Holder>> byNode = new HashMap<>();
    /** What is wrong now, with the UIDs it concerns; guarded by this. */
    private final Map<Violation, Set<String>> open = new LinkedHashMap<>();

    /** Pods that run with what they were given, by UID; guarded by this. */
    private final Map<String, Holder> users = new LinkedHashMap<>();

    private final Set<Violation> found = new LinkedHashSet<>();
    private final Predicate<JsonNode> feasible;
    private int bound;

    /**
     * @param feasible whether a bound pod could run on its node, by what the one who made both knows of them
     */
    public Auditor(Predicate<JsonNode> feasible) {
        this.feasible = feasible;
    }

    /** The node's inventory as written in the API server. */
    public synchronized void inventory(JsonNode inventory) {
        Set<String> ports = new LinkedHashSet<>();
        for (JsonNode port : inventory.at("/spec/ports")) {
            if (Set.of("owned", "gated").contains(port.path("role").asText())) {
                ports.add(port.path("name").asText());
            }
        }
        inventories.put(Json.text(inventory, "/metadata/name"), ports);
    }

    /** A pod that appeared or changed. */
    public synchronized void changed(JsonNode pod) {
        String uid = Json.text(pod, "/metadata/uid");
        boolean ended = Set.of("Succeeded", "Failed").contains(Json.text(pod, "/status/phase"));
        if (ended || Json.text(pod, "/spec/nodeName").isEmpty()) {
            gone(uid);
        } else if (!holders.containsKey(uid)) {
            Holder holder = holder(pod);
            holders.put(uid, holder);
            byNode.computeIfAbsent(holder.node, node -> new LinkedHashSet<>()).add(holder);
            bound++;
            judge(holder, pod);
        }
    }

    /** A pod begins to run with the ports that its node handed over. */
    public synchronized void begun(String podUid) {
        Holder user = holders.get(podUid);
        if (user == null) {
            return;
        }
        for (Holder other : users.values()) {
            if (other.node.equals(user.node)) {
                for (String port : user.ports) {
                    if (other.ports.contains(port)) {
                        report(
                                Kind.PORT_USED_TWICE,
                                user.pod + " ran with port " + port + " of " + user.node + " while " + other.pod
                                        + " did",
                                user,
                                other);
                    }
                }
            }
        }
        users.put(podUid, user);
    }

    /** A pod is about to end, by its own will. */
    public synchronized void ended(String podUid) {
        users.remove(podUid);
    }

    /** A pod that was deleted. */
    public synchronized void deleted(JsonNode pod) {
        gone(Json.text(pod, "/metadata/uid"));
    }

    /** All pods there are, after changes may have been missed: those that are not among them are gone. */
    public synchronized void relisted(Collection<JsonNode> pods) {
        Set<String> present = new LinkedHashSet<>();
        pods.forEach(pod -> present.add(Json.text(pod, "/metadata/uid")));
        List.copyOf(holders.keySet()).stream()
                .filter(uid -> !present.contains(uid))
                .forEach(this::gone);
        pods.forEach(this::changed);
    }

    private void gone(String uid) {
        Holder holder = holders.remove(uid);
        if (holder != null) {
            byNode.getOrDefault(holder.node, new LinkedHashSet<>()).remove(holder);
        }
        users.remove(uid);
        open.values().removeIf(concerned -> concerned.contains(uid));
    }

    /** Everything that was ever wrong. */
    public synchronized List<Violation> found() {
        return List.copyOf(found);
    }

    /** What is wrong still. */
    public synchronized List<Violation> open() {
        return List.copyOf(open.keySet());
    }

    /** Pods seen to be bound so far. */
    public synchronized int bound() {
        return bound;
    }

    /** Pods bound and not ended. */
    public synchronized int holding() {
        return holders.size();
    }

    private void report(Kind kind, String sentence, Holder... concerned) {
        Set<String> pods = Stream.of(concerned).map(Holder::pod).collect(Collectors.toUnmodifiableSet());
        Violation violation = new Violation(kind, sentence, pods);
        found.add(violation);
        open.put(violation, Stream.of(concerned).map(Holder::uid).collect(Collectors.toUnmodifiableSet()));
    }

    private Holder holder(JsonNode pod) {
        String name = Json.text(pod, "/metadata/namespace") + "/" + Json.text(pod, "/metadata/name");
        Set<String> ports = new LinkedHashSet<>();
        List<Window> streams = new ArrayList<>();
        JsonNode allocation = allocation(pod);
        allocation.path("interfaces").forEach(port -> ports.add(port.asText()));
        for (JsonNode stream : allocation.path("streams")) {
            streams.add(new Window(
                    name + " " + stream.path("name").asText(),
                    stream.path("port").asText(),
                    stream.path("windowPeriodNs").asLong(stream.path("periodNs").asLong()),
                    stream.path("offsetNs").asLong(),
                    stream.path("windowNs").asLong()));
        }
        return new Holder(Json.text(pod, "/metadata/uid"), name, Json.text(pod, "/spec/nodeName"), ports, streams);
    }

    private static JsonNode allocation(JsonNode pod) {
        String text =
                pod.path("metadata").path("annotations").path(Keys.ALLOCATION).asText("");
        try {
            return text.isEmpty() ? Json.object() : Json.parse(text.getBytes(StandardCharsets.UTF_8));
        } catch (ApiFailure malformed) {
            return Json.object();
        }
    }

    private void judge(Holder holder, JsonNode pod) {
        JsonNode annotations = pod.path("metadata").path("annotations");
        boolean asks = annotations.has(Keys.PREFIX + "interfaces") || annotations.has(Keys.PREFIX + "period");
        boolean given = !holder.ports.isEmpty() || !holder.streams.isEmpty();
        if (asks != given || (given && !allocation(pod).path("podUid").asText().equals(holder.uid))) {
            report(
                    Kind.NOT_ITS_OWN,
                    holder.pod + " holds '" + annotations.path(Keys.ALLOCATION).asText() + "'",
                    holder);
        }
        Set<String> known = inventories.getOrDefault(holder.node, Set.of());
        Set<String> used = new LinkedHashSet<>(holder.ports);
        holder.streams.forEach(stream -> used.add(stream.port));
        used.removeAll(known);
        if (!used.isEmpty()) {
            report(
                    Kind.NOT_IN_INVENTORY,
                    holder.pod + " on " + holder.node + " holds " + used + ", there are " + known,
                    holder);
        }
        if (!feasible.test(pod)) {
            report(Kind.INFEASIBLE, holder.pod + " was bound to " + holder.node, holder);
        }
        for (Holder other : byNode.getOrDefault(holder.node, Set.of())) {
            if (other != holder) {
                compare(other, holder);
            }
        }
        for (int i = 0; i < holder.streams.size(); i++) {
            for (int j = i + 1; j < holder.streams.size(); j++) {
                compare(holder.streams.get(i), holder.streams.get(j), holder, holder);
            }
        }
    }

    private void compare(Holder first, Holder second) {
        for (String port : second.ports) {
            if (first.ports.contains(port)) {
                report(
                        Kind.PORT_GIVEN_TWICE,
                        "port " + port + " of " + second.node + " was given to " + first.pod + " and to " + second.pod,
                        first,
                        second);
            }
        }
        for (Window one : first.streams) {
            for (Window other : second.streams) {
                compare(one, other, first, second);
            }
        }
    }

    /** [o1 + i T1, + C1) and [o2 + j T2, + C2) never meet iff C1 <= (o2 - o1) mod g <= g - C2, with g = gcd(T1, T2). */
    private void compare(Window one, Window other, Holder... holders) {
        if (!one.port.equals(other.port)) {
            return;
        }
        long gcd = BigInteger.valueOf(one.periodNs)
                .gcd(BigInteger.valueOf(other.periodNs))
                .longValue();
        long distance = Math.floorMod(other.offsetNs - one.offsetNs, Math.max(1, gcd));
        if (distance < one.windowNs || distance > gcd - other.windowNs) {
            report(
                    Kind.WINDOWS_MEET,
                    "on port " + one.port + ", windows of " + one.name + " and " + other.name,
                    holders);
        }
    }

    /** How often each kind was found; kinds that were not are there with 0. */
    public synchronized Map<Kind, Integer> counts() {
        Map<Kind, Integer> counts = new TreeMap<>();
        for (Kind kind : Kind.values()) {
            counts.put(kind, (int)
                    found.stream().filter(each -> each.kind() == kind).count());
        }
        return counts;
    }
}
