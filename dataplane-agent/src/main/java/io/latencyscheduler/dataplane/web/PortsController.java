package io.latencyscheduler.dataplane.web;

import io.latencyscheduler.contract.NodeDataplane.Quantiles;
import io.latencyscheduler.dataplane.control.AgentLoop;
import io.latencyscheduler.dataplane.control.Reconciler;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.EngineStats.PortStats;
import io.latencyscheduler.dataplane.engine.EngineStats.Received;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /api/v1/ports}: the gated ports with their counters, as they are now. */
@RestController
class PortsController {
    private final AgentLoop loop;
    private final Engine engine;

    PortsController(AgentLoop loop, Engine engine) {
        this.loop = loop;
        this.engine = engine;
    }

    /** One port; frames = sum of outcomes + queued. */
    record PortView(
            String name,
            String backend,
            String device,
            long linkRateBps,
            boolean linkUp,
            long offered,
            long queued,
            Map<String, Long> outcomes,
            @Nullable Quantiles emission,
            Received received) {}

    @GetMapping("/api/v1/ports")
    List<PortView> ports() {
        Reconciler.Outcome outcome = loop.lastOutcome();
        if (outcome == null) {
            return List.of();
        }
        Map<String, PortSpec> specs = outcome.ports().stream().collect(Collectors.toMap(PortSpec::name, spec -> spec));
        List<PortView> views = new ArrayList<>();
        for (PortStats port : engine.stats().ports()) {
            PortSpec spec = specs.get(port.name());
            if (spec != null) {
                views.add(view(spec, port));
            }
        }
        return views;
    }

    private static PortView view(PortSpec spec, PortStats stats) {
        return new PortView(
                spec.name(),
                spec.backend(),
                spec.device(),
                spec.linkRateBps(),
                stats.linkUp(),
                stats.offered(),
                stats.queued(),
                stats.outcomes(),
                stats.emission(),
                stats.received());
    }
}
