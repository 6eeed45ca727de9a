package io.latencyscheduler.scheduler.model;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a pod takes of a node: as {@code k8s.io/component-helpers/resource.PodRequests}, with sidecars (KEP-753), overhead,
 * requests of the pod as a whole (KEP-2837) and what a resize in place has already granted (KEP-1287).
 */
final class PodRequests {
    /** What a container that states no CPU counts as when nodes are compared, never when they are filtered. */
    static final long DEFAULT_MILLI_CPU = 100;
    /** Likewise for memory: 200 MB in kube-scheduler's units. */
    static final long DEFAULT_MEMORY_BYTES = 200L * 1024 * 1024;

    private PodRequests() {}

    static Resources of(Pod pod) {
        return of(pod, false);
    }

    /** With the defaults for containers that state nothing; for scores. */
    static Resources forScore(Pod pod) {
        return of(pod, true);
    }

    private static Resources of(Pod pod, boolean withDefaults) {
        Pod.Spec spec = pod.spec();
        Resources running = Resources.NONE;
        for (Pod.Container container : spec.containers()) {
            running = running.plus(request(pod, container, withDefaults));
        }
        Resources sidecars = Resources.NONE;
        Resources starting = Resources.NONE;
        for (Pod.Container container : spec.initContainers()) {
            Resources request = request(pod, container, withDefaults);
            if (container.restartPolicy().equals("Always")) {
                sidecars = sidecars.plus(request);
                starting = starting.max(sidecars);
            } else {
                starting = starting.max(sidecars.plus(request));
            }
        }
        Resources total = running.plus(sidecars).max(starting);
        if (spec.resources() != null) {
            total = overridden(total, spec.resources().requests());
        }
        return total.plus(Resources.of(spec.overhead()));
    }

    private static Resources request(Pod pod, Pod.Container container, boolean withDefaults) {
        Map<String, Quantity> asked =
                container.resources() == null ? Map.of() : container.resources().requests();
        Resources request = Resources.of(asked).max(granted(pod, container.name()));
        if (!withDefaults) {
            return request;
        }
        return new Resources(
                asked.containsKey(Resources.CPU) ? request.milliCpu() : DEFAULT_MILLI_CPU,
                asked.containsKey(Resources.MEMORY) ? request.memoryBytes() : DEFAULT_MEMORY_BYTES,
                request.ephemeralStorageBytes(),
                request.scalar());
    }

    private static Resources granted(Pod pod, String container) {
        Resources granted = Resources.NONE;
        for (Pod.ContainerStatus status : pod.status().containerStatuses()) {
            if (status.name().equals(container)) {
                granted = granted.max(Resources.of(status.allocatedResources()));
                Pod.@Nullable ResourceRequirements actual = status.resources();
                if (actual != null) {
                    granted = granted.max(Resources.of(actual.requests()));
                }
            }
        }
        return granted;
    }

    /** Requests of the pod as a whole replace the sum of its containers, for CPU, memory and hugepages. */
    private static Resources overridden(Resources sum, Map<String, Quantity> whole) {
        Resources pod = Resources.of(whole);
        Map<String, Long> scalar = new HashMap<>(sum.scalar());
        pod.scalar().forEach((name, amount) -> {
            if (name.startsWith("hugepages-")) {
                scalar.put(name, amount);
            }
        });
        return new Resources(
                whole.containsKey(Resources.CPU) ? pod.milliCpu() : sum.milliCpu(),
                whole.containsKey(Resources.MEMORY) ? pod.memoryBytes() : sum.memoryBytes(),
                sum.ephemeralStorageBytes(),
                scalar);
    }
}
