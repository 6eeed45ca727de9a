package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.LeaseElector;
import io.latencyscheduler.kube.LeaseSettings;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this instance may place pods. A new leader places none before it has listed everything consistently, after the
 * old lease ended: what the former leader still bound is then known. Thread-safe.
 */
public final class Leadership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    /** The right to write, of one term. */
    public interface Permit {
        /** Whether it still holds; to be asked right before the write leaves. */
        boolean holds();
    }

    private final @Nullable LeaseSettings lease;
    private volatile @Nullable LeaseElector elector;
    private volatile long term;
    private volatile boolean started;
    private volatile boolean closed;

    /**
     * @param lease null: this is the only instance, and always leads
     */
    public Leadership(@Nullable LeaseSettings lease) {
        this.lease = lease;
    }

    /**
     * Begins.
     *
     * @param catchUp lists everything anew
     * @param placing told whether to place pods
     */
    public void start(Clients clients, Supplier<CompletableFuture<Void>> catchUp, Consumer<Boolean> placing) {
        if (lease == null) {
            started = true;
            begin(0, catchUp, placing);
            return;
        }
        elector = new LeaseElector(lease, clients, new LeaseElector.Listener() {
                    @Override
                    public void onStartedLeading(long newTerm) {
                        term = newTerm;
                        begin(newTerm, catchUp, placing);
                    }

                    @Override
                    public void onStoppedLeading() {
                        placing.accept(false);
                    }
                })
                .start();
        started = true;
    }

    private void begin(long inTerm, Supplier<CompletableFuture<Void>> catchUp, Consumer<Boolean> placing) {
        catchUp.get().whenComplete((done, failure) -> {
            if (failure == null && leads(inTerm)) {
                LOG.info("the picture is complete: placing pods");
                placing.accept(true);
            }
        });
    }

    /** The permit of the present term. */
    public Permit permit() {
        long inTerm = term;
        return () -> leads(inTerm);
    }

    public boolean leads() {
        return leads(term);
    }

    private boolean leads(long inTerm) {
        LeaseElector election = elector;
        return !closed && started && (lease == null || (election != null && election.isLeading(inTerm)));
    }

    /** Who leads, for people. */
    public String leader() {
        LeaseElector election = elector;
        return lease == null ? "this instance, alone" : election == null ? "" : election.holder();
    }

    /** Nothing is permitted from now on; then the lease is given back. */
    @Override
    public void close() {
        closed = true;
        LeaseElector election = elector;
        if (election != null) {
            election.close();
        }
    }
}
