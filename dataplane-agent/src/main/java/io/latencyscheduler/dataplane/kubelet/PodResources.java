package io.latencyscheduler.dataplane.kubelet;

import com.google.protobuf.UnknownFieldSet;
import io.grpc.MethodDescriptor;
import io.latencyscheduler.contract.Keys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the kubelet gave to the containers of its pods: its pod resources API, {@code v1}. A pod is in it from its admission
 * on, before its sandbox is made.
 */
final class PodResources {
    /** The extended resource of owned ports. */
    static final String RESOURCE = Keys.PREFIX + "dpdk";

    private static final MethodDescriptor<UnknownFieldSet, UnknownFieldSet> LIST =
            Messages.method("v1.PodResourcesLister/List", MethodDescriptor.MethodType.UNARY);
    private static final int PODS = 1;
    private static final int POD_NAME = 1;
    private static final int POD_NAMESPACE = 2;
    private static final int POD_CONTAINERS = 3;
    private static final int CONTAINER_NAME = 1;
    private static final int CONTAINER_DEVICES = 2;
    private static final int CONTAINER_CPUS = 3;
    private static final int DEVICES_RESOURCE = 1;
    private static final int DEVICES_IDS = 2;

    private final UnixGrpc grpc;
    private final Path socket;

    PodResources(UnixGrpc grpc, Path kubeletDirectory) {
        this.grpc = grpc;
        this.socket = kubeletDirectory.resolve("pod-resources/kubelet.sock");
    }

    /**
     * What one pod has.
     *
     * @param slots IDs of the devices of {@link #RESOURCE}
     * @param cpus CPUs that a container has to itself, such as {@code 2,3}, by its name
     */
    record Given(List<String> slots, Map<String, String> cpus) {
        Given {
            slots = List.copyOf(slots);
            cpus = Map.copyOf(cpus);
        }
    }

    /** All pods by {@code namespace/name}. */
    Map<String, Given> list() throws IOException {
        Map<String, Given> pods = new TreeMap<>();
        for (UnknownFieldSet pod : Messages.messages(grpc.call(socket, LIST, Messages.EMPTY), PODS)) {
            List<String> slots = new ArrayList<>();
            Map<String, String> cpus = new TreeMap<>();
            for (UnknownFieldSet container : Messages.messages(pod, POD_CONTAINERS)) {
                for (UnknownFieldSet devices : Messages.messages(container, CONTAINER_DEVICES)) {
                    if (Messages.text(devices, DEVICES_RESOURCE).equals(RESOURCE)) {
                        slots.addAll(Messages.texts(devices, DEVICES_IDS));
                    }
                }
                List<Long> own = Messages.numbers(container, CONTAINER_CPUS);
                if (!own.isEmpty()) {
                    cpus.put(
                            Messages.text(container, CONTAINER_NAME),
                            own.stream().sorted().map(String::valueOf).collect(Collectors.joining(",")));
                }
            }
            pods.put(Messages.text(pod, POD_NAMESPACE) + "/" + Messages.text(pod, POD_NAME), new Given(slots, cpus));
        }
        return pods;
    }
}
