package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Meta;
import io.latencyscheduler.kube.Reflector;
import io.latencyscheduler.kube.ReflectorMetrics;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.scheduler.cycle.Inbox;
import io.latencyscheduler.scheduler.kube.Decoders.DataplaneObject;
import io.latencyscheduler.scheduler.kube.Decoders.InventoryObject;
import io.latencyscheduler.scheduler.model.CsiNode;
import io.latencyscheduler.scheduler.model.Namespace;
import io.latencyscheduler.scheduler.model.Node;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.PodDisruptionBudget;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.StorageClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Everything the scheduler watches, told to the core on its own thread. Thread-safe. */
public final class ClusterWatches implements AutoCloseable {
    private final Clients clients;
    private final Inbox inbox;
    private final Executor onThread;
    private final ReflectorMetrics metrics;
    private final List<Reflector<?>> reflectors = new ArrayList<>();
    private final Reflector<PodInfo> pods;

    public ClusterWatches(
            Clients clients, ApiVersions versions, Inbox inbox, Executor onThread, ReflectorMetrics metrics) {
        this.clients = clients;
        this.inbox = inbox;
        this.onThread = onThread;
        this.metrics = metrics;
        Reflector.Options required = Reflector.Options.DEFAULT;
        // Absent resources are no obstacle: a cluster without our custom resources still has ordinary pods.
        Reflector.Options optional = required.optionally();
        watch(
                Resource.NODES,
                required,
                Node.class,
                Node::metadata,
                Inbox::node,
                (to, node) -> to.nodeDeleted(node.name()));
        watch(
                Resource.NODE_INVENTORIES,
                optional,
                InventoryObject.class,
                InventoryObject::metadata,
                (to, object) -> to.inventory(object.metadata().name(), object.spec()),
                (to, object) -> to.inventory(object.metadata().name(), null));
        watch(
                Resource.NODE_DATAPLANES,
                optional,
                DataplaneObject.class,
                DataplaneObject::metadata,
                (to, object) -> to.dataplane(object.metadata().name(), object.status()),
                (to, object) -> to.dataplane(object.metadata().name(), null));
        watch(
                Resource.NAMESPACES,
                required,
                Namespace.class,
                Namespace::metadata,
                Inbox::namespace,
                (to, object) -> to.namespaceDeleted(object.metadata().key()));
        watch(
                Resource.PERSISTENT_VOLUME_CLAIMS,
                required,
                PersistentVolumeClaim.class,
                PersistentVolumeClaim::metadata,
                Inbox::claim,
                (to, object) -> to.claimDeleted(object.metadata().key()));
        watch(
                Resource.PERSISTENT_VOLUMES,
                required,
                PersistentVolume.class,
                PersistentVolume::metadata,
                Inbox::volume,
                (to, object) -> to.volumeDeleted(object.metadata().key()));
        watch(
                Resource.STORAGE_CLASSES,
                optional,
                StorageClass.class,
                StorageClass::metadata,
                Inbox::storageClass,
                (to, object) -> to.storageClassDeleted(object.metadata().key()));
        watch(
                Resource.CSI_NODES,
                optional,
                CsiNode.class,
                CsiNode::metadata,
                Inbox::csiNode,
                (to, object) -> to.csiNodeDeleted(object.metadata().key()));
        watch(
                versions.podDisruptionBudgets(),
                optional,
                PodDisruptionBudget.class,
                PodDisruptionBudget::metadata,
                Inbox::budget,
                (to, object) -> to.budgetDeleted(object.metadata().key()));
        pods = reflector(
                Resource.PODS,
                required,
                Decoders.pod(),
                pod -> Decoders.meta(pod.pod().metadata()),
                Inbox::pod,
                (to, pod) -> to.podDeleted(pod.uid()));
    }

    private <T> void watch(
            Resource resource,
            Reflector.Options options,
            Class<T> type,
            Function<T, ObjectMeta> metadata,
            BiConsumer<Inbox, T> put,
            BiConsumer<Inbox, T> delete) {
        reflector(resource, options, Decoders.of(type), object -> Decoders.meta(metadata.apply(object)), put, delete);
    }

    private <T> Reflector<T> reflector(
            Resource resource,
            Reflector.Options options,
            Reflector.Decoder<T> decoder,
            Function<T, Meta> meta,
            BiConsumer<Inbox, T> put,
            BiConsumer<Inbox, T> delete) {
        Reflector.Handler<T> handler = new Reflector.Handler<>() {
            @Override
            public void onAdd(T object) {
                onThread.execute(() -> put.accept(inbox, object));
            }

            @Override
            public void onUpdate(T before, T object) {
                onThread.execute(() -> put.accept(inbox, object));
            }

            @Override
            public void onDelete(T last) {
                onThread.execute(() -> delete.accept(inbox, last));
            }
        };
        Reflector<T> reflector = new Reflector<>(clients, resource, options, decoder, meta, handler, metrics);
        reflectors.add(reflector);
        return reflector;
    }

    public ClusterWatches start() {
        reflectors.forEach(Reflector::start);
        return this;
    }

    /** Whether every picture is complete, or is of a resource that the server does not have. */
    public boolean haveSynced() {
        return reflectors.stream().allMatch(Reflector::hasSynced);
    }

    /** What is not yet complete or cannot be followed now, one sentence each. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        for (Reflector<?> reflector : reflectors) {
            if (reflector.state() == Reflector.State.BROKEN || !reflector.hasSynced()) {
                String problem = reflector.problem();
                problems.add(problem.isEmpty() ? reflector.resource().plural() + ": not yet listed" : problem);
            }
        }
        return problems;
    }

    /** Lists everything anew, consistently; done when the core has been told of lists that began after this call. */
    public CompletableFuture<Void> relistAll() {
        return CompletableFuture.allOf(
                        reflectors.stream().map(Reflector::relist).toArray(CompletableFuture[]::new))
                .thenRunAsync(() -> {}, onThread);
    }

    /** All pods as the API server has them now. Blocks. */
    public List<PodInfo> listPods() throws IOException {
        return pods.listNow();
    }

    @Override
    public void close() {
        reflectors.forEach(Reflector::close);
    }
}
