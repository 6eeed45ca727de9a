package io.latencyscheduler.dataplane.overlay;

import java.time.Duration;
import java.util.Collection;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the overlay as it should be: after each change, and every two seconds, since a switch that restarted comes back
 * without flows and does not say so.
 */
public final class OverlayLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OverlayLoop.class);
    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final NodeNetwork network;
    private final Supplier<@Nullable Collection<Peer>> peers;
    private final Runnable onVerdict;
    private final Thread thread = new Thread(this::run, "overlay");

    private boolean changed = true; // guarded by this
    private boolean stopping; // guarded by this
    private volatile String problem = "the nodes have not been read from the API server yet";

    /**
     * A loop that is not started.
     *
     * @param peers the other nodes; null while they are not known, when nothing is changed
     * @param onVerdict told when {@link #problem} says something else
     */
    public OverlayLoop(NodeNetwork network, Supplier<@Nullable Collection<Peer>> peers, Runnable onVerdict) {
        this.network = network;
        this.peers = peers;
        this.onVerdict = onVerdict;
        thread.setDaemon(true);
    }

    /** Begins. To be called once. */
    public void start() {
        thread.start();
    }

    /** Something may differ; returns at once. */
    public synchronized void wake() {
        changed = true;
        notifyAll();
    }

    /** What keeps pods from the overlay; empty when nothing does. */
    public String problem() {
        return problem;
    }

    private void run() {
        while (awaitTurn()) {
            String before = problem;
            try {
                Collection<Peer> known = peers.get();
                if (known != null) {
                    network.reconcile(known);
                    problem = "";
                }
            } catch (RuntimeException failed) {
                problem = String.valueOf(failed.getMessage());
            }
            if (!problem.equals(before)) {
                if (problem.isEmpty()) {
                    LOG.info("overlay: ready");
                } else {
                    LOG.warn("overlay: {}; tried again every {} s", problem, PERIOD.toSeconds());
                }
                onVerdict.run();
            }
        }
    }

    private synchronized boolean awaitTurn() {
        long deadlineNs = System.nanoTime() + PERIOD.toNanos();
        while (!changed && !stopping) {
            long leftMillis = (deadlineNs - System.nanoTime()) / 1_000_000;
            if (leftMillis <= 0) {
                break;
            }
            try {
                wait(leftMillis);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        changed = false;
        return !stopping;
    }

    /** Stops the thread, then the network. What is set up stays for the pods that use it. */
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
        network.close();
    }
}
