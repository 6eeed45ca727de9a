package io.latencyscheduler.scheduler.web;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.config.Property;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.extender.Extender;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * kube-scheduler's extender. Where its protocol has a field for an error, the sentence is in it and the status is 200, as
 * kube-scheduler reads no body of any other status.
 */
@RestController
@RequestMapping("/extender")
class ExtenderController {
    private static final int MAX_BODY_BYTES = 64 << 20;
    private static final int ANSWER_WITHIN_SECONDS = 10;
    /** A binding's outcome may have to be looked up, and the members of a group wait for each other. */
    private static final int BOUND_WITHIN_SECONDS = 120;

    private final Extender extender;
    private final SchedulerConfig config;

    ExtenderController(SchedulerRuntime scheduler, SchedulerConfig config) {
        this.extender = new Extender(scheduler);
        this.config = config;
    }

    @PostMapping("/filter")
    CompletableFuture<ResponseEntity<String>> filter(InputStream body) {
        return answer(body, extender::filter, 200, ANSWER_WITHIN_SECONDS);
    }

    @PostMapping("/prioritize")
    CompletableFuture<ResponseEntity<String>> prioritize(InputStream body) {
        return answer(body, extender::prioritize, 503, ANSWER_WITHIN_SECONDS);
    }

    @PostMapping("/preempt")
    CompletableFuture<ResponseEntity<String>> preempt(InputStream body) {
        return answer(body, extender::preempt, 503, ANSWER_WITHIN_SECONDS);
    }

    @PostMapping("/bind")
    CompletableFuture<ResponseEntity<String>> bind(InputStream body) {
        return answer(body, extender::bind, 200, BOUND_WITHIN_SECONDS);
    }

    private CompletableFuture<ResponseEntity<String>> answer(
            InputStream body, Function<JsonNode, CompletableFuture<JsonNode>> verb, int failure, int withinSeconds) {
        if (!config.extender()) {
            return CompletableFuture.completedFuture(
                    error(404, "the extender is off; " + Property.EXTENDER_ENABLED.fullName() + "=true turns it on"));
        }
        try {
            byte[] sent = body.readNBytes(MAX_BODY_BYTES + 1);
            if (sent.length > MAX_BODY_BYTES) {
                throw new IllegalArgumentException(
                        "the body must be at most 64 MiB; with nodeCacheCapable: true it is small");
            }
            return verb.apply(Json.tree(sent))
                    .orTimeout(withinSeconds, TimeUnit.SECONDS)
                    .handle((answer, broke) -> broke == null ? json(200, answer) : error(failure, sentence(broke)));
        } catch (IOException malformed) {
            return CompletableFuture.completedFuture(error(
                    400,
                    "the body must be JSON: "
                            + String.valueOf(malformed.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse("")));
        } catch (IllegalArgumentException malformed) {
            return CompletableFuture.completedFuture(error(400, String.valueOf(malformed.getMessage())));
        }
    }

    private static String sentence(Throwable broke) {
        Throwable cause = broke instanceof CompletionException && broke.getCause() != null ? broke.getCause() : broke;
        return cause.getMessage() == null ? "the scheduler did not answer in time" : cause.getMessage();
    }

    /** In the field that every result has; the next request may then meet another instance. */
    private static ResponseEntity<String> error(int status, String sentence) {
        return json(status, Json.object().put("Error", sentence));
    }

    private static ResponseEntity<String> json(int status, JsonNode body) {
        boolean failed = !body.path("Error").asText("").isEmpty();
        ResponseEntity.BodyBuilder answer = ResponseEntity.status(status).contentType(MediaType.APPLICATION_JSON);
        return (failed ? answer.header(HttpHeaders.CONNECTION, "close") : answer).body(Json.text(body));
    }
}
