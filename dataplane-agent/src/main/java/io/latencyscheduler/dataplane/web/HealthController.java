package io.latencyscheduler.dataplane.web;

import io.latencyscheduler.dataplane.control.AgentLoop;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Health in one line for people, and in the status for probes. */
@RestController
class HealthController {
    private final AgentLoop loop;

    HealthController(AgentLoop loop) {
        this.loop = loop;
    }

    /** Whether the process works. A restart stops the node's gates: an API server that is away is no reason for one. */
    @GetMapping("/healthz")
    ResponseEntity<String> healthy() {
        return loop.responsive()
                ? text(200, "ok")
                : text(503, "the control thread has ended or does not come to an end");
    }

    /** Whether the node is as the API server wants it. */
    @GetMapping("/readyz")
    ResponseEntity<String> ready() {
        String problem = loop.problem();
        return problem.isEmpty() ? text(200, "ok") : text(503, problem);
    }

    private static ResponseEntity<String> text(int status, String body) {
        return ResponseEntity.status(status).contentType(MediaType.TEXT_PLAIN).body(body + "\n");
    }
}
