package io.latencyscheduler.scheduler.web;

import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.kube.PodReader;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.view.ClusterView;
import io.latencyscheduler.scheduler.view.DecisionJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Why a pod went where it did, what would become of one, and what every node has left. */
@RestController
@RequestMapping("/api/v1")
class ApiController {
    private static final int ANSWER_WITHIN_SECONDS = 10;
    private final SchedulerRuntime scheduler;
    private final SchedulerConfig config;

    ApiController(SchedulerRuntime scheduler, SchedulerConfig config) {
        this.scheduler = scheduler;
        this.config = config;
    }

    /** The last decisions, newest first, without their nodes. */
    @GetMapping("/decisions")
    ResponseEntity<String> decisions() {
        return json(
                200,
                scheduler.decisions().recent(Integer.MAX_VALUE).stream()
                        .map(DecisionJson::summary)
                        .toList());
    }

    /** The last decision on a pod; 404 when none is remembered. */
    @GetMapping("/decisions/{namespace}/{pod}")
    ResponseEntity<String> decision(@PathVariable String namespace, @PathVariable String pod) {
        return scheduler
                .decisions()
                .find(namespace + "/" + pod)
                .map(decision -> json(200, DecisionJson.of(decision)))
                .orElseGet(() ->
                        error(404, "no decision on pod " + namespace + "/" + pod + " is remembered" + standingBy()));
    }

    private String standingBy() {
        return scheduler.placing() || scheduler.leader().isEmpty()
                ? ""
                : "; this instance stands by, " + scheduler.leader() + " leads and remembers";
    }

    /** What would become of the pod in the body, a manifest in JSON or YAML; nothing changes. */
    @PostMapping("/whatif")
    CompletableFuture<ResponseEntity<String>> whatIf(InputStream body) throws IOException {
        // As a stream: whatever content type a client states by default, the body is the manifest.
        PodInfo pod;
        try {
            byte[] manifest = body.readNBytes(4 * Yaml.MAX_CHARACTERS + 1);
            pod = PodReader.manifest(new String(manifest, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException malformed) {
            return CompletableFuture.completedFuture(error(400, String.valueOf(malformed.getMessage())));
        }
        return answered(scheduler.whatIf(pod).thenApply(decision -> json(200, DecisionJson.of(decision))));
    }

    /** Every node with its ports, who holds them, and its agent. */
    @GetMapping("/nodes")
    CompletableFuture<ResponseEntity<String>> nodes() {
        return answered(scheduler
                .ask(core -> ClusterView.since(-1, core, config.tiers(), Instant.now()))
                .thenApply(view -> json(200, Json.toTree(view.nodes()))));
    }

    private static CompletableFuture<ResponseEntity<String>> answered(
            CompletableFuture<ResponseEntity<String>> answer) {
        return answer.orTimeout(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS).exceptionally(failure -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            return error(503, cause.getMessage() == null ? "the scheduler is busy" : cause.getMessage());
        });
    }

    private static ResponseEntity<String> error(int status, String message) {
        return json(status, Json.object().put("error", message));
    }

    private static ResponseEntity<String> json(int status, Object body) {
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_JSON)
                .body(Json.text(body));
    }
}
