package io.latencyscheduler.scheduler.web;

import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Health in one line for people, and in the status for probes. */
@RestController
class HealthController {
    private final SchedulerRuntime scheduler;

    HealthController(SchedulerRuntime scheduler) {
        this.scheduler = scheduler;
    }

    /** Whether the process works: its thread takes in what it is handed. An API server that is away is no reason to restart. */
    @GetMapping("/healthz")
    ResponseEntity<String> healthy() {
        return scheduler.responsive()
                ? text(200, "ok")
                : text(503, "the scheduler's thread has been busy with one task for too long");
    }

    /** Whether it follows the cluster and could place pods at once, as leader or stand-by. */
    @GetMapping("/readyz")
    ResponseEntity<String> ready() {
        List<String> reasons = scheduler.unreadiness();
        return reasons.isEmpty()
                ? text(200, "ok, " + (scheduler.placing() ? "leading" : "standing by; leader: " + scheduler.leader()))
                : text(503, String.join("\n", reasons));
    }

    private static ResponseEntity<String> text(int status, String body) {
        return ResponseEntity.status(status).contentType(MediaType.TEXT_PLAIN).body(body + "\n");
    }
}
