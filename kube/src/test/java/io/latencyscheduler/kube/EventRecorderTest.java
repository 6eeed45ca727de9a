package io.latencyscheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.EventNote.Regarding;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EventRecorderTest {
    private static final Resource GROUP_EVENTS = new Resource("events.k8s.io", "v1", "events", true);
    private static final Regarding POD = Regarding.pod("ns", "web", "uid-1");

    private final List<ApiRequest> sent = new ArrayList<>();
    private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final EventRecorder recorder = recorder(GROUP_EVENTS);

    private EventRecorder recorder(Resource resource) {
        Transport server = request -> {
            sent.add(request);
            return new ApiResponse(201, "{}".getBytes());
        };
        return new EventRecorder(server, resource, "latency-scheduler", "host-1", () -> now);
    }

    private static EventNote note(String text) {
        return new EventNote(POD, EventNote.WARNING, "FailedScheduling", "Scheduling", text);
    }

    private JsonNode body(int request) throws IOException {
        return Json.tree(sent.get(request).body());
    }

    @Test
    void shouldWriteAnEventInTheFormOfItsGroup() throws IOException {
        recorder.write(note("0/3 nodes are available"), now);

        assertThat(sent.get(0).path()).isEqualTo("/apis/events.k8s.io/v1/namespaces/ns/events");
        JsonNode event = body(0);
        assertThat(event.path("note").asText()).isEqualTo("0/3 nodes are available");
        assertThat(event.path("regarding").path("uid").asText()).isEqualTo("uid-1");
        assertThat(event.path("reportingController").asText()).isEqualTo("latency-scheduler");
        assertThat(event.path("eventTime").asText()).isEqualTo("2026-01-01T00:00:00.000000Z");
    }

    @Test
    void shouldWriteACoreEventWhereThereIsNoOther() throws IOException {
        recorder(Resource.EVENTS).write(note("text"), now);

        assertThat(sent.get(0).path()).isEqualTo("/api/v1/namespaces/ns/events");
        assertThat(body(0).path("message").asText()).isEqualTo("text");
        assertThat(body(0).path("involvedObject").path("name").asText()).isEqualTo("web");
    }

    @Test
    void shouldCountARepeatedNoteOnTheEventThatIsThere() throws IOException {
        recorder.write(note("same"), now);
        recorder.write(note("same"), now);
        assertThat(sent).hasSize(1);

        now = now.plus(EventRecorder.REPEAT_AFTER);
        recorder.write(note("same"), now);

        assertThat(sent).hasSize(2);
        assertThat(sent.get(1).method()).isEqualTo("PATCH");
        assertThat(body(1).path("series").path("count").asInt()).isEqualTo(3);
    }

    @Test
    void shouldWriteOneEventPerPauseWhileItGivesWayAndTheRestAfterwards() throws Exception {
        Semaphore pauses = new Semaphore(0);
        BlockingQueue<ApiRequest> written = new LinkedBlockingQueue<>();
        Transport server = request -> {
            written.add(request);
            return new ApiResponse(201, "{}".getBytes());
        };
        try (EventRecorder patient =
                new EventRecorder(server, GROUP_EVENTS, "latency-scheduler", "host-1", () -> now, pauses::acquire)) {
            patient.giveWay(true);
            for (int pod = 0; pod < 5; pod++) {
                patient.record(new EventNote(
                        Regarding.pod("ns", "web-" + pod, "uid-" + pod), EventNote.NORMAL, "Scheduled", "Binding", ""));
            }
            Instant told = now;
            now = now.plus(Duration.ofMinutes(1));
            patient.start();

            written.take();
            assertThat(written.poll(50, TimeUnit.MILLISECONDS)).isNull();
            pauses.release();
            ApiRequest second = written.take();
            assertThat(Instant.parse(Json.tree(second.body()).path("eventTime").asText()))
                    .isEqualTo(told);

            patient.giveWay(false);
            pauses.release();
            for (int rest = 0; rest < 3; rest++) {
                assertThat(written.poll(30, TimeUnit.SECONDS)).isNotNull();
            }
        }
    }

    @Test
    void shouldGiveAnObjectABurstAndThenFewEvents() {
        for (int i = 0; i < 100; i++) {
            recorder.write(note("note " + i), now);
        }
        assertThat(sent).hasSize(EventRecorder.BURST_PER_OBJECT);
        assertThat(recorder.dropped()).isEqualTo(75);

        now = now.plus(EventRecorder.REFILL_AFTER).plus(Duration.ofSeconds(1));
        recorder.write(note("later"), now);

        assertThat(sent).hasSize(EventRecorder.BURST_PER_OBJECT + 1);
    }

    @Test
    void shouldCutANoteThatIsTooLong() throws Exception {
        recorder.start();
        recorder.record(note("x".repeat(5000)));
        recorder.close();

        assertThat(body(0).path("note").asText())
                .hasSize(EventRecorder.MAX_NOTE)
                .endsWith("…");
    }
}
