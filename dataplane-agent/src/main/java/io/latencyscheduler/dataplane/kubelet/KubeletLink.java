package io.latencyscheduler.dataplane.kubelet;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.dataplane.devices.SysfsFiles;
import io.latencyscheduler.dataplane.kubelet.PodResources.Given;
import io.latencyscheduler.dataplane.plan.BoundPod;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the kubelet's counting with the scheduler's allocations: the kubelet says which slots a pod has, the allocation
 * which ports, and the file of a slot names the device. Thread-safe.
 */
public final class KubeletLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KubeletLink.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final UnixGrpc grpc = new UnixGrpc();
    private final SysfsFiles sysfs;
    private final Supplier<@Nullable NodeInventory> inventory;
    private final Supplier<Collection<BoundPod>> pods;
    private final PodResources podResources;
    private final CdiFiles cdi;
    private final DevicePlugin plugin;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "device-plugin");
        thread.setDaemon(true);
        return thread;
    });
    private volatile Map<String, Given> given = Map.of();
    private String problem = ""; // on the timer's thread

    /**
     * A link that does nothing before {@link #start}.
     *
     * @param inventory the node's, null while it is not known
     * @param pods the pods of this node with an allocation
     */
    public KubeletLink(
            KubeletSettings settings,
            SysfsFiles sysfs,
            Supplier<@Nullable NodeInventory> inventory,
            Supplier<Collection<BoundPod>> pods) {
        this.sysfs = sysfs;
        this.inventory = inventory;
        this.pods = pods;
        this.podResources = new PodResources(grpc, settings.directory());
        this.cdi = new CdiFiles(settings.cdiDirectory(), sysfs);
        this.plugin = new DevicePlugin(grpc, settings.directory(), cdi, this::expected);
    }

    /** Begins to offer the ports, and looks every second whether kubelet and ports are as they were. */
    public KubeletLink start() {
        ScheduledFuture<?> running =
                timer.scheduleWithFixedDelay(this::look, 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
        LOG.debug("device plugin: {}", running);
        return this;
    }

    private void look() {
        try {
            NodeInventory now = inventory.get();
            if (now != null) { // missing is not empty
                plugin.offer(Slots.of(now.ports(), plugin.slots(), this::present));
                plugin.keep();
            }
            problem = "";
        } catch (IOException | RuntimeException failed) {
            String sentence = String.valueOf(failed.getMessage());
            if (!sentence.equals(problem)) {
                LOG.warn("device plugin: {}", sentence);
                problem = sentence;
            }
        }
    }

    private boolean present(Port port) {
        String address = port.pciAddress();
        return address == null || sysfs.exists("bus/pci/devices/" + address);
    }

    /** Ports that pods of this node were given, of pods that the kubelet gave no slot yet. */
    private Set<String> expected() {
        Set<String> ports = new HashSet<>();
        Map<String, Given> now = given;
        for (BoundPod pod : pods.get()) {
            Given known = now.get(pod.display());
            if (!pod.terminated() && (known == null || known.slots().isEmpty())) {
                ports.addAll(pod.allocation().interfaces());
            }
        }
        return ports;
    }

    /**
     * Gives a pod's slots the devices of its allocation; to be called when its sandbox is made, before its containers.
     *
     * @throws IOException with one sentence when the kubelet cannot be asked
     */
    public void assign(BoundPod pod) throws IOException {
        Map<String, Given> now = podResources.list();
        given = now;
        Given own = now.get(pod.display());
        if (own != null) {
            cdi.write(Slots.assign(own.slots(), pod.allocation().interfaces()));
        }
    }

    /** CPUs that containers of the pod have to themselves, as far as the kubelet was asked; by container name. */
    public Map<String, String> cpus(BoundPod pod) {
        Given own = given.get(pod.display());
        if (own == null && given.isEmpty()) {
            try {
                given = podResources.list(); // after a restart of the agent
            } catch (IOException away) {
                return Map.of();
            }
            own = given.get(pod.display());
        }
        return own == null ? Map.of() : own.cpus();
    }

    /** The slots as they are offered. */
    List<Slots.Slot> slots() {
        return plugin.slots();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        try {
            if (!timer.awaitTermination(LOOK.toSeconds() * 10, TimeUnit.SECONDS)) {
                LOG.warn("device plugin: the kubelet still does not answer");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        plugin.close();
        grpc.close();
    }
}
