package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The programs' logs as JSON. */
abstract class LogSteps extends Steps {
    LogSteps(Installed installed) {
        super(installed);
    }

    @Test
    void shouldLogAsJsonWithThePodsUidAndTheAttempt() throws IOException {
        ObjectNode pod = installed.create(Resource.PODS, ownerless("logged"));
        JsonNode line = awaitLine(about(pod, "scheduler").and(has("attempt")));
        assertThat(line.path("attempt").asInt()).isEqualTo(1);
        assertThat(line.path("pod").asText()).isEqualTo("default/logged");
        assertThat(line.path("node").asText()).isEqualTo(installed.nodeOf("logged"));
        assertThat(line.path("@timestamp").asText()).isNotEmpty();
    }

    @Test
    void shouldLogAsJsonOfWhichPodTheAgentSpeaksAndOnWhichNode() throws IOException {
        JsonNode line = awaitLine(about(installed.pod("plc"), "dataplane")
                .and(said -> said.path("message").asText().equals("pod default/plc is served")));
        assertThat(line.path("pod").asText()).isEqualTo("default/plc");
        assertThat(line.path("node").asText()).isEqualTo(Installed.GATED);
    }

    @Test
    void shouldLogAsJsonOfWhichNodeDiscoverySpeaks() throws IOException {
        for (String node : new String[] {Installed.GATED, Installed.OWNED}) {
            JsonNode line = awaitLine(
                    of("discovery").and(said -> said.path("node").asText().equals(node)));
            assertThat(line.path("message").asText()).isNotEmpty();
        }
    }

    private static Predicate<JsonNode> of(String program) {
        return line -> line.at("/log/logger").asText().startsWith("io.latencyscheduler." + program);
    }

    private static Predicate<JsonNode> about(JsonNode pod, String program) {
        String uid = pod.at("/metadata/uid").asText();
        return of(program).and(line -> line.path("podUid").asText().equals(uid));
    }

    private static Predicate<JsonNode> has(String field) {
        return line -> line.has(field);
    }

    private JsonNode awaitLine(Predicate<JsonNode> wanted) throws IOException {
        until("the log has the line", () -> line(wanted) != null, () -> installed.kubelet.logs(5));
        JsonNode line = line(wanted);
        if (line == null) {
            throw new AssertionError("the line is gone");
        }
        return line;
    }

    private @Nullable JsonNode line(Predicate<JsonNode> wanted) throws IOException {
        for (String said : installed.kubelet.logs(1000).split("\n")) {
            if (said.startsWith("{")) {
                JsonNode line = Json.tree(said);
                if (wanted.test(line)) {
                    return line;
                }
            }
        }
        return null;
    }
}
