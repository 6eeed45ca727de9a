package io.latencyscheduler.dataplane.view;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Feature;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.dataplane.devices.FunctionSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a pod has, as its application sees it.
 *
 * @param version {@link #VERSION}
 * @param tier the tier that serves its latency; null when it states none
 * @param numaNode NUMA node of all its interfaces; -1 when they differ, when there are none or the machine does not say
 * @param interfaces the ports it owns
 * @param streams the windows of its streams
 * @param socket the agent's socket in the pod
 * @param hugeDirectory where hugepages are mounted in the pod
 * @param hugepages its limit of hugepages by resource name, such as {@code hugepages-2Mi}, of all containers that have one
 * @param cpus CPUs that the kubelet gave to one container alone, such as {@code 2,3}, by container name
 * @param ealArguments arguments of DPDK's environment for these ports
 */
public record PodView(
        int version,
        @Nullable Tier tier,
        int numaNode,
        List<Interface> interfaces,
        List<StreamAllocation> streams,
        String socket,
        String hugeDirectory,
        Map<String, String> hugepages,
        Map<String, String> cpus,
        List<String> ealArguments) {
    /** Version of the form. */
    public static final int VERSION = 1;
    /** Where a pod finds its folder. */
    public static final String FOLDER = "/run/latency-scheduler";

    private static final String SOCKET = FOLDER + "/tsn.sock";
    private static final String HUGE_DIRECTORY = "/dev/hugepages";
    private static final int NUMA_UNKNOWN = -1;

    public PodView {
        interfaces = List.copyOf(interfaces);
        streams = List.copyOf(streams);
        hugepages = Map.copyOf(hugepages);
        cpus = Map.copyOf(cpus);
        ealArguments = List.copyOf(ealArguments);
    }

    /**
     * One port that the pod owns.
     *
     * @param name as in the allocation
     * @param pciAddress null for a port that is no PCI function
     * @param mac address that a virtual function was given; null for any other port
     * @param device DPDK's arguments for it
     */
    public record Interface(
            String name,
            @Nullable String pciAddress,
            @Nullable String mac,
            int numaNode,
            long linkRateBps,
            String model,
            String device) {}

    /**
     * What the kubelet chose for a pod.
     *
     * @param cpus CPUs of one container alone, by container name
     * @param hugepages limits by resource name
     */
    public record Chosen(Map<String, String> cpus, Map<String, String> hugepages) {
        /** Nothing is known. */
        public static final Chosen NOTHING = new Chosen(Map.of(), Map.of());

        public Chosen {
            cpus = Map.copyOf(cpus);
            hugepages = Map.copyOf(hugepages);
        }
    }

    /**
     * The view of a pod.
     *
     * @param inventory the node's ports; null while it is not known
     * @param devargs DPDK device arguments configured for a port by name; empty: derived
     */
    public static PodView of(
            Allocation allocation, @Nullable NodeInventory inventory, Function<String, String> devargs, Chosen chosen) {
        List<Interface> interfaces = new ArrayList<>();
        for (String name : allocation.interfaces()) {
            Port port = inventory == null ? null : inventory.port(name).orElse(null);
            interfaces.add(describe(allocation.podUid(), name, port, devargs.apply(name), interfaces.size()));
        }
        Set<Integer> nodes = interfaces.stream().map(Interface::numaNode).collect(Collectors.toSet());
        return new PodView(
                VERSION,
                allocation.tier(),
                nodes.size() == 1 ? nodes.iterator().next() : NUMA_UNKNOWN,
                interfaces,
                allocation.streams(),
                SOCKET,
                HUGE_DIRECTORY,
                new TreeMap<>(chosen.hugepages()),
                new TreeMap<>(chosen.cpus()),
                interfaces.isEmpty() ? List.of() : ealArguments(allocation.podUid(), interfaces, chosen.cpus()));
    }

    private static Interface describe(String podUid, String name, @Nullable Port port, String devargs, int index) {
        if (port == null) {
            boolean pci = isPci(name);
            return new Interface(
                    name, pci ? name : null, null, NUMA_UNKNOWN, 0, "", devargs.isEmpty() && pci ? name : devargs);
        }
        String address = port.pciAddress();
        boolean function = port.features().contains(Feature.VIRTUAL_FUNCTION);
        return new Interface(
                name,
                address,
                function && address != null ? FunctionSettings.macOf(podUid, address) : null,
                port.numaNode(),
                port.linkRateBps(),
                port.model(),
                Optional.of(devargs)
                        .filter(set -> !set.isEmpty())
                        .orElse(address == null ? "net_af_packet" + index + ",iface=" + port.netdev() : address));
    }

    /**
     * Only the pod's own devices are probed, and files of the environment are the pod's. CPUs are named where one container
     * has some to itself; else DPDK takes those that its process may use.
     */
    private static List<String> ealArguments(String podUid, List<Interface> interfaces, Map<String, String> cpus) {
        List<String> arguments = new ArrayList<>();
        for (Interface one : interfaces) {
            if (!one.device().isEmpty()) {
                arguments.add((isPci(one.device()) ? "--allow=" : "--vdev=") + one.device());
            }
        }
        if (interfaces.stream().noneMatch(one -> isPci(one.device()))) {
            arguments.add("--no-pci");
        }
        arguments.add("--file-prefix=pod-" + podUid);
        arguments.add("--huge-dir=" + HUGE_DIRECTORY);
        if (cpus.size() == 1) {
            arguments.add("--lcores=" + cpus.values().iterator().next());
        }
        return arguments;
    }

    private static boolean isPci(String device) {
        return device.matches("[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7](,.*)?");
    }
}
