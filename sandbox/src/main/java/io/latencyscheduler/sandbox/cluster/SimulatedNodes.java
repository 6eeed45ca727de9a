package io.latencyscheduler.sandbox.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.Metadata;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.registry.WriteOptions;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Nodes that beat (a Lease in {@code kube-node-lease}, Ready) and run the pods bound to them. One thread does all of
 * it; public methods are safe for all threads.
 */
public final class SimulatedNodes implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(SimulatedNodes.class.getName());
    private static final String LEASES = "kube-node-lease";
    private static final int LEASE_SECONDS = 40;

    private final Registry registry;
    private final NodeShape shape;
    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final Set<String> silent = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService thread;
    private final SimulatedKubelet kubelet;

    private SimulatedNodes(Registry registry, NodeShape shape) {
        this.registry = registry;
        this.shape = shape;
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread worker = new Thread(task, "simulated-nodes");
            worker.setDaemon(true);
            return worker;
        });
        executor.setRemoveOnCancelPolicy(true);
        this.thread = executor;
        this.kubelet = new SimulatedKubelet(registry, shape, this::isBeating, executor);
    }

    /** Creates the nodes with their leases, then keeps them alive until {@link #close}. */
    public static SimulatedNodes start(Registry registry, NodeShape shape, int count) {
        SimulatedNodes nodes = new SimulatedNodes(registry, shape);
        for (int i = 0; i < count; i++) {
            nodes.add(i);
        }
        long period = shape.heartbeat().toMillis();
        nodes.thread.scheduleAtFixedRate(nodes::beat, period, period, TimeUnit.MILLISECONDS);
        nodes.kubelet.start();
        return nodes;
    }

    private void add(int index) {
        String name = shape.prefix() + index;
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        ObjectNode labels = node.putObject("metadata").put("name", name).putObject("labels");
        labels.put("kubernetes.io/hostname", name)
                .put("kubernetes.io/os", "linux")
                .put("kubernetes.io/arch", "amd64")
                .put("topology.kubernetes.io/zone", "zone-" + index % shape.zones())
                .put(Keys.SIMULATED_LABEL, "true");
        shape.labels().forEach(labels::put);
        ObjectNode status = node.putObject("status");
        for (String resources : List.of("capacity", "allocatable")) {
            ObjectNode quantities = status.putObject(resources);
            shape.capacity().forEach(quantities::put);
        }
        String now = Metadata.time(registry.clock().instant());
        for (String type : List.of("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")) {
            boolean ready = type.equals("Ready");
            status.withArray("conditions")
                    .addObject()
                    .put("type", type)
                    .put("status", ready ? "True" : "False")
                    .put("reason", ready ? "KubeletReady" : "KubeletHasNo" + type)
                    .put("message", "simulated")
                    .put("lastHeartbeatTime", now)
                    .put("lastTransitionTime", now);
        }
        status.withArray("addresses").addObject().put("type", "Hostname").put("address", name);
        status.putObject("nodeInfo").put("kubeletVersion", "v0.0.0-simulated").put("operatingSystem", "linux");
        registry.create(BuiltinTypes.NODES, "", node, WriteOptions.PLAIN);
        names.add(name);
        renew(name);
    }

    private boolean isBeating(String node) {
        return names.contains(node) && !silent.contains(node);
    }

    private void beat() {
        for (String name : names) {
            if (!silent.contains(name)) {
                try {
                    renew(name);
                } catch (RuntimeException e) {
                    LOG.log(Level.WARNING, "heartbeat of " + name + " failed", e);
                }
            }
        }
    }

    /** A node that was deleted stays deleted. */
    private void renew(String name) {
        if (registry.store().get(BuiltinTypes.NODES, name) == null) {
            names.remove(name);
            return;
        }
        String now = registry.clock().instant().truncatedTo(ChronoUnit.MICROS).toString();
        ObjectNode lease =
                Json.object().put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
        lease.putObject("metadata").put("name", name);
        lease.putObject("spec")
                .put("holderIdentity", name)
                .put("leaseDurationSeconds", LEASE_SECONDS)
                .put("renewTime", now);
        try {
            registry.replace(BuiltinTypes.LEASES, LEASES, name, lease, false, WriteOptions.PLAIN);
        } catch (ApiFailure failure) {
            LOG.log(Level.WARNING, "lease of {0}: {1}", new Object[] {name, failure.getMessage()});
        }
    }

    /** The node goes silent: no heartbeats, nothing starts and nothing stops there, until {@link #revive}. */
    public void silence(String node) {
        silent.add(node);
    }

    /** Ends {@link #silence}. */
    public void revive(String node) {
        silent.remove(node);
        thread.execute(kubelet::reconcileAll);
    }

    /** Stops the simulation; the objects stay. */
    @Override
    public void close() {
        kubelet.close();
        thread.shutdownNow();
    }
}
