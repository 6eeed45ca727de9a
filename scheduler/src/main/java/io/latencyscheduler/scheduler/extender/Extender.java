package io.latencyscheduler.scheduler.extender;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.plugin.DefaultPreemption;
import io.latencyscheduler.scheduler.trace.Decision;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Answers in the form of {@code k8s.io/kube-scheduler/extender/v1}. Thread-safe; what is asked is answered on the
 * scheduler's thread. Bad input throws IllegalArgumentException with one sentence.
 */
public final class Extender {
    /** {@code MaxExtenderPriority}. */
    private static final long MAX_PRIORITY = 10;

    private static final int LOOKS_WHILE_ROOM_IS_MADE = 3;
    private static final Executor LATER = CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS);

    private static final Verdict PASSED_OVER =
            new Verdict(Code.UNSCHEDULABLE, "node(s) are left to faster pods while others have room", "LatencyTier");

    /** Who decides. */
    interface Core {
        /** Asks on the scheduler's thread. */
        <T> CompletableFuture<T> ask(Function<Scheduler, T> question);

        /** As {@link SchedulerRuntime#place}. */
        CompletableFuture<Binder.Result> place(String namespace, String name, String uid, String nodeName);
    }

    private final Core scheduler;

    public Extender(SchedulerRuntime scheduler) {
        this(new Core() {
            @Override
            public <T> CompletableFuture<T> ask(Function<Scheduler, T> question) {
                return scheduler.ask(question);
            }

            @Override
            public CompletableFuture<Binder.Result> place(String namespace, String name, String uid, String nodeName) {
                return scheduler.place(namespace, name, uid, nodeName);
            }
        });
    }

    Extender(Core scheduler) {
        this.scheduler = scheduler;
    }

    /** {@code ExtenderArgs} → {@code ExtenderFilterResult}. */
    public CompletableFuture<JsonNode> filter(JsonNode args) {
        ExtenderArgs.Candidates asked = ExtenderArgs.Candidates.read(args);
        boolean roomIsMade = !asked.pod().pod().status().nominatedNodeName().isEmpty();
        return judge(asked, roomIsMade ? LOOKS_WHILE_ROOM_IS_MADE : 1).thenApply(decision -> filtered(asked, decision));
    }

    /**
     * A pod that others made room for comes back as soon as kube-scheduler hears that they are gone, which may be before it
     * is heard here; refused then, nothing would make kube-scheduler ask again for a minute.
     */
    private CompletableFuture<Decision> judge(ExtenderArgs.Candidates asked, int looks) {
        return scheduler
                .ask(core -> core.judge(asked.pod(), asked.nodes().keySet()))
                .thenCompose(decision -> decision.scheduled() || looks <= 1
                        ? CompletableFuture.completedFuture(decision)
                        : CompletableFuture.supplyAsync(() -> looks - 1, LATER)
                                .thenCompose(left -> judge(asked, left)));
    }

    private static JsonNode filtered(ExtenderArgs.Candidates asked, Decision decision) {
        Map<String, Verdict> refused = new HashMap<>();
        decision.refused().forEach(node -> refused.put(node.nodeName(), node.verdict()));
        decision.scored().forEach(node -> refused.put(node.nodeName(), Verdict.SUCCESS));
        ObjectNode result = Json.object();
        ArrayNode passed = asked.cached()
                ? result.putArray("NodeNames")
                : result.putObject("Nodes").putArray("items");
        ObjectNode failed = result.putObject("FailedNodes");
        ObjectNode unresolvable = result.putObject("FailedAndUnresolvableNodes");
        asked.nodes().forEach((name, node) -> {
            Verdict verdict = refused.getOrDefault(name, rest(decision));
            if (!verdict.rejects()) {
                passed.add(asked.cached() ? passed.textNode(name) : node);
                return;
            }
            failed.put(name, verdict.reason()); // A kube-scheduler before 1.21 reads these alone.
            if (verdict.code() != Code.UNSCHEDULABLE) {
                unresolvable.put(name, verdict.reason());
            }
        });
        return result.put("Error", "");
    }

    /** The verdict on a node that was not looked at. */
    private static Verdict rest(Decision decision) {
        if (decision.podVerdict().rejects()) {
            return decision.podVerdict();
        }
        return decision.scored().isEmpty() ? decision.othersVerdict() : PASSED_OVER;
    }

    /** {@code ExtenderArgs} → {@code HostPriorityList}: the best nodes 10, the worst 0, those that do not pass 0. */
    public CompletableFuture<JsonNode> prioritize(JsonNode args) {
        ExtenderArgs.Candidates asked = ExtenderArgs.Candidates.read(args);
        return scheduler
                .ask(core -> core.judge(asked.pod(), asked.nodes().keySet()))
                .thenApply(decision -> priorities(asked, decision));
    }

    private static JsonNode priorities(ExtenderArgs.Candidates asked, Decision decision) {
        long most = Long.MIN_VALUE;
        long least = Long.MAX_VALUE;
        Map<String, Long> totals = new HashMap<>();
        for (Decision.NodeScore node : decision.scored()) {
            totals.put(node.nodeName(), node.total());
            most = Math.max(most, node.total());
            least = Math.min(least, node.total());
        }
        ArrayNode list = Json.array();
        for (String name : asked.nodes().keySet()) {
            Long total = totals.get(name);
            long score =
                    total == null ? 0 : most == least ? MAX_PRIORITY : MAX_PRIORITY * (total - least) / (most - least);
            list.addObject().put("Host", name).put("Score", score);
        }
        return list;
    }

    /** {@code ExtenderPreemptionArgs} → {@code ExtenderPreemptionResult}. */
    public CompletableFuture<JsonNode> preempt(JsonNode args) {
        ExtenderArgs.Preemption asked = ExtenderArgs.Preemption.read(args);
        return scheduler.ask(core -> core.victims(asked.pod(), asked.victims())).thenApply(Extender::preempted);
    }

    private static JsonNode preempted(Map<String, DefaultPreemption.Victims> victims) {
        ObjectNode result = Json.object();
        ObjectNode byNode = result.putObject("NodeNameToMetaVictims");
        victims.forEach((name, there) -> {
            ObjectNode meta = byNode.putObject(name);
            ArrayNode pods = meta.putArray("Pods");
            there.pods().forEach(pod -> pods.addObject().put("UID", pod.uid()));
            meta.put("NumPDBViolations", there.violations());
        });
        return result;
    }

    /** {@code ExtenderBindingArgs} → {@code ExtenderBindingResult}, when the outcome is known. */
    public CompletableFuture<JsonNode> bind(JsonNode args) {
        ExtenderArgs.Binding asked = ExtenderArgs.Binding.read(args);
        return scheduler
                .place(asked.namespace(), asked.name(), asked.uid(), asked.node())
                .thenApply(outcome -> Json.object().put("Error", error(outcome)));
    }

    private static String error(Binder.Result outcome) {
        if (outcome instanceof Binder.Result.Failed failed) {
            return failed.reason();
        }
        return outcome instanceof Binder.Result.Conflict conflict ? conflict.reason() : "";
    }
}
