package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.kube.Backoff;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.EventRecorder;
import io.latencyscheduler.kube.LeaseSettings;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.cycle.Binder;
import io.latencyscheduler.scheduler.cycle.Scheduler;
import io.latencyscheduler.scheduler.cycle.Settings;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.Profile;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeSet;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.metrics.Metric;
import io.latencyscheduler.scheduler.metrics.SchedulerMetrics;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.queue.SchedulingQueue;
import io.latencyscheduler.scheduler.trace.Decision;
import io.latencyscheduler.scheduler.trace.DecisionLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole scheduler, put together: watches feed the core on its thread, the core's decisions go out through the binder,
 * the reporter and the projector. Begins in the background, as the API server may not be up yet. Thread-safe.
 */
public final class SchedulerRuntime implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SchedulerRuntime.class);
    /** An answered binding is final; an unanswered one may have been on its way for about so long. */
    private static final Duration SETTLE = Duration.ofSeconds(2);

    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final Duration COUNT_PORTS = Duration.ofSeconds(5);
    private static final int DECISIONS_KEPT = 500;
    /** So many pods that could be decided on or are being bound are a load. */
    private static final int LOAD = 50;

    private final SchedulerConfig config;
    private final Clients clients;
    private final Function<VolumeWriter, List<Plugin>> plugins;
    private final SchedulerMetrics metrics;
    private final InstantSource wall = InstantSource.system();
    private final SteadyClock clock = new SteadyClock(wall, System::nanoTime);
    private final DecisionLog decisions = new DecisionLog(DECISIONS_KEPT);
    private final SchedulerLoop loop;
    private final Leadership leadership;
    private final ExecutorService bindings;
    private final ScheduledExecutorService timer;
    private final List<AutoCloseable> started = new ArrayList<>();

    private volatile @Nullable ClusterWatches watches;
    private volatile String startProblem = "not yet started";
    private volatile boolean warm;
    private volatile boolean closed;
    /** On the scheduler's thread. */
    private long portsCountedUntilMs;

    /**
     * @param plugins makes them, in the order in which they are asked
     */
    public SchedulerRuntime(
            SchedulerConfig config,
            Clients clients,
            Function<VolumeWriter, List<Plugin>> plugins,
            SchedulerMetrics metrics) {
        this.config = config;
        this.clients = clients;
        this.plugins = plugins;
        this.metrics = metrics;
        this.loop = new SchedulerLoop(
                clock, durationNs -> metrics.observeNs(Metric.SCHEDULING_ALGORITHM_DURATION, durationNs));
        this.leadership = new Leadership(lease(config));
        this.bindings = Executors.newFixedThreadPool(config.client().maxInFlight(), named("binding"));
        this.timer = Executors.newSingleThreadScheduledExecutor(named("timer"));
    }

    /** The settings of the client that this configuration asks for. */
    public static ClientSettings clientSettings(SchedulerConfig config, String version) {
        SchedulerConfig.Client client = config.client();
        return new ClientSettings(
                client.kubeconfig().orElse(null),
                "latency-scheduler/" + version,
                client.qps(),
                client.burst(),
                client.maxInFlight(),
                client.requestTimeout());
    }

    private static @Nullable LeaseSettings lease(SchedulerConfig config) {
        SchedulerConfig.LeaderElection election = config.leaderElection();
        return election.enabled()
                ? new LeaseSettings(
                        election.namespace().isEmpty() ? Clients.ownNamespace("default") : election.namespace(),
                        election.leaseName(),
                        hostName() + "_" + UUID.randomUUID(),
                        election.leaseDuration(),
                        election.renewDeadline(),
                        election.retryPeriod())
                : null;
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "unknown";
        }
    }

    /** Begins; the rest follows as soon as the API server answers. */
    public SchedulerRuntime start() {
        startProblem = "the API server at " + clients.address() + " has not answered yet";
        Thread thread = new Thread(this::startWhenServerAnswers, "start");
        thread.setDaemon(true);
        thread.start();
        Thread warming = new Thread(this::warmUp, "warm-up");
        warming.setDaemon(true);
        warming.start();
        return this;
    }

    private void warmUp() {
        try {
            WarmUp.run(config);
        } catch (RuntimeException broke) {
            LOG.error("the warm-up broke; the first decisions will be slow", broke);
        }
        warm = true;
    }

    private void startWhenServerAnswers() {
        Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10), ThreadLocalRandom.current());
        while (!closed) {
            try {
                begin(ApiVersions.discover(clients.commands()));
                return;
            } catch (IOException unreachable) {
                startProblem =
                        "the API server at " + clients.address() + " cannot be used: " + unreachable.getMessage();
                LOG.warn("{}; trying again", startProblem);
                try {
                    Thread.sleep(backoff.next().toMillis());
                } catch (InterruptedException interrupted) {
                    return;
                }
            } catch (RuntimeException broke) {
                startProblem = "the scheduler cannot start: " + broke;
                LOG.error(startProblem, broke);
                return;
            }
        }
    }

    private synchronized void begin(ApiVersions versions) {
        if (closed) {
            return;
        }
        LOG.info("API server {} at {}", versions.gitVersion(), clients.address());
        EventRecorder events = keep(new EventRecorder(
                clients.background(), versions.events(), config.name(), config.name() + "-" + hostName(), wall));
        events.start();
        Evictor evictor = keep(new Evictor(clients.commands(), versions, leadership, wall));
        ApiReporter reporter =
                keep(new ApiReporter(clients.background(), evictor, events, leadership, metrics, decisions, wall));
        Duration margin = config.leaderElection()
                .leaseDuration()
                .minus(config.leaderElection().renewDeadline());
        Duration timeout = config.leaderElection().enabled()
                        && margin.compareTo(config.client().requestTimeout()) < 0
                ? margin
                : config.client().requestTimeout();
        ApiBinder binder = new ApiBinder(clients.commands(), leadership::permit, timeout, SETTLE, bindings);
        Cluster cluster = new Cluster();
        Scheduler core = new Scheduler(
                new Settings(
                        config.name(),
                        config.nodesToScore(),
                        ThreadLocalRandom.current().nextLong(),
                        config.backoff()),
                new Profile(withOneTerm()),
                cluster,
                new MeasuredBinder(binder, metrics),
                reporter,
                loop,
                clock,
                wall);
        loop.start(core);
        ClusterWatches following = keep(new ClusterWatches(clients, versions, core.inbox(), loop, metrics).start());
        LabelProjector projector = config.projector().enabled()
                ? keep(new LabelProjector(
                        clients.background(), leadership, config.projector().debounce()))
                : null;
        watches = following;
        startProblem = "";
        leadership.start(clients, following::relistAll, loop::setPlacing);
        timer.scheduleWithFixedDelay(
                () -> loop.execute(() -> tick(core, projector, events, reporter)),
                TICK.toMillis(),
                TICK.toMillis(),
                TimeUnit.MILLISECONDS);
        long auditMs = config.auditInterval().toMillis();
        timer.scheduleWithFixedDelay(
                new Audit(following, loop, metrics, reporter, wall)::run, auditMs, auditMs, TimeUnit.MILLISECONDS);
    }

    /** Asked first before a binding, so that nothing is written for a pod decided in an earlier term. */
    private List<Plugin> withOneTerm() {
        List<Plugin> all = new ArrayList<>();
        all.add(new OneTerm(leadership::permit));
        all.addAll(plugins.apply(new ApiVolumeWriter(clients.commands(), leadership::permit, bindings)));
        return all;
    }

    private <T extends AutoCloseable> T keep(T part) {
        started.add(part);
        return part;
    }

    private void tick(Scheduler core, @Nullable LabelProjector projector, EventRecorder events, ApiReporter reporter) {
        if (clock.wallStepped()) {
            core.flush(); // A heartbeat that looked old may be young by now.
        }
        boolean loaded = core.queue().size(SchedulingQueue.Place.ACTIVE) + core.inFlight() > LOAD;
        events.giveWay(loaded);
        if (projector != null && loop.placing()) {
            projector.project(core.cluster(), loaded);
            metrics.set(Metric.WRITES_DROPPED, projector.dropped(), "label");
        }
        for (SchedulingQueue.Place place : SchedulingQueue.Place.values()) {
            metrics.set(
                    Metric.PENDING_PODS, core.queue().size(place), place.name().toLowerCase(Locale.ROOT));
        }
        if (clock.millis() >= portsCountedUntilMs) {
            portsCountedUntilMs = clock.millis() + COUNT_PORTS.toMillis();
            countPorts(core.cluster().nodes());
        }
        metrics.set(Metric.IN_FLIGHT_PODS, core.inFlight());
        metrics.set(Metric.NODES, core.cluster().nodes().size());
        metrics.set(Metric.LEADER, loop.placing() ? 1 : 0);
        metrics.set(Metric.EVENT_BACKLOG, loop.backlog());
        metrics.set(Metric.WRITES_DROPPED, events.dropped(), "event");
        metrics.set(Metric.WRITES_DROPPED, reporter.dropped(), "condition");
    }

    /** Looks at every node, so not at every tick. */
    private void countPorts(NodeSet nodes) {
        long free = 0;
        long held = 0;
        for (int i = 0; i < nodes.size(); i++) {
            NodeState node = nodes.get(i);
            free += Math.max(0, node.ownedPorts().headroom());
            held += node.ownedPorts().held();
        }
        metrics.set(Metric.OWNED_PORTS, free, "free");
        metrics.set(Metric.OWNED_PORTS, held, "allocated");
    }

    /** Why it is not ready to take over at once; empty when it is. */
    public List<String> unreadiness() {
        ClusterWatches following = watches;
        if (following == null) {
            return List.of(startProblem);
        }
        return warm ? following.problems() : List.of("the first decisions are being practised");
    }

    /** Whether the scheduler's thread takes in what it is handed. */
    public boolean responsive() {
        return watches == null || loop.responsive();
    }

    /** Whether this instance places pods now. */
    public boolean placing() {
        return loop.placing();
    }

    /** Who leads, for people. */
    public String leader() {
        return leadership.leader();
    }

    /** The last decision on each recently decided pod. */
    public DecisionLog decisions() {
        return decisions;
    }

    /** Asks the core, on its thread. Fails at once while there is none. */
    public <T> CompletableFuture<T> ask(Function<Scheduler, T> question) {
        return watches == null
                ? CompletableFuture.failedFuture(new IllegalStateException(startProblem))
                : loop.ask(question);
    }

    /** What would become of a pod now. */
    public CompletableFuture<Decision> whatIf(PodInfo pod) {
        return ask(core -> core.whatIf(pod));
    }

    /**
     * Binds a pod to the node that another scheduler chose, with its allocation, in one write; see {@link Scheduler#place}.
     * Only a leader does.
     *
     * @param uid of the pod that was meant; empty for whichever has that name
     */
    public CompletableFuture<Binder.Result> place(String namespace, String name, String uid, String nodeName) {
        if (!placing()) {
            return failed("this instance does not lead and binds nothing; leader: " + leader());
        }
        return CompletableFuture.supplyAsync(() -> readPod(namespace, name), bindings)
                .thenCompose(pod -> {
                    if (pod.isEmpty()) {
                        return failed("pod " + namespace + "/" + name + " does not exist");
                    } else if (!uid.isEmpty() && !pod.get().uid().equals(uid)) {
                        return failed("pod " + namespace + "/" + name + " has UID "
                                + pod.get().uid() + " by now, not " + uid);
                    }
                    return ask(core -> core.place(pod.get(), nodeName)).thenCompose(outcome -> outcome);
                });
    }

    private static CompletableFuture<Binder.Result> failed(String reason) {
        return CompletableFuture.completedFuture(new Binder.Result.Failed(reason));
    }

    private Optional<PodInfo> readPod(String namespace, String name) {
        try {
            ApiResponse found = clients.commands().send(ApiRequest.get(Resource.PODS.path(namespace, name)));
            return found.status() == 404
                    ? Optional.empty()
                    : Optional.of(ObjectFeed.pod(found.orThrow("read the pod").tree()));
        } catch (IOException unread) {
            throw new UncheckedIOException(
                    "pod " + namespace + "/" + name + " cannot be read: " + unread.getMessage(), unread);
        }
    }

    private static java.util.concurrent.ThreadFactory named(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * Ends in this order: no new decisions, bindings on their way finish, the lease is given back, the rest stops. A lease
     * given back earlier would let the next leader decide before ours are known.
     */
    @Override
    public synchronized void close() {
        closed = true;
        loop.setPlacing(false);
        timer.shutdownNow();
        bindings.shutdown();
        try {
            if (!bindings.awaitTermination(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("some bindings are unfinished; the next leader reads what became of them");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        leadership.close();
        bindings.shutdownNow();
        for (int i = started.size() - 1; i >= 0; i--) {
            try {
                started.get(i).close();
            } catch (Exception failure) {
                LOG.warn("closing {} failed", started.get(i).getClass().getSimpleName(), failure);
            }
        }
        loop.close();
        clients.close();
    }
}
