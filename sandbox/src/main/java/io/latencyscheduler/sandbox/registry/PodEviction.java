package io.latencyscheduler.sandbox.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.ApiFailure.Cause;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.LabelSelector;
import io.latencyscheduler.sandbox.api.Metadata;
import io.latencyscheduler.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.List;

/** {@code POST pods/{name}/eviction}: a deletion that a PodDisruptionBudget may refuse. */
public final class PodEviction {
    private static final int RETRY_SECONDS = 10;

    private final Registry registry;

    public PodEviction(Registry registry) {
        this.registry = registry;
    }

    /** @throws ApiFailure 429 when a budget has no disruption left, 500 when several budgets select the pod */
    public void evict(String namespace, String name, JsonNode eviction) {
        Deletion deletion = Deletion.of(eviction.path("deleteOptions"));
        registry.store().atomically(() -> {
            Stored stored = registry.get(BuiltinTypes.PODS, namespace, name);
            ObjectNode pod = stored.tree();
            if (needsBudget(pod) && !deletion.dryRun()) {
                spendBudget(namespace, stored, pod);
            }
            return registry.delete(BuiltinTypes.PODS, namespace, name, deletion);
        });
    }

    private static boolean needsBudget(ObjectNode pod) {
        String phase = Json.text(pod, "/status/phase");
        return !Metadata.isTerminating(pod)
                && !phase.equals("Succeeded")
                && !phase.equals("Failed")
                && !phase.equals("Pending");
    }

    private void spendBudget(String namespace, Stored pod, JsonNode tree) {
        List<Stored> budgets = new ArrayList<>();
        for (Stored budget : registry.store()
                .list(BuiltinTypes.BUDGETS, namespace, -1, "", 0, all -> true)
                .items()) {
            if (LabelSelector.of(budget.tree().at("/spec/selector")).matches(pod.labels())) {
                budgets.add(budget);
            }
        }
        if (budgets.size() > 1) {
            throw ApiFailure.internal(
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        }
        for (Stored budget : budgets) {
            if (isReady(tree) || !allowsUnready(budget.tree())) {
                spend(budget, pod);
            }
        }
    }

    private static boolean isReady(JsonNode pod) {
        for (JsonNode condition : pod.at("/status/conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }

    /** A pod that is not ready is no loss where enough others are healthy, or where the budget says so. */
    private static boolean allowsUnready(JsonNode budget) {
        long desired = budget.at("/status/desiredHealthy").asLong();
        return Json.text(budget, "/spec/unhealthyPodEvictionPolicy").equals("AlwaysAllow")
                || (desired > 0 && budget.at("/status/currentHealthy").asLong() >= desired);
    }

    private void spend(Stored stored, Stored pod) {
        ObjectNode budget = stored.tree();
        JsonNode status = budget.path("status");
        if (status.path("observedGeneration").asLong()
                < budget.at("/metadata/generation").asLong()) {
            throw ApiFailure.tooManyRequests(
                            "Cannot evict pod as it would violate the pod's disruption budget.", RETRY_SECONDS)
                    .with(new Cause(
                            "DisruptionBudget",
                            "",
                            "The disruption budget " + stored.name() + " is still being processed by the server."));
        }
        long allowed = status.path("disruptionsAllowed").asLong();
        if (allowed < 1) {
            throw ApiFailure.tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0)
                    .with(new Cause(
                            "DisruptionBudget",
                            "",
                            "The disruption budget " + stored.name() + " needs "
                                    + status.path("desiredHealthy").asLong() + " healthy pods and has "
                                    + status.path("currentHealthy").asLong() + " currently"));
        }
        ObjectNode spent = budget.deepCopy();
        ObjectNode spentStatus = Json.child(spent, "status");
        spentStatus.put("disruptionsAllowed", allowed - 1);
        Json.child(spentStatus, "disruptedPods")
                .put(pod.name(), Metadata.time(registry.clock().instant()));
        registry.store(BuiltinTypes.BUDGETS, stored, budget, spent, WriteOptions.PLAIN);
    }
}
