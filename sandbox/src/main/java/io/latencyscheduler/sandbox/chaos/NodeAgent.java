package io.latencyscheduler.sandbox.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.sandbox.Kubeconfig;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.GuardedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The dataplane-agent of a node that has these PCI functions: {@code /sys/bus/pci} is another folder for this process
 * alone, which needs root. Tells again and again which pods it serves.
 */
final class NodeAgent implements AutoCloseable {
    private static final String MOUNTED = "mount --bind \"$1\" /sys/bus/pci && shift && exec \"$@\"";
    private static final long PAUSE_MS = 10;

    private final String node;
    private final PlainClient api;
    private final Consumer<Set<String>> served;
    private final List<String> command;
    private final Path log;
    private volatile GuardedProcess process;
    private final Thread reader = new Thread(this::read, "served-pods");
    private volatile boolean closed;

    /**
     * Starts it.
     *
     * @param functions PCI addresses
     * @param folder for its files, of a short name: sockets lie in it
     * @param served told of the UIDs of the pods that have their devices now, on one thread
     */
    NodeAgent(
            String node,
            List<String> functions,
            Path jar,
            Path folder,
            ControlPlane plane,
            PlainClient api,
            Consumer<Set<String>> served)
            throws IOException {
        this.node = node;
        this.api = api;
        this.served = served;
        Path kubeconfig = folder.resolve("agent.kubeconfig");
        Kubeconfig.write(kubeconfig, plane.url(), plane.token(), plane.certificateAuthority());
        command = List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                MOUNTED,
                "sh",
                bus(folder.resolve("pci"), functions).toString(),
                "env",
                "KUBECONFIG=" + kubeconfig,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-jar",
                jar.toString(),
                "--server.address=127.0.0.1",
                "--server.port=" + ControlPlane.freePort(),
                "--dataplane.node-name=" + node,
                "--dataplane.run-directory=" + folder.resolve("run"),
                "--dataplane.backend=af-packet",
                "--dataplane.paths.rate=0");
        log = folder.resolve("agent.log");
        process = GuardedProcess.start("java", command, log);
        reader.setDaemon(true);
        reader.start();
    }

    /** Functions that a driver has, as Linux shows them (Documentation/ABI/testing/sysfs-bus-pci). */
    private static Path bus(Path bus, List<String> functions) throws IOException {
        Path driver = Files.createDirectories(bus.resolve("drivers/vfio-pci"));
        for (String function : functions) {
            Path device = Files.createDirectories(bus.resolve("devices").resolve(function));
            Files.writeString(device.resolve("driver_override"), "(null)\n");
            Files.createSymbolicLink(device.resolve("driver"), device.relativize(driver));
        }
        return bus;
    }

    private void read() {
        while (!closed) {
            try {
                served.accept(servedNow());
            } catch (IOException notNow) {
                // The server may be away for a moment; what was told last stays so.
            }
            try {
                Thread.sleep(PAUSE_MS);
            } catch (InterruptedException ending) {
                return;
            }
        }
    }

    private Set<String> servedNow() throws IOException {
        JsonNode status = api.get("/apis/" + Keys.GROUP + "/" + Keys.VERSION + "/" + Keys.NODE_DATAPLANES + "/" + node);
        Set<String> uids = new LinkedHashSet<>();
        status.at("/status/allocations")
                .forEach(allocation -> uids.add(allocation.path("podUid").asText()));
        return uids;
    }

    /** Whether it has reported once. */
    boolean reports() {
        if (!process.isAlive()) {
            throw new IllegalStateException("the dataplane-agent ended: " + process.lastWords());
        }
        try {
            servedNow();
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** As {@code kill -9}, and a new one starts: pods that run go on meanwhile. */
    void restart() {
        process.close();
        process = GuardedProcess.start("java", command, log);
    }

    @Override
    public void close() {
        closed = true;
        reader.interrupt();
        process.close();
    }
}
