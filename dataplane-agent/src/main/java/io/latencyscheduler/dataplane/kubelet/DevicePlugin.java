package io.latencyscheduler.dataplane.kubelet;

import com.google.protobuf.UnknownFieldSet;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.latencyscheduler.dataplane.kubelet.Slots.Slot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers the node's owned ports to its kubelet (device plugin API {@code v1beta1}), so that it counts them too. The kubelet
 * forgets its plugins when it restarts: its socket is another then, and the plugin registers again. Thread-safe.
 */
final class DevicePlugin implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DevicePlugin.class);
    private static final String VERSION = "v1beta1";
    private static final String SERVICE = VERSION + ".DevicePlugin";
    private static final String ENDPOINT = "latency-scheduler.sock";
    private static final MethodDescriptor<UnknownFieldSet, UnknownFieldSet> REGISTER =
            Messages.method(VERSION + ".Registration/Register", MethodType.UNARY);

    private final UnixGrpc grpc;
    private final Path folder;
    private final CdiFiles cdi;
    private final Supplier<Set<String>> expected;
    private final List<StreamObserver<UnknownFieldSet>> watchers = new ArrayList<>(); // guarded by this
    private List<Slot> slots = List.of(); // guarded by this
    private @Nullable Server server; // guarded by this
    private @Nullable Object registeredAt; // guarded by this

    /**
     * A plugin that is not there before {@link #keep}.
     *
     * @param kubeletDirectory the kubelet's, with {@code device-plugins/}
     * @param expected names of the ports that pods of this node were given and no container has yet
     */
    DevicePlugin(UnixGrpc grpc, Path kubeletDirectory, CdiFiles cdi, Supplier<Set<String>> expected) {
        this.grpc = grpc;
        this.folder = kubeletDirectory.resolve("device-plugins");
        this.cdi = cdi;
        this.expected = expected;
    }

    /** The slots now; the kubelet is told of a difference. */
    synchronized void offer(List<Slot> now) {
        if (!now.equals(slots)) {
            slots = List.copyOf(now);
            UnknownFieldSet list = list();
            watchers.removeIf(watcher -> !told(watcher, list));
        }
    }

    synchronized List<Slot> slots() {
        return slots;
    }

    /** Serves and registers where that is not so; to be called again and again. */
    synchronized void keep() throws IOException {
        Path socket = folder.resolve(ENDPOINT);
        Path kubelet = folder.resolve("kubelet.sock");
        if (!Files.exists(kubelet)) {
            registeredAt = null;
            return; // it starts
        }
        // The inode alone may be used again.
        Object identity = Files.readAttributes(kubelet, "unix:ino,ctime");
        if (identity.equals(registeredAt) && Files.exists(socket)) {
            return;
        }
        stop();
        Files.deleteIfExists(socket);
        server = grpc.serve(socket, service());
        grpc.call(
                kubelet,
                REGISTER,
                new Messages.Builder()
                        .text(1, VERSION)
                        .text(2, ENDPOINT)
                        .text(3, PodResources.RESOURCE)
                        .message(4, options())
                        .build());
        registeredAt = identity;
        LOG.info("device plugin: {} slots of {} registered with the kubelet", slots.size(), PodResources.RESOURCE);
    }

    private ServerServiceDefinition service() {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(unary("GetDevicePluginOptions"), ServerCalls.asyncUnaryCall((request, answer) -> {
                    answer.onNext(options());
                    answer.onCompleted();
                }))
                .addMethod(
                        Messages.method(SERVICE + "/ListAndWatch", MethodType.SERVER_STREAMING),
                        ServerCalls.asyncServerStreamingCall((request, answer) -> watch(answer)))
                .addMethod(unary("GetPreferredAllocation"), ServerCalls.asyncUnaryCall((request, answer) -> {
                    answer.onNext(prefer(request));
                    answer.onCompleted();
                }))
                .addMethod(unary("Allocate"), ServerCalls.asyncUnaryCall(this::allocate))
                .addMethod(unary("PreStartContainer"), ServerCalls.asyncUnaryCall((request, answer) -> {
                    answer.onNext(Messages.EMPTY);
                    answer.onCompleted();
                }))
                .build();
    }

    private static MethodDescriptor<UnknownFieldSet, UnknownFieldSet> unary(String name) {
        return Messages.method(SERVICE + "/" + name, MethodType.UNARY);
    }

    /** Not called before a container starts; asked which slots it prefers. */
    private static UnknownFieldSet options() {
        return new Messages.Builder().number(2, 1).build();
    }

    private synchronized void watch(StreamObserver<UnknownFieldSet> watcher) {
        if (told(watcher, list())) {
            watchers.add(watcher);
        }
    }

    private static boolean told(StreamObserver<UnknownFieldSet> watcher, UnknownFieldSet list) {
        if (watcher instanceof ServerCallStreamObserver<UnknownFieldSet> call && call.isCancelled()) {
            return false;
        }
        try {
            watcher.onNext(list);
            return true;
        } catch (StatusRuntimeException | IllegalStateException gone) {
            return false;
        }
    }

    private UnknownFieldSet list() {
        Messages.Builder list = new Messages.Builder();
        for (Slot slot : slots) {
            Messages.Builder device =
                    new Messages.Builder().text(1, slot.id()).text(2, slot.healthy() ? "Healthy" : "Unhealthy");
            if (slot.numaNode() >= 0) {
                device.message(
                        3,
                        new Messages.Builder()
                                .message(
                                        1,
                                        new Messages.Builder()
                                                .number(1, slot.numaNode())
                                                .build())
                                .build());
            }
            list.message(1, device.build());
        }
        return list.build();
    }

    private UnknownFieldSet prefer(UnknownFieldSet request) {
        Messages.Builder answer = new Messages.Builder();
        for (UnknownFieldSet container : Messages.messages(request, 1)) {
            long size = Messages.numbers(container, 3).stream()
                    .reduce((first, last) -> last)
                    .orElse(0L);
            List<String> chosen = Slots.preferred(
                    slots(), Messages.texts(container, 1), Messages.texts(container, 2), (int) size, expected.get());
            answer.message(1, new Messages.Builder().texts(1, chosen).build());
        }
        return answer.build();
    }

    /** A container gets the name of a device whose file is written when its pod is known: until then none can be made. */
    private void allocate(UnknownFieldSet request, StreamObserver<UnknownFieldSet> observer) {
        Messages.Builder answer = new Messages.Builder();
        Set<String> known = slots().stream().map(Slot::id).collect(java.util.stream.Collectors.toUnmodifiableSet());
        try {
            for (UnknownFieldSet container : Messages.messages(request, 1)) {
                Messages.Builder one = new Messages.Builder();
                for (String slot : Messages.texts(container, 1)) {
                    if (!known.contains(slot)) {
                        observer.onError(Status.INVALID_ARGUMENT
                                .withDescription("device '" + slot + "' must be one of " + known)
                                .asRuntimeException());
                        return;
                    }
                    cdi.remove(slot);
                    one.message(
                            5,
                            new Messages.Builder()
                                    .text(1, CdiFiles.device(slot))
                                    .build());
                }
                answer.message(1, one.build());
            }
        } catch (IOException failed) {
            observer.onError(
                    Status.UNAVAILABLE.withDescription(failed.getMessage()).asRuntimeException());
            return;
        }
        observer.onNext(answer.build());
        observer.onCompleted();
    }

    private void stop() {
        watchers.clear();
        if (server != null) {
            server.shutdownNow();
            server = null;
        }
    }

    /** The kubelet sees its end and takes the devices for unhealthy until it is back; pods that run keep theirs. */
    @Override
    public synchronized void close() {
        stop();
    }
}
