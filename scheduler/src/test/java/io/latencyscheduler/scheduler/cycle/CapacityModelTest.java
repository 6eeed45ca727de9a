package io.latencyscheduler.scheduler.cycle;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random lives of pods against a model of the API server: bindings succeed, fail or conflict, their outcome comes before or
 * after the watch event, pods are deleted at any moment, nodes come and go. No port is ever bound twice, and in the end no
 * pod waits that would fit.
 */
class CapacityModelTest {
    private static final int NODES = 3;
    private static final String[] PORTS = {"p0", "p1", "p2"};

    private final Random random = new Random();
    private final Harness harness = new Harness(TierSettings.DEFAULT);
    /** What the API server has bound, by pod name. */
    private final Map<String, Binder.Request> bound = new LinkedHashMap<>();

    private final Set<String> waiting = new HashSet<>();
    private final Map<String, Integer> demands = new LinkedHashMap<>();
    /** Bound pods whose watch event has not been delivered. */
    private final List<Binder.Request> unheard = new ArrayList<>();

    private int created;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void shouldNeverBindAPortTwiceNorStrandAPod(int round) {
        long seed = System.nanoTime() + round;
        System.out.println("seed " + seed);
        random.setSeed(seed);
        harness.answer = false;
        for (int i = 0; i < NODES; i++) {
            harness.node(node("n" + i));
            harness.inbox().inventory("n" + i, Nodes.inventory("n" + i, false, PORTS));
        }
        for (int step = 0; step < 600; step++) {
            act();
            harness.run();
            assertNoPortTwice(seed);
        }
        settle();
        assertNobodyStranded(seed);
    }

    private void act() {
        switch (random.nextInt(9)) {
            case 0, 1 -> create();
            case 2, 3, 4 -> answer();
            case 5 -> hear();
            case 6 -> delete();
            case 7 -> harness.clock.advance(Duration.ofMillis(random.nextInt(4_000)));
            default -> {
                String name = "n" + random.nextInt(NODES);
                if (random.nextBoolean()) {
                    harness.inbox().nodeDeleted(name);
                }
                harness.node(node(name));
            }
        }
    }

    private void create() {
        String name = "q" + created++;
        int ports = 1 + random.nextInt(2);
        demands.put(name, ports);
        waiting.add(name);
        harness.pod(unbound(name));
    }

    private Pods unbound(String name) {
        return pod(name).ask("latency", "1ms").ask("interfaces", Integer.toString(demands.get(name)));
    }

    private void answer() {
        if (harness.unanswered.isEmpty()) {
            return;
        }
        List<String> names = new ArrayList<>(harness.unanswered.keySet());
        String name = names.get(random.nextInt(names.size()));
        CompletableFuture<Binder.Result> result = harness.unanswered.remove(name);
        Binder.Request request = harness.bound.get(name);
        boolean alive = waiting.contains(name);
        if (!alive) {
            result.complete(new Binder.Result.Conflict("not found"));
        } else if (random.nextInt(4) == 0) {
            result.complete(new Binder.Result.Failed("503"));
        } else {
            waiting.remove(name);
            bound.put(name, request);
            unheard.add(request);
            if (random.nextBoolean()) {
                hear();
            }
            result.complete(new Binder.Result.Bound());
        }
    }

    private void hear() {
        if (!unheard.isEmpty()) {
            Binder.Request request = unheard.remove(0);
            harness.inbox().pod(Pods.bound(request.pod(), request.nodeName(), request.allocation()));
        }
    }

    private void delete() {
        List<String> all = new ArrayList<>(bound.keySet());
        all.addAll(waiting);
        if (all.isEmpty()) {
            return;
        }
        String name = all.get(random.nextInt(all.size()));
        Binder.Request request = bound.remove(name);
        waiting.remove(name);
        if (request != null) {
            // One pod's events come in order: the binding is heard before the deletion.
            if (unheard.remove(request)) {
                harness.inbox().pod(Pods.bound(request.pod(), request.nodeName(), request.allocation()));
            }
        }
        harness.inbox().podDeleted("uid-" + name);
    }

    private void assertNoPortTwice(long seed) {
        Set<String> used = new HashSet<>();
        for (Binder.Request request : bound.values()) {
            PodInfo pod = request.pod();
            for (String port : request.allocation().interfaces()) {
                assertThat(used.add(request.nodeName() + " " + port))
                        .as("seed %d: %s of %s", seed, port, pod.key())
                        .isTrue();
            }
        }
    }

    /** Everything is answered and heard, and time passes. */
    private void settle() {
        for (int i = 0; i < 50; i++) {
            while (!harness.unanswered.isEmpty()) {
                String name = harness.unanswered.keySet().iterator().next();
                CompletableFuture<Binder.Result> result = harness.unanswered.remove(name);
                if (waiting.remove(name)) {
                    bound.put(name, harness.bound.get(name));
                    unheard.add(harness.bound.get(name));
                    result.complete(new Binder.Result.Bound());
                } else {
                    result.complete(new Binder.Result.Conflict("not found"));
                }
            }
            while (!unheard.isEmpty()) {
                hear();
            }
            harness.run();
            harness.clock.advance(Duration.ofSeconds(30));
        }
    }

    private void assertNobodyStranded(long seed) {
        Map<String, Integer> free = new LinkedHashMap<>();
        for (int i = 0; i < NODES; i++) {
            free.put("n" + i, PORTS.length);
        }
        bound.values()
                .forEach(request -> free.merge(
                        request.nodeName(), -request.allocation().interfaces().size(), Integer::sum));
        for (String name : waiting) {
            assertThat(free.values())
                    .as("seed %d: %s wants %d ports, %s are free", seed, name, demands.get(name), free)
                    .allMatch(ports -> ports < demands.get(name));
        }
        assertThat(harness.scheduler.inFlight()).as("seed %d", seed).isZero();
    }
}
