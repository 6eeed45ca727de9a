package io.latencyscheduler.dataplane.preload;

import io.latencyscheduler.dataplane.plan.BoundPod;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of programs that were to load libtsnsocket.so and cannot, once per pod and program. */
public final class PreloadWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PreloadWatch.class);
    private static final Duration LOOK = Duration.ofSeconds(30);

    private final Path proc;
    private final Supplier<Collection<BoundPod>> pods;
    private final Teller teller;
    private final Set<PodPrograms.Unloaded> told = new HashSet<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "preload-watch");
        thread.setDaemon(true);
        return thread;
    });

    /** Tells whoever owns a pod. */
    public interface Teller {
        /** By a Warning event with this sentence. */
        void warn(BoundPod pod, String sentence) throws IOException;
    }

    /** {@code pods}: those of this node with an allocation. */
    public PreloadWatch(Path proc, Supplier<Collection<BoundPod>> pods, Teller teller) {
        this.proc = proc;
        this.pods = pods;
        this.teller = teller;
    }

    /** Begins to look every thirty seconds. */
    public PreloadWatch start() {
        ScheduledFuture<?> running =
                timer.scheduleWithFixedDelay(this::run, LOOK.toSeconds(), LOOK.toSeconds(), TimeUnit.SECONDS);
        LOG.debug("programs are looked at: {}", running);
        return this;
    }

    private void run() {
        try {
            look();
        } catch (IOException | RuntimeException failed) {
            LOG.warn("programs of pods could not be looked at: {}", failed.getMessage());
        }
    }

    /** One look; what could not be told is told at the next. */
    void look() throws IOException {
        Map<String, BoundPod> byUid = new HashMap<>();
        for (BoundPod pod : pods.get()) {
            if (!pod.terminated() && !pod.allocation().streams().isEmpty()) {
                byUid.put(pod.uid(), pod);
            }
        }
        told.removeIf(one -> !byUid.containsKey(one.podUid()));
        if (byUid.isEmpty()) {
            return;
        }
        for (PodPrograms.Unloaded one : PodPrograms.unloaded(proc, byUid.keySet())) {
            BoundPod pod = byUid.get(one.podUid());
            if (pod != null && !told.contains(one)) {
                teller.warn(
                        pod,
                        one.program() + " " + one.kind().words()
                                + " and does not load libtsnsocket.so: its streams stand idle unless it uses the C API");
                told.add(one);
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
