package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.NotSentException;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.cycle.Binder.Result;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ApiBinderTest {
    private static final Allocation ALLOCATION =
            new Allocation(1, "uid-1", Tier.DPDK, List.of("0000:05:00.0"), List.of());

    private final List<ApiRequest> sent = new ArrayList<>();
    private final Deque<Answer> script = new ArrayDeque<>();
    private boolean leading = true;

    private interface Answer {
        ApiResponse give() throws IOException;
    }

    private Result bind() {
        ApiBinder binder = new ApiBinder(
                request -> {
                    if (!request.permit().getAsBoolean()) {
                        throw new NotSentException(request);
                    }
                    sent.add(request);
                    return script.remove().give();
                },
                () -> () -> leading,
                Duration.ofSeconds(1),
                Duration.ofMillis(1),
                Runnable::run);
        return binder.bind(new Binder.Request(pod(), "node-1", ALLOCATION, OptionalLong.empty()))
                .toCompletableFuture()
                .join();
    }

    private static PodInfo pod() {
        return PodReader.manifest("{kind: Pod, metadata: {name: web, namespace: ns, uid: uid-1}, spec: {}}");
    }

    private void answers(int status, String body) {
        script.add(() -> new ApiResponse(status, body.getBytes()));
    }

    private void noAnswer() {
        script.add(() -> {
            throw new IOException("connection reset");
        });
    }

    private static String found(String uid, String node, Allocation allocation) {
        ObjectNode pod = Json.object();
        ObjectNode metadata = pod.putObject("metadata").put("uid", uid);
        if (allocation != null) {
            metadata.putObject("annotations").put(Keys.ALLOCATION, Json.text(allocation));
        }
        pod.putObject("spec").put("nodeName", node);
        return pod.toString();
    }

    @Test
    void shouldCarryNodeAndAllocationInOneWrite() throws IOException {
        answers(201, "{\"kind\":\"Status\",\"status\":\"Success\"}");

        assertThat(bind()).isEqualTo(new Result.Bound());

        assertThat(sent).hasSize(1);
        assertThat(sent.get(0).path()).isEqualTo("/api/v1/namespaces/ns/pods/web/binding");
        JsonNode binding = Json.tree(sent.get(0).body());
        assertThat(binding.path("target").path("name").asText()).isEqualTo("node-1");
        assertThat(binding.path("metadata").path("uid").asText()).isEqualTo("uid-1");
        assertThat(Json.read(
                        binding.path("metadata")
                                .path("annotations")
                                .path(Keys.ALLOCATION)
                                .asText(),
                        Allocation.class))
                .isEqualTo(ALLOCATION);
    }

    @Test
    void shouldAdoptABindingWhoseAnswerWasLost() {
        noAnswer();
        answers(200, found("uid-1", "node-1", ALLOCATION));

        assertThat(bind()).isEqualTo(new Result.Bound());
        assertThat(sent).extracting(ApiRequest::method).containsExactly("POST", "GET");
    }

    @Test
    void shouldLookUntilItKnows() {
        noAnswer();
        noAnswer();
        answers(500, "{}");
        answers(200, found("uid-1", "node-1", ALLOCATION));

        assertThat(bind()).isEqualTo(new Result.Bound());
        assertThat(sent).extracting(ApiRequest::method).containsExactly("POST", "GET", "GET", "GET");
    }

    @Test
    void shouldGiveUpALostBindingOnlyAfterItCanNoLongerLand() {
        noAnswer();
        answers(200, found("uid-1", "", null));
        answers(200, found("uid-1", "", null));

        assertThat(bind()).isInstanceOf(Result.Failed.class);
        assertThat(sent).extracting(ApiRequest::method).containsOnlyOnce("POST");
    }

    @Test
    void shouldLookUpAnErrorOfTheServer() {
        answers(504, "{\"reason\":\"Timeout\"}");
        answers(200, found("uid-1", "node-1", ALLOCATION));

        assertThat(bind()).isEqualTo(new Result.Bound());
    }

    @Test
    void shouldYieldToAnotherBinding() {
        answers(409, "{\"reason\":\"Conflict\"}");
        answers(200, found("uid-1", "node-2", null));

        assertThat(bind()).isEqualTo(new Result.Conflict("the pod is bound to node node-2 by another"));
    }

    @Test
    void shouldNotTakeABindingToTheSameNodeForItsOwnWhenTheAllocationDiffers() {
        answers(409, "{\"reason\":\"Conflict\"}");
        answers(200, found("uid-1", "node-1", null));

        assertThat(bind()).isInstanceOf(Result.Conflict.class);
    }

    @Test
    void shouldNotMistakeAnotherPodOfThatNameForItsOwn() {
        answers(409, "{\"reason\":\"Conflict\"}");
        answers(200, found("uid-2", "node-1", ALLOCATION));

        assertThat(bind()).isEqualTo(new Result.Conflict("another pod has this name now"));
    }

    @Test
    void shouldForgetAPodThatIsGone() {
        answers(404, "{\"reason\":\"NotFound\"}");

        assertThat(bind()).isEqualTo(new Result.Conflict("the pod is gone"));
    }

    @Test
    void shouldTellARefusalInOneSentence() {
        answers(403, "{\"reason\":\"Forbidden\",\"message\":\"pods is forbidden\"}");

        assertThat(bind())
                .isEqualTo(new Result.Failed("the API server refused the binding: 403 Forbidden: pods is forbidden"));
    }

    @Test
    void shouldSendNothingWhenItNoLongerLeads() {
        leading = false;

        assertThat(bind()).isEqualTo(new Result.Failed("this instance no longer leads"));
        assertThat(sent).isEmpty();
    }
}
