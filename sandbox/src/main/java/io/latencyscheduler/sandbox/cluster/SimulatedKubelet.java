package io.latencyscheduler.sandbox.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.Metadata;
import io.latencyscheduler.sandbox.registry.Deletion;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.registry.WriteOptions;
import io.latencyscheduler.sandbox.store.Change;
import io.latencyscheduler.sandbox.store.Store;
import io.latencyscheduler.sandbox.store.Stored;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Carries bound pods from Pending over Running to their end. A pod with the annotation
 * {@code sandbox.latency-scheduler.io/run-for} (ISO 8601, such as {@code PT5S}) succeeds after that time.
 */
final class SimulatedKubelet {
    /** How long a pod runs before it succeeds. */
    static final String RUN_FOR = "sandbox.latency-scheduler.io/run-for";

    private static final Logger LOG = Logger.getLogger(SimulatedKubelet.class.getName());
    private static final int BATCH = 512;

    private final Registry registry;
    private final NodeShape shape;
    private final Predicate<String> isBeating;
    private final ScheduledExecutorService thread;
    private final Runnable listener = this::changed;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private long position;

    /** @param thread on which everything here runs */
    SimulatedKubelet(Registry registry, NodeShape shape, Predicate<String> isBeating, ScheduledExecutorService thread) {
        this.registry = registry;
        this.shape = shape;
        this.isBeating = isBeating;
        this.thread = thread;
    }

    void start() {
        Store store = registry.store();
        store.atomically(() -> {
            position = store.watchFrom(BuiltinTypes.PODS, store.revision());
            store.listen(BuiltinTypes.PODS, listener);
            return null;
        });
        thread.execute(this::reconcileAll);
    }

    void close() {
        registry.store().unlisten(BuiltinTypes.PODS, listener);
    }

    private void changed() {
        if (scheduled.compareAndSet(false, true) && !thread.isShutdown()) {
            thread.execute(this::drain);
        }
    }

    private void drain() {
        scheduled.set(false);
        while (true) {
            Store.Batch batch = registry.store().read(BuiltinTypes.PODS, position, BATCH);
            List<Change> changes = batch.changes();
            if (changes == null) {
                // Overtaken by the history's end: look at everything once.
                position = registry.store().watchFrom(BuiltinTypes.PODS, batch.revision());
                reconcileAll();
                return;
            }
            if (changes.isEmpty()) {
                return;
            }
            position = batch.position();
            for (Change change : changes) {
                if (change.kind() != Change.Kind.DELETED) {
                    reconcile(change.object());
                }
            }
        }
    }

    void reconcileAll() {
        registry.store()
                .list(BuiltinTypes.PODS, "", -1, "", 0, this::isOurs)
                .items()
                .forEach(this::reconcile);
    }

    private boolean isOurs(Stored pod) {
        return isBeating.test(pod.fields().getOrDefault("spec.nodeName", ""));
    }

    /** Plans the pod's next step; the step looks again before it acts. */
    private void reconcile(Stored stored) {
        if (!isOurs(stored)) {
            return;
        }
        ObjectNode pod = stored.tree();
        String phase = Json.text(pod, "/status/phase");
        if (Metadata.isTerminating(pod)) {
            after(shape.stopDelay(), () -> end(stored));
        } else if (phase.equals("Pending")) {
            after(shape.startDelay(), () -> run(stored));
        } else if (phase.equals("Running")) {
            String runFor =
                    pod.path("metadata").path("annotations").path(RUN_FOR).asText("");
            if (!runFor.isEmpty()) {
                after(duration(stored, runFor), () -> succeed(stored));
            }
        }
    }

    private static Duration duration(Stored pod, String text) {
        try {
            return Duration.parse(text);
        } catch (java.time.format.DateTimeParseException e) {
            LOG.log(Level.WARNING, "pod {0}: {1}={2} must be a duration such as PT5S", new Object[] {pod, RUN_FOR, text
            });
            return Duration.ZERO;
        }
    }

    private void after(Duration delay, Runnable step) {
        Runnable guarded = () -> {
            try {
                step.run();
            } catch (ApiFailure failure) {
                // The pod went away or changed meanwhile; its next change plans the next step.
                LOG.log(Level.FINE, "simulated kubelet: {0}", failure.getMessage());
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "simulated kubelet failed", e);
            }
        };
        if (delay.isZero()) {
            guarded.run();
        } else {
            thread.schedule(guarded, delay.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void run(Stored pod) {
        write(pod, "Pending", current -> {
            String now = Metadata.time(registry.clock().instant());
            ObjectNode status = Json.child(current, "status");
            status.put("phase", "Running").put("startTime", now).put("podIP", address(pod));
            for (String type : List.of("Initialized", "ContainersReady", "Ready")) {
                status.withArray("conditions")
                        .addObject()
                        .put("type", type)
                        .put("status", "True")
                        .put("lastTransitionTime", now);
            }
            for (JsonNode container : current.at("/spec/containers")) {
                ObjectNode shown = status.withArray("containerStatuses").addObject();
                shown.put("name", container.path("name").asText())
                        .put("image", container.path("image").asText())
                        .put("ready", true)
                        .put("started", true)
                        .put("restartCount", 0);
                shown.putObject("state").putObject("running").put("startedAt", now);
            }
            return current;
        });
    }

    private static String address(Stored pod) {
        int hash = pod.uid().hashCode();
        return "10." + ((hash >>> 16) & 0xff) + "." + ((hash >>> 8) & 0xff) + "." + (hash & 0xff);
    }

    private void succeed(Stored pod) {
        write(pod, "Running", current -> {
            ObjectNode status = Json.child(current, "status");
            status.put("phase", "Succeeded");
            status.path("conditions").forEach(condition -> {
                if (condition.path("type").asText().endsWith("Ready")) {
                    ((ObjectNode) condition).put("status", "False").put("reason", "PodCompleted");
                }
            });
            return current;
        });
    }

    private void write(Stored planned, String fromPhase, UnaryOperator<ObjectNode> change) {
        registry.modify(BuiltinTypes.PODS, planned.namespace(), planned.name(), true, WriteOptions.PLAIN, current -> {
            boolean same = Json.text(current, "/metadata/uid").equals(planned.uid())
                    && Json.text(current, "/status/phase").equals(fromPhase)
                    && isBeating.test(Json.text(current, "/spec/nodeName"));
            return same ? change.apply(current) : current;
        });
    }

    private void end(Stored pod) {
        if (isOurs(pod)) {
            Deletion deletion = new Deletion(java.util.OptionalLong.of(0), pod.uid(), "", "", false);
            registry.delete(BuiltinTypes.PODS, pod.namespace(), pod.name(), deletion);
        }
    }
}
