package io.latencyscheduler.scheduler.extender;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Any JSON as what kube-scheduler sends, to each verb: a sentence, or an answer that speaks of every node that was asked
 * about and of no other. Nothing is held afterwards.
 */
public final class ExtenderFuzz {
    private static final long MAX_PRIORITY = 10;

    private ExtenderFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        JsonNode args;
        try {
            args = Json.tree(input);
        } catch (IOException notJson) {
            return;
        }
        Harness harness =
                new Harness().dpdkNode("a", "0000:05:00.0", "0000:05:00.1").gatedNode("b");
        harness.pod(Pods.pod("low").priority(-1).ask("interfaces", "1")).run();
        Extender extender = new Extender(new Extender.Core() {
            @Override
            public <T> CompletableFuture<T> ask(Function<Scheduler, T> question) {
                return CompletableFuture.completedFuture(question.apply(harness.scheduler));
            }

            @Override
            public CompletableFuture<Binder.Result> place(String namespace, String name, String uid, String nodeName) {
                require(!namespace.isEmpty() && !name.isEmpty() && !nodeName.isEmpty(), "bound without a name");
                return CompletableFuture.completedFuture(new Binder.Result.Failed("not here"));
            }
        });
        filter(extender, args);
        prioritize(extender, args);
        preempt(extender, args);
        answer(extender::bind, args);
        require(harness.cluster.node("a").ownedPorts().headroom() == 1, "a question took or gave back a port");
    }

    private static void filter(Extender extender, JsonNode args) {
        JsonNode answer = answer(extender::filter, args);
        if (answer == null) {
            return;
        }
        List<String> named = new ArrayList<>();
        answer.path("NodeNames").forEach(name -> named.add(name.asText()));
        answer.path("Nodes")
                .path("items")
                .forEach(node -> named.add(node.at("/metadata/name").asText()));
        answer.path("FailedNodes").fieldNames().forEachRemaining(named::add);
        require(
                new HashSet<>(named).equals(asked(args))
                        && named.size() == asked(args).size(),
                "filtered " + named);
    }

    private static void prioritize(Extender extender, JsonNode args) {
        JsonNode answer = answer(extender::prioritize, args);
        if (answer == null) {
            return;
        }
        Set<String> named = new HashSet<>();
        for (JsonNode host : answer) {
            long score = host.path("Score").asLong(-1);
            require(score >= 0 && score <= MAX_PRIORITY, "score " + score);
            named.add(host.path("Host").asText());
        }
        require(named.equals(asked(args)) && named.size() == answer.size(), "scored " + named);
    }

    private static void preempt(Extender extender, JsonNode args) {
        JsonNode answer = answer(extender::preempt, args);
        if (answer != null) {
            Set<String> asked = ExtenderArgs.Preemption.read(args).victims().keySet();
            answer.path("NodeNameToMetaVictims")
                    .fieldNames()
                    .forEachRemaining(node -> require(asked.contains(node), "victims on " + node));
        }
    }

    private static Set<String> asked(JsonNode args) {
        return ExtenderArgs.Candidates.read(args).nodes().keySet();
    }

    /** Null when it was refused with a sentence. */
    private static JsonNode answer(Function<JsonNode, CompletableFuture<JsonNode>> verb, JsonNode args) {
        try {
            return verb.apply(args).join();
        } catch (IllegalArgumentException refused) {
            require(refused.getMessage() != null && !refused.getMessage().isBlank(), "no sentence");
            return null;
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
