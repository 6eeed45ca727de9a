package io.latencyscheduler.demo;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A machine of the story: a node of the cluster, with what node-discovery is to read for it.
 *
 * @param node name of its Node object
 * @param description what it is, for people
 * @param hostRoot the recorded tree; null: this machine itself
 * @param capacity of the Node object
 */
record Machine(String node, String description, @Nullable Path hostRoot, Map<String, String> capacity) {
    /** The node that is this machine: the agent runs there and frames flow. */
    static final String THIS_MACHINE = "this-machine";

    private static final Map<String, String> SERVER =
            Map.of("cpu", "32", "memory", "128Gi", "pods", "110", "hugepages-2Mi", "8Gi");
    private static final Map<String, String> SMALL = Map.of("cpu", "4", "memory", "8Gi", "pods", "110");

    /** Four recorded machines and this one. */
    static List<Machine> all(Path recordedHosts) {
        return List.of(
                new Machine(
                        "x710-server",
                        "server, X710 ports bound to vfio-pci",
                        recordedHosts.resolve("x710-vfio"),
                        SERVER),
                new Machine(
                        "ovs-dpdk-host",
                        "server with Open vSwitch and DPDK",
                        recordedHosts.resolve("ovs-dpdk"),
                        SERVER),
                new Machine(
                        "industrial-pc",
                        "industrial PC with I225 and I226",
                        recordedHosts.resolve("industrial-pc"),
                        SMALL),
                new Machine("plain-vm", "virtual machine, virtio", recordedHosts.resolve("plain-vm"), SMALL),
                new Machine(THIS_MACHINE, "this machine", null, SMALL));
    }
}
