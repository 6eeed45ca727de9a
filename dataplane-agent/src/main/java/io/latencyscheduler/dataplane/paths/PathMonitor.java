package io.latencyscheduler.dataplane.paths;

import io.latencyscheduler.contract.NodeDataplane.MeasuredPath;
import io.latencyscheduler.contract.NodeDataplane.Method;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.dataplane.control.AgentLoop;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the probes running that the node's state asks for, and what they measured. One whose path is gone is tried again
 * after a pause that grows to a minute. Thread-safe.
 */
public final class PathMonitor implements AgentLoop.Paths, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PathMonitor.class);
    private static final Duration CHECK = Duration.ofSeconds(1);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final Supplier<List<Probe>> plan;
    private final ProbeRunner runner;
    private final InstantSource clock;
    private final Thread thread = new Thread(this::run, "path-monitor");
    private final Map<Key, Path> paths = new TreeMap<>(); // guarded by this
    private boolean changed; // guarded by this
    private boolean stopping; // guarded by this

    /** A path, whatever devices its probe uses at the moment. */
    private record Key(Tier tier, Method method, String peer) implements Comparable<Key> {
        static Key of(Probe probe) {
            return new Key(probe.tier(), probe.method(), probe.peer());
        }

        @Override
        public int compareTo(Key other) {
            return Comparator.comparing(Key::tier)
                    .thenComparing(Key::method)
                    .thenComparing(Key::peer)
                    .compare(this, other);
        }
    }

    private static final class Path {
        final PathRecorder recorder;

        @Nullable
        Probe wanted;

        ProbeRunner.@Nullable Running running;

        @Nullable
        Probe runningProbe;

        Instant retryAt = Instant.MIN;
        Duration pause = FIRST_PAUSE;
        String problem = "";

        Path(PathRecorder recorder) {
            this.recorder = recorder;
        }
    }

    /**
     * Nothing runs before {@link #start}.
     *
     * @param plan what should run now; asked every second and after {@link #wake}
     */
    public PathMonitor(Supplier<List<Probe>> plan, ProbeRunner runner, InstantSource clock) {
        this.plan = plan;
        this.runner = runner;
        this.clock = clock;
    }

    /** Begins. To be called once. */
    public void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** The plan may differ; returns at once. */
    public synchronized void wake() {
        changed = true;
        notifyAll();
    }

    @Override
    public synchronized List<MeasuredPath> measured() {
        Instant now = clock.instant();
        List<MeasuredPath> measured = new ArrayList<>();
        for (Path path : paths.values()) {
            MeasuredPath known = path.recorder.measured(now);
            if (known != null) {
                measured.add(known);
            }
        }
        return measured;
    }

    @Override
    public synchronized List<String> problems() {
        return paths.values().stream()
                .filter(path -> path.wanted != null && !path.problem.isEmpty())
                .map(path -> path.problem)
                .toList();
    }

    /** One pass: ends what must not run, then starts what should. */
    void pass() {
        List<Probe> probes = plan.get();
        List<Path> toStart = new ArrayList<>();
        List<ProbeRunner.Running> toStop = new ArrayList<>();
        synchronized (this) {
            Instant now = clock.instant();
            paths.values().forEach(path -> path.wanted = null);
            for (Probe probe : probes) {
                paths.computeIfAbsent(Key.of(probe), key -> new Path(new PathRecorder(probe))).wanted = probe;
            }
            for (Path path : paths.values()) {
                if (path.running != null && (path.wanted == null || !path.wanted.equals(path.runningProbe))) {
                    toStop.add(path.running);
                    path.running = null;
                }
                if (path.running == null && path.wanted != null && !now.isBefore(path.retryAt)) {
                    toStart.add(path);
                }
            }
            paths.values().removeIf(path -> path.wanted == null && forgettable(path, now));
        }
        toStop.forEach(ProbeRunner.Running::stop);
        toStart.forEach(this::start);
    }

    /** A measurement outlives its probe for a window; then nobody may use it. */
    private static boolean forgettable(Path path, Instant now) {
        MeasuredPath known = path.recorder.measured(now);
        return known == null || known.measuredAt().plus(MeasuredPath.WINDOW).isBefore(now);
    }

    private void start(Path path) {
        Probe probe = path.wanted;
        if (probe == null) {
            return;
        }
        Attempt attempt = new Attempt(path, probe);
        try {
            attempt.runs(runner.start(probe, attempt));
        } catch (IOException refused) {
            attempt.ended(String.valueOf(refused.getMessage()));
        }
    }

    /** One run of a probe, which may end before its start returns. */
    private final class Attempt implements ProbeRunner.Listener {
        private final Path path;
        private final Probe probe;
        private boolean ended; // guarded by PathMonitor.this

        Attempt(Path path, Probe probe) {
            this.path = path;
            this.probe = probe;
        }

        void runs(ProbeRunner.Running running) {
            synchronized (PathMonitor.this) {
                if (!ended) {
                    path.running = running;
                    path.runningProbe = probe;
                }
            }
        }

        @Override
        public void reported(ProbeReport report) {
            synchronized (PathMonitor.this) {
                path.recorder.record(report, clock.instant());
                path.problem = "";
                path.pause = FIRST_PAUSE;
            }
        }

        @Override
        public void ended(String why) {
            synchronized (PathMonitor.this) {
                ended = true;
                String problem = probe.display() + ": " + why;
                if (!problem.equals(path.problem)) {
                    LOG.warn("path {}; tried again in {}", problem, path.pause);
                }
                path.problem = problem;
                path.running = null;
                path.retryAt = clock.instant().plus(path.pause);
                Duration longer = path.pause.multipliedBy(2);
                path.pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
            }
        }
    }

    private void run() {
        while (awaitTurn()) {
            try {
                pass();
            } catch (RuntimeException failed) {
                LOG.warn("paths are not measured for a moment", failed);
            }
        }
    }

    private synchronized boolean awaitTurn() {
        if (!changed && !stopping) {
            try {
                wait(CHECK.toMillis());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        changed = false;
        return !stopping;
    }

    /** Ends the thread and every probe. */
    @Override
    public void close() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        List<ProbeRunner.Running> running;
        synchronized (this) {
            running = new ArrayList<>();
            for (Path path : paths.values()) {
                if (path.running != null) {
                    running.add(path.running);
                    path.running = null;
                }
            }
        }
        running.forEach(ProbeRunner.Running::stop);
    }
}
