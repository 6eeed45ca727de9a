package io.latencyscheduler.scheduler.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import io.latencyscheduler.scheduler.trace.Decision;
import io.latencyscheduler.scheduler.view.ClusterView;
import io.latencyscheduler.scheduler.view.DecisionJson;
import io.latencyscheduler.scheduler.view.NodeView;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What one viewer has been told, and so what is news to him. One thread calls {@link #next}.
 *
 * <p>Messages, each a JSON object: {@code status} (who leads, what is wrong, the queue) at every look, {@code nodes}
 * (changed ones, names of those that are gone) and {@code decisions} (new ones, oldest first) when there are any.
 */
final class LiveFeed {
    /** Nodes in one message: a large cluster arrives in parts that the page can draw one by one. */
    static final int NODES_PER_MESSAGE = 500;

    private static final int LOOKS_PER_SIGN_OF_LIFE = 10;
    private static final int FIRST_DECISIONS = 200;
    private static final int ANSWER_WITHIN_SECONDS = 10;

    private final SchedulerRuntime scheduler;
    private final SchedulerConfig config;
    private final Set<String> known = new HashSet<>();
    private long generation = -1;
    private @Nullable Decision latest;
    private String told = "";
    private int silentLooks;

    /** Takes a message; throws when the viewer is gone. */
    interface Viewer {
        void send(String event, Object message) throws IOException;
    }

    LiveFeed(SchedulerRuntime scheduler, SchedulerConfig config) {
        this.scheduler = scheduler;
        this.config = config;
    }

    /** Looks once and tells the viewer what is new. */
    void next(Viewer viewer) throws IOException, InterruptedException {
        long since = generation;
        ClusterView view;
        try {
            view = scheduler
                    .ask(core -> ClusterView.since(since, core, config.tiers(), Instant.now()))
                    .get(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException unanswered) {
            status(status(null), viewer);
            return;
        }
        status(status(view), viewer);
        nodes(view, viewer);
        decisions(viewer);
        generation = view.generation();
    }

    /** Only when it is news, or after some silence: so that the viewer can tell a quiet cluster from a lost connection. */
    private void status(ObjectNode status, Viewer viewer) throws IOException {
        String text = Json.text(status);
        if (text.equals(told) && ++silentLooks < LOOKS_PER_SIGN_OF_LIFE) {
            return;
        }
        told = text;
        silentLooks = 0;
        viewer.send("status", status.put("time", Instant.now().toString()));
    }

    private ObjectNode status(@Nullable ClusterView view) {
        TierSettings tiers = config.tiers();
        ObjectNode status = Json.object()
                .put("name", config.name())
                .put("leading", scheduler.placing())
                .put("leader", scheduler.leader());
        ArrayNode problems = status.putArray("problems");
        scheduler.unreadiness().forEach(problems::add);
        status.putObject("tiers")
                .put("dpdkFromNs", tiers.dpdkFromNs())
                .put("ovsDpdkFromNs", tiers.ovsDpdkFromNs())
                .put("kernelFromNs", tiers.kernelFromNs())
                .put("measured", tiers.measured().name().toLowerCase(Locale.ROOT))
                .put("measuredMinSamples", tiers.measuredMinSamples())
                .put("measuredFreshForNs", tiers.measuredFreshFor().toNanos());
        if (view != null) {
            status.put("nodes", view.names().size()).put("inFlight", view.inFlight());
            status.set("queue", Json.toTree(view.queue()));
            status.set("waiting", Json.toTree(view.waiting()));
        }
        return status;
    }

    private void nodes(ClusterView view, Viewer viewer) throws IOException {
        List<String> removed = new ArrayList<>();
        known.removeIf(name -> {
            boolean gone = !view.names().contains(name);
            if (gone) {
                removed.add(name);
            }
            return gone;
        });
        known.addAll(view.names());
        List<NodeView> changed = view.nodes();
        if (changed.isEmpty() && removed.isEmpty()) {
            return;
        }
        int from = 0;
        do {
            int to = Math.min(from + NODES_PER_MESSAGE, changed.size());
            ObjectNode message = Json.object();
            message.set("changed", Json.toTree(changed.subList(from, to)));
            message.set("removed", Json.toTree(from == 0 ? removed : List.of()));
            viewer.send("nodes", message);
            from = to;
        } while (from < changed.size());
    }

    private void decisions(Viewer viewer) throws IOException {
        List<Decision> recent = scheduler.decisions().recent(FIRST_DECISIONS);
        ArrayNode fresh = Json.array();
        for (Decision decision : recent) {
            if (decision == latest) {
                break;
            }
            fresh.insert(0, DecisionJson.summary(decision));
        }
        if (!recent.isEmpty()) {
            latest = recent.get(0);
        }
        if (!fresh.isEmpty()) {
            viewer.send("decisions", fresh);
        }
    }
}
