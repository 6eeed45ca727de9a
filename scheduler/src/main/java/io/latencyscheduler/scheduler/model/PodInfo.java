package io.latencyscheduler.scheduler.model;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.DemandReader;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.timetable.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pod with all that is worked out once, when it is read, and not for every node.
 *
 * @param pod as read
 * @param demand what it asks of the network, with the faults of its annotations
 * @param requests what it takes of a node
 * @param scoreRequests the same with kube-scheduler's defaults for containers that state nothing, for scores alone
 * @param hostPorts ports it takes of the host
 * @param podTerms its terms towards other pods, namespaces and label keys resolved
 * @param allocation what it was given, as its annotation says; null when it has none or one that cannot be used, and before
 *     it is bound
 * @param allocationFault why the annotation cannot be used; null when it can or there is none
 */
public record PodInfo(
        Pod pod,
        Reading<PodDemand> demand,
        Resources requests,
        Resources scoreRequests,
        List<Pod.ContainerPort> hostPorts,
        PodTerms podTerms,
        @Nullable Allocation allocation,
        @Nullable Fault allocationFault) {

    /** Works it all out. Never throws for what a user wrote: that becomes faults. */
    public static PodInfo of(Pod pod, AnnotationFormat format) {
        Allocation allocation = null;
        Fault fault = null;
        String text = pod.metadata().annotations().get(Keys.ALLOCATION);
        if (text != null && pod.bound()) { // Before the binding nobody has written one who may.
            try {
                Allocation read = format.allocation(text);
                requireWindows(read);
                if (read.podUid().equals(pod.uid())) {
                    allocation = read;
                } else {
                    fault = new Fault(Keys.ALLOCATION, text, "made for this pod, UID " + pod.uid());
                }
            } catch (RuntimeException malformed) {
                fault = new Fault(Keys.ALLOCATION, text, "an allocation of version " + Allocation.VERSION);
            }
        }
        return new PodInfo(
                pod,
                DemandReader.read(pod.metadata().annotations(), format::yaml),
                PodRequests.of(pod),
                PodRequests.forScore(pod),
                hostPorts(pod),
                PodTerms.of(pod),
                allocation,
                fault);
    }

    /** Throws when a window is none: nothing behind this may meet one. */
    private static void requireWindows(Allocation allocation) {
        for (Allocation.StreamAllocation stream : allocation.streams()) {
            new Window(stream.windowPeriodNs(), stream.offsetNs(), stream.windowNs());
        }
    }

    private static List<Pod.ContainerPort> hostPorts(Pod pod) {
        List<Pod.ContainerPort> ports = new ArrayList<>();
        for (Pod.Container container : pod.spec().containers()) {
            addHostPorts(container, ports);
        }
        for (Pod.Container container : pod.spec().initContainers()) {
            if (container.restartPolicy().equals("Always")) {
                addHostPorts(container, ports);
            }
        }
        return ports.isEmpty() ? List.of() : List.copyOf(ports);
    }

    private static void addHostPorts(Pod.Container container, List<Pod.ContainerPort> ports) {
        for (Pod.ContainerPort port : container.ports()) {
            if (port.hostPort() > 0) {
                ports.add(port);
            }
        }
    }

    /** The same pod with the allocation that counts for it, whatever its annotation says; null for none. */
    public PodInfo withAllocation(@Nullable Allocation given) {
        return new PodInfo(pod, demand, requests, scoreRequests, hostPorts, podTerms, given, null);
    }

    /** The annotation {@link Keys#ALLOCATION} as it stands, whoever wrote it; null when there is none. */
    public @Nullable String allocationText() {
        return pod.metadata().annotations().get(Keys.ALLOCATION);
    }

    /** Whether nothing changed that placement depends on: a new status alone, such as our own condition, does not. */
    public boolean samePlacementAs(PodInfo other) {
        ObjectMeta mine = pod.metadata();
        ObjectMeta theirs = other.pod.metadata();
        return mine.labels().equals(theirs.labels())
                && mine.annotations().equals(theirs.annotations())
                && pod.terminating() == other.pod.terminating()
                && pod.spec().equals(other.pod.spec());
    }

    /** {@code namespace/name}. */
    public String key() {
        return pod.key();
    }

    public String uid() {
        return pod.uid();
    }

    public int priority() {
        return pod.spec().priority();
    }

    /** When it was created; the epoch for a pod that does not say. */
    public Instant createdAt() {
        Instant created = pod.metadata().creationTimestamp();
        return created == null ? Instant.EPOCH : created;
    }

    /** When it started to run; for a pod that has not, when it was created. */
    public Instant startedAt() {
        Instant started = pod.status().startTime();
        return started == null ? createdAt() : started;
    }

    /** By when it must be placed; {@link Instant#MAX} when it does not say. */
    public Instant startBy() {
        PodDemand asked = demand.value();
        return asked.startByNs().isPresent()
                ? createdAt().plusNanos(asked.startByNs().getAsLong())
                : Instant.MAX;
    }
}
