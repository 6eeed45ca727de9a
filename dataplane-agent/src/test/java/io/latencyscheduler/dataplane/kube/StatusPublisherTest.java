package io.latencyscheduler.dataplane.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeDataplane.Clock;
import io.latencyscheduler.contract.NodeDataplane.ClockState;
import io.latencyscheduler.contract.NodeDataplane.MeasuredPath;
import io.latencyscheduler.contract.NodeDataplane.Method;
import io.latencyscheduler.contract.NodeDataplane.PathState;
import io.latencyscheduler.contract.NodeDataplane.Quantiles;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatusPublisherTest {
    private static final String NODE = "PATCH /api/v1/nodes/node-1";
    private static final String STATUS = "PATCH /apis/latency-scheduler.io/v1alpha1/nodedataplanes/node-1/status";

    private final List<ApiRequest> requests = new ArrayList<>();
    private final Map<String, Integer> refusals = new HashMap<>();
    private String carrier = "";
    private final StatusPublisher publisher =
            new StatusPublisher(new ObjectClient(this::answer), "node-1", () -> carrier);

    private ApiResponse answer(ApiRequest request) {
        requests.add(request);
        return new ApiResponse(refusals.getOrDefault(named(request), 200), "{}".getBytes(StandardCharsets.UTF_8));
    }

    private static String named(ApiRequest request) {
        return request.method() + " " + request.path();
    }

    private long count(String name) {
        return requests.stream().filter(request -> named(request).equals(name)).count();
    }

    private void publish() throws IOException {
        Quantiles latency = new Quantiles(20_000, 1, 2, 3, 4);
        Instant now = Instant.EPOCH;
        publisher.publish(new NodeDataplane(
                now,
                "1",
                new Clock(ClockState.LOCAL, "none", 0, -1),
                List.of(),
                List.of(
                        new MeasuredPath(Tier.KERNEL, latency, now),
                        new MeasuredPath(Tier.KERNEL, Method.PAIR, "node-2", latency, 0, now, PathState.USABLE)),
                List.of(),
                List.of()));
    }

    @Test
    void shouldLeaveOutThePeerOfALoop() throws IOException {
        publish();

        JsonNode paths = Json.tree(requests.get(requests.size() - 1).body()).at("/status/paths");
        assertThat(paths.path(0).has("peer")).isFalse();
        assertThat(paths.path(1).path("peer").asText()).isEqualTo("node-2");
    }

    @Test
    void shouldLabelTheNodeOnceThereIsAnOverlayAndAgainWhenTheCarrierIsAnother() throws IOException {
        publish();
        assertThat(count(NODE)).isZero();
        for (String one : List.of("kernel", "kernel", "ovs-dpdk", "")) {
            carrier = one;
            publish();
        }

        assertThat(count(NODE)).isEqualTo(2);
    }

    @Test
    void shouldLabelTheNodeThatWasMadeAnew() throws IOException {
        carrier = "kernel";
        publish();
        refusals.put(STATUS, 404);
        assertThatThrownBy(this::publish).isInstanceOf(ApiFailure.class);
        refusals.clear();
        publish();

        assertThat(count(NODE)).isEqualTo(2);
    }

    @Test
    void shouldGoOnWithoutTheRightToLabelAndTryAnythingElseAgain() throws IOException {
        carrier = "kernel";
        refusals.put(NODE, 403);
        publish();
        publish();
        assertThat(count(NODE)).isEqualTo(1);

        carrier = "ovs-dpdk";
        refusals.put(NODE, 500);
        assertThatThrownBy(this::publish).isInstanceOf(ApiFailure.class);
        refusals.clear();
        publish();
        assertThat(count(NODE)).isEqualTo(3);
    }
}
