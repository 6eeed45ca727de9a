package io.latencyscheduler.dataplane.ovs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.latencyscheduler.dataplane.overlay.NetworkException;
import io.latencyscheduler.dataplane.ovs.plan.SwitchChange;
import io.latencyscheduler.dataplane.ovs.plan.SwitchState;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.ovsdb.OvsdbConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Follows one Open vSwitch database and changes it; connects again when it went away. Thread-safe. */
final class OvsdbSession implements AutoCloseable {
    private static final String DATABASE = "Open_vSwitch";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Path socket;
    private final Runnable onChange;
    private OvsdbRows rows = new OvsdbRows(); // guarded by this
    private @Nullable OvsdbConnection connection; // guarded by this
    private boolean closed; // guarded by this

    OvsdbSession(Path socket, Runnable onChange) {
        this.socket = socket;
        this.onChange = onChange;
    }

    /** What the database says now; connects first where needed. */
    synchronized SwitchState state() {
        connected();
        return rows.state();
    }

    /** Makes the changes in one transaction; none is no call. What it changed is in {@link #state} afterwards. */
    void transact(List<SwitchChange> changes) {
        if (changes.isEmpty()) {
            return;
        }
        OvsdbConnection open;
        ArrayNode parameters;
        synchronized (this) {
            open = connected();
            parameters = Transactions.of(changes, rows);
        }
        try {
            // Without the lock: the server tells of the changes before it answers, and the reading thread needs it.
            JsonNode results = open.call("transact", parameters);
            for (JsonNode result : results) {
                if (result.has("error") && !result.path("error").isNull()) {
                    throw new NetworkException("Open vSwitch's database refuses the change: "
                            + result.path("error").asText() + " "
                            + result.path("details").asText());
                }
            }
        } catch (IOException broken) {
            lost(open);
            throw new NetworkException(String.valueOf(broken.getMessage()));
        }
    }

    /** Waits until the state is as hoped; fails with the reason when the time is over. */
    synchronized void await(Predicate<SwitchState> hoped, Duration patience, Supplier<String> reason) {
        long deadlineNs = System.nanoTime() + patience.toNanos();
        while (!hoped.test(state())) {
            long leftMillis = (deadlineNs - System.nanoTime()) / 1_000_000;
            if (leftMillis <= 0) {
                throw new NetworkException(reason.get());
            }
            try {
                wait(leftMillis);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new NetworkException("interrupted while waiting for Open vSwitch");
            }
        }
    }

    private OvsdbConnection connected() {
        if (connection != null) {
            return connection;
        }
        if (closed) {
            throw new NetworkException("the agent is stopping");
        }
        OvsdbRows fresh = new OvsdbRows();
        try {
            // Updates wait for the lock, so none comes before the first picture.
            OvsdbConnection opened =
                    OvsdbConnection.open(socket, PATIENCE, updates -> updated(fresh, updates), () -> ended(fresh));
            ArrayNode parameters = Json.array().add(DATABASE).addNull();
            parameters.add(OvsdbRows.monitored());
            fresh.update(opened.call("monitor", parameters));
            connection = opened;
            rows = fresh;
            return opened;
        } catch (IOException refused) {
            throw new NetworkException(String.valueOf(refused.getMessage()));
        }
    }

    private void updated(OvsdbRows of, JsonNode updates) {
        synchronized (this) {
            of.update(updates);
            notifyAll();
        }
        onChange.run();
    }

    private void ended(OvsdbRows of) {
        synchronized (this) {
            if (of == rows) {
                connection = null;
            }
            notifyAll();
        }
        onChange.run();
    }

    private synchronized void lost(OvsdbConnection broken) {
        if (connection == broken) {
            connection = null;
        }
        broken.close();
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }
}
