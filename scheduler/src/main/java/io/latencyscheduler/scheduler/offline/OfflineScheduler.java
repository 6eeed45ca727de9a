package io.latencyscheduler.scheduler.offline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.cycle.Reporter;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.cycle.Settings;
import io.latencyscheduler.scheduler.framework.Profile;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import io.latencyscheduler.scheduler.kube.ObjectFeed;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import io.latencyscheduler.scheduler.trace.Decision;
import io.latencyscheduler.scheduler.view.ClusterView;
import io.latencyscheduler.scheduler.view.NodeView;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * The live scheduler's core over a snapshot, at the moment of the snapshot. Bindings succeed at once and are written
 * nowhere. Not thread-safe.
 */
public final class OfflineScheduler {
    private final Snapshot snapshot;
    private final SchedulerConfig config;
    private final Scheduler core;
    private final Deque<Runnable> tasks = new ArrayDeque<>();

    /**
     * Fills a core.
     *
     * @param seed of the choice among equally good nodes
     * @param reporter told of every decision that {@link #settle} makes
     * @throws IllegalArgumentException with one sentence per fault when the snapshot cannot be used
     */
    public OfflineScheduler(Snapshot snapshot, long seed, Reporter reporter) {
        this.snapshot = snapshot;
        Reading<SchedulerConfig> reading = SchedulerConfig.read(snapshot.properties());
        if (!reading.ok()) {
            throw new IllegalArgumentException(
                    reading.faults().stream().map(Fault::sentence).collect(Collectors.joining("\n")));
        }
        config = reading.value();
        core = new Scheduler(
                new Settings(config.name(), config.nodesToScore(), seed, config.backoff()),
                new Profile(DefaultPlugins.create(
                        config.tiers(), config.streams(), config.dpdkReadiness(), VolumeWriter.NONE)),
                new Cluster(),
                OfflineScheduler::bound,
                reporter,
                tasks::add,
                snapshot::takenAt,
                snapshot::takenAt);
        for (JsonNode object : snapshot.objects()) {
            try {
                ObjectFeed.tell(core.inbox(), object);
            } catch (IOException malformed) {
                throw new IllegalArgumentException(
                        object.path("kind").asText() + " "
                                + object.path("metadata").path("name").asText() + " of the snapshot cannot be read: "
                                + String.valueOf(malformed.getMessage())
                                        .lines()
                                        .findFirst()
                                        .orElse(""),
                        malformed);
            }
        }
    }

    /** For questions alone: nobody is told of decisions. */
    public OfflineScheduler(Snapshot snapshot) {
        this(snapshot, 1, new SilentReporter());
    }

    private static CompletionStage<Binder.Result> bound(Binder.Request request) {
        return CompletableFuture.completedFuture(new Binder.Result.Bound());
    }

    public SchedulerConfig config() {
        return config;
    }

    public Scheduler core() {
        return core;
    }

    /** What would become of a pod, on every node. Nothing changes. */
    public Decision whatIf(PodInfo pod) {
        return core.whatIf(pod);
    }

    /** What would become of a pod of the snapshot if it came now, its present place counted as free. It is gone afterwards. */
    public Decision again(JsonNode pod) throws IOException {
        ObjectNode anew = pod.deepCopy();
        core.inbox().podDeleted(anew.path("metadata").path("uid").asText());
        if (anew.path("spec") instanceof ObjectNode spec) {
            spec.remove("nodeName");
        }
        if (anew.path("metadata").path("annotations") instanceof ObjectNode annotations) {
            annotations.remove(Keys.ALLOCATION);
        }
        return whatIf(ObjectFeed.pod(anew));
    }

    /** Places every pod that waits, until nothing is due. */
    public void settle() {
        do {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
        } while (core.scheduleOne() || !tasks.isEmpty());
    }

    /** Every node as it stands. */
    public List<NodeView> nodes() {
        return ClusterView.since(-1, core, config.tiers(), snapshot.takenAt()).nodes();
    }
}
