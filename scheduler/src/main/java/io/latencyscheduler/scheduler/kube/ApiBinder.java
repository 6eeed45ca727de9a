package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.Backoff;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.NotSentException;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Transport;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds a pod and gives it its allocation in one write: the API server merges the Binding's annotations into the pod in the
 * same guarded update that sets {@code nodeName}, and answers a second one with 409.
 *
 * <p>Only the status of the answer counts. No answer, or one that leaves the outcome open, is looked up for as long as it
 * takes; nothing is sent a second time.
 */
public final class ApiBinder implements Binder {
    private static final Logger LOG = LoggerFactory.getLogger(ApiBinder.class);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final Transport api;
    private final Supplier<Leadership.Permit> permits;
    private final Duration timeout;
    private final Duration settle;
    private final Executor executor;

    /**
     * @param api the way to the server
     * @param permits a binding takes one when it is decided, which must still hold when it leaves
     * @param timeout of a binding, below the lease's margin
     * @param settle how long an unanswered binding may still take effect; a pod found unbound is looked at again after it
     * @param executor runs the blocking calls
     */
    public ApiBinder(
            Transport api, Supplier<Leadership.Permit> permits, Duration timeout, Duration settle, Executor executor) {
        this.api = api;
        this.permits = permits;
        this.timeout = timeout;
        this.settle = settle;
        this.executor = executor;
    }

    @Override
    public CompletionStage<Result> bind(Request request) {
        Leadership.Permit permit = permits.get();
        return CompletableFuture.supplyAsync(() -> bindNow(request, permit), executor);
    }

    private Result bindNow(Request request, Leadership.Permit permit) {
        PodInfo pod = request.pod();
        String path = Resource.PODS.path(
                pod.pod().metadata().namespace(), pod.pod().metadata().name(), "binding");
        try {
            ApiResponse response = api.send(
                    ApiRequest.post(path, binding(request)).within(timeout).onlyIf(permit::holds));
            if (response.ok()) {
                return new Result.Bound();
            }
            return switch (response.status()) {
                case 404 -> new Result.Conflict("the pod is gone");
                case 409 -> lookUp(request, Duration.ZERO);
                default -> response.status() >= 500 ? lookUp(request, settle) : new Result.Failed(refusal(response));
            };
        } catch (NotSentException notSent) {
            return new Result.Failed("this instance no longer leads");
        } catch (IOException unanswered) {
            LOG.warn("binding {} got no answer, looking it up: {}", pod.key(), unanswered.toString());
            return lookUp(request, settle);
        }
    }

    /** The pod as it is now tells what became of the binding. */
    private Result lookUp(Request request, Duration settling) {
        Backoff backoff = new Backoff(Duration.ofMillis(100), LONGEST_WAIT, ThreadLocalRandom.current());
        long settledAt = System.nanoTime() + settling.toNanos();
        while (true) {
            try {
                Result result = judge(request);
                boolean mayStillLand = result instanceof Result.Failed && settledAt - System.nanoTime() > 0;
                if (!mayStillLand) {
                    return result;
                }
            } catch (IOException unknown) {
                LOG.warn(
                        "what became of binding {} is not known yet: {}",
                        request.pod().key(),
                        unknown.toString());
            }
            try {
                Thread.sleep(backoff.next().toMillis());
            } catch (InterruptedException ending) {
                // The process ends; its successor reads the truth from the pods.
                Thread.currentThread().interrupt();
                return new Result.Conflict("the scheduler ends before the outcome is known");
            }
        }
    }

    private Result judge(Request request) throws IOException {
        PodInfo pod = request.pod();
        String path = Resource.PODS.path(
                pod.pod().metadata().namespace(), pod.pod().metadata().name());
        ApiResponse response = api.send(ApiRequest.get(path));
        if (response.status() == 404) {
            return new Result.Conflict("the pod is gone");
        }
        JsonNode found = response.orThrow("look up the pod").tree();
        String uid = found.path("metadata").path("uid").asText("");
        String node = found.path("spec").path("nodeName").asText("");
        if (!uid.equals(pod.uid())) {
            return new Result.Conflict("another pod has this name now");
        }
        if (node.isEmpty()) {
            return found.path("metadata").has("deletionTimestamp")
                    ? new Result.Conflict("the pod is being deleted")
                    : new Result.Failed("the binding had no effect");
        }
        boolean ours = node.equals(request.nodeName()) && allocationIn(found).equals(allocationText(request));
        return ours ? new Result.Bound() : new Result.Conflict("the pod is bound to node " + node + " by another");
    }

    private static String refusal(ApiResponse response) {
        return "the API server refused the binding: " + response.status() + " " + response.reason() + ": "
                + response.message();
    }

    private static ObjectNode binding(Request request) {
        PodInfo pod = request.pod();
        ObjectNode binding = Json.object().put("apiVersion", "v1").put("kind", "Binding");
        ObjectNode metadata = binding.putObject("metadata")
                .put("name", pod.pod().metadata().name())
                .put("namespace", pod.pod().metadata().namespace())
                .put("uid", pod.uid());
        if (request.allocation() != null) {
            metadata.putObject("annotations").put(Keys.ALLOCATION, allocationText(request));
        }
        binding.putObject("target").put("apiVersion", "v1").put("kind", "Node").put("name", request.nodeName());
        return binding;
    }

    private static String allocationText(Request request) {
        return request.allocation() == null ? "" : Json.text(request.allocation());
    }

    private static String allocationIn(JsonNode pod) {
        return pod.path("metadata").path("annotations").path(Keys.ALLOCATION).asText("");
    }
}
