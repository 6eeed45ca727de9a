package io.latencyscheduler.dataplane.kubelet;

import com.google.protobuf.DynamicMessage;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** The kubelet's side of both protocols, as kubelet's device manager behaves: its start removes all sockets of plugins. */
final class TestKubelet implements AutoCloseable {
    private static final String PLUGIN = "v1beta1.DevicePlugin/";

    private final Path folder;
    private final UnixGrpc grpc = new UnixGrpc();
    private final List<DynamicMessage> pods = new CopyOnWriteArrayList<>();
    private final List<DynamicMessage> registrations = new CopyOnWriteArrayList<>();
    private volatile Map<String, String> devices = Map.of();
    private volatile Map<String, Long> nodes = Map.of();
    private volatile boolean connected;
    private Server server;
    private Server resources;
    private ManagedChannel plugin;

    TestKubelet(Path folder) {
        this.folder = folder;
    }

    void start() throws IOException {
        Path plugins = Files.createDirectories(folder.resolve("device-plugins"));
        Files.createDirectories(folder.resolve("pod-resources"));
        try (Stream<Path> left = Files.list(plugins)) {
            for (Path socket : left.toList()) {
                Files.delete(socket);
            }
        }
        server = grpc.serve(
                plugins.resolve("kubelet.sock"),
                ServerServiceDefinition.builder("v1beta1.Registration")
                        .addMethod(
                                KubeletApi.method(
                                        "v1beta1.Registration/Register", MethodType.UNARY, "RegisterRequest", "Empty"),
                                ServerCalls.asyncUnaryCall((request, answer) -> {
                                    registrations.add(request);
                                    answer.onNext(KubeletApi.message("Empty"));
                                    answer.onCompleted();
                                    // Not as a part of this call, which ends.
                                    Context.ROOT.run(() -> connect((String) KubeletApi.get(request, "endpoint")));
                                }))
                        .build());
        Files.deleteIfExists(folder.resolve("pod-resources/kubelet.sock"));
        resources = grpc.serve(
                folder.resolve("pod-resources/kubelet.sock"),
                ServerServiceDefinition.builder("v1.PodResourcesLister")
                        .addMethod(
                                KubeletApi.method("v1.PodResourcesLister/List", MethodType.UNARY, "Empty", "PodList"),
                                ServerCalls.asyncUnaryCall((request, answer) -> {
                                    answer.onNext(KubeletApi.message("PodList", "pods", List.copyOf(pods)));
                                    answer.onCompleted();
                                }))
                        .build());
    }

    private void connect(String endpoint) {
        if (plugin != null) {
            plugin.shutdownNow();
        }
        plugin = grpc.channel(folder.resolve("device-plugins").resolve(endpoint));
        ManagedChannel own = plugin;
        ClientCalls.asyncServerStreamingCall(
                own.newCall(
                        KubeletApi.method(PLUGIN + "ListAndWatch", MethodType.SERVER_STREAMING, "Empty", "DeviceList"),
                        CallOptions.DEFAULT),
                KubeletApi.message("Empty"),
                new StreamObserver<DynamicMessage>() {
                    @Override
                    public void onNext(DynamicMessage list) {
                        Map<String, String> health = new TreeMap<>();
                        Map<String, Long> numa = new TreeMap<>();
                        for (DynamicMessage device : messages(list, "devices")) {
                            String id = (String) KubeletApi.get(device, "ID");
                            health.put(id, (String) KubeletApi.get(device, "health"));
                            for (DynamicMessage node :
                                    messages((DynamicMessage) KubeletApi.get(device, "topology"), "nodes")) {
                                numa.put(id, (Long) KubeletApi.get(node, "ID"));
                            }
                        }
                        nodes = numa;
                        devices = health;
                        connected = true;
                    }

                    @Override
                    public void onError(Throwable ended) {
                        if (own == plugin) {
                            connected = false;
                        }
                    }

                    @Override
                    public void onCompleted() {
                        onError(new IllegalStateException());
                    }
                });
    }

    @SuppressWarnings("unchecked")
    static List<DynamicMessage> messages(DynamicMessage message, String field) {
        return (List<DynamicMessage>) KubeletApi.get(message, field);
    }

    private DynamicMessage ask(String method, String request, String response, DynamicMessage message) {
        return ClientCalls.blockingUnaryCall(
                plugin,
                KubeletApi.method(PLUGIN + method, MethodType.UNARY, request, response),
                CallOptions.DEFAULT,
                message);
    }

    DynamicMessage options() {
        return ask("GetDevicePluginOptions", "Empty", "Options", KubeletApi.message("Empty"));
    }

    @SuppressWarnings("unchecked")
    List<String> preferred(List<String> available, List<String> mustInclude, int size) {
        DynamicMessage container = KubeletApi.message(
                "PreferredContainer", "available", available, "must_include", mustInclude, "allocation_size", size);
        DynamicMessage answer = ask(
                "GetPreferredAllocation",
                "PreferredRequest",
                "PreferredResponse",
                KubeletApi.message("PreferredRequest", "containers", List.of(container)));
        return (List<String>) KubeletApi.get(messages(answer, "containers").get(0), "ids");
    }

    /** Admits a pod: the names of the CDI devices that its container gets. */
    List<String> admit(String namespace, String name, List<String> slots, Long... cpus) {
        DynamicMessage answer = ask(
                "Allocate",
                "AllocateRequest",
                "AllocateResponse",
                KubeletApi.message("AllocateRequest", "containers", List.of(KubeletApi.message("Ids", "ids", slots))));
        DynamicMessage given = KubeletApi.message(
                "ContainerDevices", "resource_name", "latency-scheduler.io/dpdk", "device_ids", slots);
        pods.add(KubeletApi.message(
                "Pod",
                "name",
                name,
                "namespace",
                namespace,
                "containers",
                List.of(KubeletApi.message(
                        "Container", "name", "app", "devices", List.of(given), "cpu_ids", List.of(cpus)))));
        List<String> names = new ArrayList<>();
        messages(messages(answer, "containers").get(0), "cdi")
                .forEach(device -> names.add((String) KubeletApi.get(device, "name")));
        return names;
    }

    List<DynamicMessage> registrations() {
        return registrations;
    }

    /** Health by ID; empty while no plugin is connected. */
    Map<String, String> devices() {
        return connected ? devices : Map.of();
    }

    Map<String, Long> numaNodes() {
        return nodes;
    }

    /** As by SIGTERM: its sockets stay. */
    void stop() {
        connected = false;
        if (plugin != null) {
            plugin.shutdownNow();
            plugin = null;
        }
        server.shutdownNow();
        resources.shutdownNow();
    }

    @Override
    public void close() {
        stop();
        grpc.close();
    }
}
