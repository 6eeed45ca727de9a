package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.scheduler.cycle.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scheduler's thread: runs what is handed to it, in order, and between that places pods while it may.
 *
 * <p>Nothing else touches the core. {@link #execute} and {@link #ask} are thread-safe.
 */
public final class SchedulerLoop implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SchedulerLoop.class);
    /** Events taken in before a decision is due again: fresh facts first, without letting pods wait for a storm. */
    private static final int TASKS_PER_ROUND = 1000;
    /** Beyond so many unfinished bindings the API server is the limit, and deciding early only decides on old facts. */
    private static final int MAX_IN_FLIGHT = 1000;

    private static final long RESPONSIVE_NS = Duration.ofSeconds(30).toNanos();

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final InstantSource clock;
    private final LongConsumer decisionNs;
    private final Thread thread;
    private volatile @Nullable Scheduler scheduler;
    private volatile boolean placing;
    private volatile boolean closed;
    private volatile long wentRoundAtNs = System.nanoTime();

    /**
     * @param decisionNs told how long each decision took
     */
    public SchedulerLoop(InstantSource clock, LongConsumer decisionNs) {
        this.clock = clock;
        this.decisionNs = decisionNs;
        this.thread = new Thread(this::run, "scheduler");
    }

    /** Begins with this core, not yet placing. */
    public void start(Scheduler core) {
        scheduler = core;
        thread.start();
    }

    /** Hands over a task. It runs unless the loop has ended. */
    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    /** Asks the core on its thread. */
    public <T> CompletableFuture<T> ask(Function<Scheduler, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        execute(() -> {
            try {
                answer.complete(question.apply(core()));
            } catch (RuntimeException broke) {
                answer.completeExceptionally(broke);
            }
        });
        return answer;
    }

    /** From now on pods are placed, or not: a follower only keeps its picture up to date. */
    public void setPlacing(boolean placing) {
        this.placing = placing;
        wake();
    }

    public boolean placing() {
        return placing;
    }

    /** Whether it has gone round within the last half minute: a timer hands over a task far more often. */
    public boolean responsive() {
        return thread.isAlive() && System.nanoTime() - wentRoundAtNs < RESPONSIVE_NS;
    }

    /** Tasks handed over and not yet run. */
    public int backlog() {
        return tasks.size();
    }

    private Scheduler core() {
        Scheduler core = scheduler;
        if (core == null) {
            throw new IllegalStateException("the loop has not been started");
        }
        return core;
    }

    private void run() {
        Scheduler core = core();
        while (!closed) {
            wentRoundAtNs = System.nanoTime();
            boolean worked = runTasks();
            if (placing && core.inFlight() < MAX_IN_FLIGHT) {
                worked |= decide(core);
            }
            if (!worked) {
                park(core);
            }
        }
    }

    private boolean decide(Scheduler core) {
        long startNs = System.nanoTime();
        boolean decided = core.scheduleOne();
        if (decided) {
            decisionNs.accept(System.nanoTime() - startNs);
        }
        return decided;
    }

    private boolean runTasks() {
        int ran = 0;
        for (Runnable task = tasks.poll(); task != null; task = ran < TASKS_PER_ROUND ? tasks.poll() : null) {
            ran++;
            try {
                task.run();
            } catch (RuntimeException broke) {
                LOG.error("a task of the scheduler's thread broke", broke);
            }
        }
        return ran > 0;
    }

    private void park(Scheduler core) {
        long waitNs = Long.MAX_VALUE;
        if (placing && core.inFlight() < MAX_IN_FLIGHT) {
            Instant due = core.nextDue();
            Instant now = clock.instant();
            waitNs = due.isAfter(now) ? saturated(Duration.between(now, due)) : 0;
        }
        if (tasks.isEmpty() && !closed && waitNs > 0) {
            LockSupport.parkNanos(this, waitNs);
        }
    }

    private static long saturated(Duration duration) {
        return duration.compareTo(Duration.ofDays(1)) > 0 ? Duration.ofDays(1).toNanos() : duration.toNanos();
    }

    private void wake() {
        LockSupport.unpark(thread);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(5000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
