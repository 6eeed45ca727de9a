package io.latencyscheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds a lease as long as it can, and takes it again after losing it.
 *
 * <p>{@link #isLeading} is true only until {@code renewDeadline} after the last renewal that succeeded was <em>sent</em>, by
 * the monotonic clock: a process that was frozen or cut off knows by itself that its time is over. What a lease cannot
 * exclude is a request sent before that and applied after the lease was taken; such requests need timeouts below the
 * margin, and a second check where they land.
 *
 * <p>The listener runs on the elector's thread, once per term and in turn: started, stopped, started …
 */
public final class LeaseElector implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseElector.class);

    /** Told when a term begins and when it has ended. */
    public interface Listener {
        /** {@code term} grows with every change of leadership, across all processes. */
        void onStartedLeading(long term);

        void onStoppedLeading();
    }

    private final LeaseSettings settings;
    private final Transport api;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Listener listener;
    private final LeaseClaim claim;
    private final Thread thread;

    private volatile boolean closed;
    private volatile boolean held;
    private volatile long leadingUntilNs;
    private volatile long term;
    private volatile String holder = "";

    /** The lease as last written or read; only the elector's thread touches it. */
    private @Nullable JsonNode lease;
    /** Whether the listener was told of a start and not yet of its end. */
    private boolean told;

    public LeaseElector(LeaseSettings settings, Clients clients, Listener listener) {
        this(settings, clients.lease(settings.requestTimeout()), InstantSource.system(), System::nanoTime, listener);
    }

    LeaseElector(LeaseSettings settings, Transport api, InstantSource clock, LongSupplier nanoTime, Listener listener) {
        this.settings = settings;
        this.api = api;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.listener = listener;
        this.claim = new LeaseClaim(settings);
        this.thread = new Thread(this::run, "lease-" + settings.name());
        thread.setDaemon(true);
    }

    /** Begins. To be called once. */
    public LeaseElector start() {
        thread.start();
        return this;
    }

    /** Whether this process may act now. Cheap; to be asked right before each act. */
    public boolean isLeading() {
        return held && leadingUntilNs - nanoTime.getAsLong() > 0;
    }

    /** Whether this process may act now, in this very term. */
    public boolean isLeading(long inTerm) {
        return term == inTerm && isLeading();
    }

    /** Who held the lease when last seen; empty when nobody did. */
    public String holder() {
        return holder;
    }

    private void run() {
        while (!closed) {
            tick();
            pause();
        }
        stopLeading();
        release();
    }

    /** One look at the lease, and one write if it is ours. */
    void tick() {
        boolean leading = isLeading();
        if (!leading) {
            stopLeading();
        }
        try {
            if (!leading || lease == null) {
                lease = read();
            }
            Optional<ObjectNode> write = claim.write(lease, nanoTime.getAsLong(), clock.instant(), leading);
            if (write.isPresent()) {
                write(write.get());
            }
            holder = lease == null
                    ? ""
                    : lease.path("spec").path("holderIdentity").asText("");
            if (!holder.equals(settings.identity())) {
                held = false;
            }
        } catch (IOException | RuntimeException failure) {
            lease = null;
            LOG.warn(
                    "lease {}/{} cannot be {}: {}",
                    settings.namespace(),
                    settings.name(),
                    leading ? "renewed" : "looked at",
                    failure.toString());
        }
        if (!isLeading()) {
            stopLeading();
        }
    }

    private @Nullable JsonNode read() throws IOException {
        ApiResponse response = api.send(ApiRequest.get(Resource.LEASES.path(settings.namespace(), settings.name())));
        return response.status() == 404
                ? null
                : response.orThrow("read the lease").tree();
    }

    private void write(ObjectNode wanted) throws IOException {
        long sentAtNs = nanoTime.getAsLong();
        ApiResponse response = api.send(
                lease == null
                        ? ApiRequest.post(Resource.LEASES.path(settings.namespace()), wanted)
                        : ApiRequest.put(Resource.LEASES.path(settings.namespace(), settings.name()), wanted));
        if (response.status() == 409) {
            // Somebody else was faster, or changed it: look again. Renewal time keeps running out meanwhile.
            lease = read();
            return;
        }
        lease = response.orThrow("write the lease").tree();
        leadingUntilNs = sentAtNs + settings.renewDeadline().toNanos();
        term = lease.path("spec").path("leaseTransitions").asLong();
        held = true;
        if (!told && isLeading()) {
            told = true;
            LOG.info("leading from now on, term {}", term);
            listener.onStartedLeading(term);
        }
    }

    private void stopLeading() {
        held = false;
        if (told) {
            told = false;
            LOG.warn("no longer leading, term {}", term);
            listener.onStoppedLeading();
        }
    }

    private void release() {
        JsonNode last = lease;
        if (last == null || !holder.equals(settings.identity())) {
            return;
        }
        try {
            api.send(ApiRequest.put(
                    Resource.LEASES.path(settings.namespace(), settings.name()),
                    LeaseClaim.released(last, clock.instant())));
        } catch (IOException unreachable) {
            LOG.info("the lease could not be given back and will expire: {}", unreachable.toString());
        }
    }

    private void pause() {
        long periodMs = settings.retryPeriod().toMillis();
        // A follower looks at moments of its own, so that several do not race for a free lease.
        long waitMs = held ? periodMs : periodMs + ThreadLocalRandom.current().nextLong(periodMs / 4 + 1);
        if (held) {
            long leftMs = (leadingUntilNs - nanoTime.getAsLong()) / 1_000_000;
            waitMs = Math.max(1, Math.min(waitMs, leftMs));
        }
        synchronized (this) {
            try {
                if (!closed) {
                    wait(waitMs);
                }
            } catch (InterruptedException interrupted) {
                closed = true;
            }
        }
    }

    /** Stops leading, gives the lease back and waits until that is done. What was sent in this term must have ended. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(settings.requestTimeout().multipliedBy(3).toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
