package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.model.Quantity;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a pod that owns ports needs: hugepages, locked memory, and CPUs of its own, which the kubelet's static CPU manager
 * gives to containers with whole CPUs in pods of the Guaranteed class.
 */
final class DpdkNeeds {
    private static final String IPC_LOCK = "IPC_LOCK";
    private static final String HUGEPAGES = "hugepages-";
    private static final String HUGEPAGES_VOLUME = "latency-scheduler-hugepages";
    private static final String HUGEPAGES_PATH = "/dev/hugepages";

    private final CompletionSettings settings;
    private final ObjectNode spec;
    private final ObjectNode main;
    private final List<String> faults;

    /** {@code main}: the container that drives the ports. */
    DpdkNeeds(CompletionSettings settings, ObjectNode spec, ObjectNode main, List<String> faults) {
        this.settings = settings;
        this.spec = spec;
        this.main = main;
        this.faults = faults;
    }

    void add(int ports) {
        if (settings.extendedResource()) {
            extendedResource(ports);
        }
        hugepages();
        lockedMemory();
        setDefault("cpu", Integer.toString(settings.cpus()));
        setDefault("memory", settings.memory());
        for (ObjectNode container : Containers.all(spec)) {
            guarantee(container, "cpu");
            guarantee(container, "memory");
        }
        Quantity cpu = quantity(main, "limits", "cpu");
        if (cpu != null && (cpu.milliValue() == 0 || cpu.milliValue() % 1000 != 0)) {
            fault(main, "cpu '" + limits(main).path("cpu").asText() + "' must be a whole number of CPUs");
        }
    }

    private void extendedResource(int ports) {
        long stated = 0;
        for (ObjectNode container : Containers.all(spec)) {
            Quantity limit = quantity(container, "limits", PodCompletion.EXTENDED_RESOURCE);
            stated += limit == null ? 0 : limit.value();
        }
        if (stated == 0) {
            put(main, PodCompletion.EXTENDED_RESOURCE, Integer.toString(ports));
        } else if (stated != ports) {
            faults.add(PodCompletion.EXTENDED_RESOURCE + " '" + stated + "' must be " + ports
                    + ", as many as the pod's annotations ask for, or be left out");
        }
    }

    private void hugepages() {
        boolean stated = false;
        for (ObjectNode container : Containers.running(spec)) {
            for (var limit : limits(container).properties()) {
                stated |= limit.getKey().startsWith(HUGEPAGES);
            }
        }
        if (!stated) {
            int equals = settings.hugepages().indexOf('=');
            put(
                    main,
                    settings.hugepages().substring(0, equals),
                    settings.hugepages().substring(equals + 1));
        }
        if (Containers.find(main.path("volumeMounts"), "mountPath", HUGEPAGES_PATH) != null) {
            return;
        }
        Containers.volume(spec, HUGEPAGES_VOLUME, "emptyDir", Json.object().put("medium", "HugePages"));
        Containers.mount(main, Json.object().put("name", HUGEPAGES_VOLUME).put("mountPath", HUGEPAGES_PATH));
    }

    /** Before Linux 5.14 DPDK's devices need memory beyond the limit of locked memory. */
    private void lockedMemory() {
        JsonNode security = main.path("securityContext");
        if (security.path("privileged").asBoolean()) {
            return;
        }
        if (names(security.at("/capabilities/drop"), IPC_LOCK)) {
            fault(main, "capability IPC_LOCK must not be dropped: DPDK locks its memory");
        }
        JsonNode added = security.at("/capabilities/add");
        if (!names(added, IPC_LOCK) && !names(added, "ALL")) {
            main.withObjectProperty("securityContext")
                    .withObjectProperty("capabilities")
                    .withArrayProperty("add")
                    .add(IPC_LOCK);
        }
    }

    private static boolean names(JsonNode list, String capability) {
        for (JsonNode one : list) {
            if (one.asText().equals(capability)) {
                return true;
            }
        }
        return false;
    }

    private void setDefault(String resource, String amount) {
        if (!limits(main).has(resource) && !requests(main).has(resource)) {
            put(main, resource, amount);
        }
    }

    /** Equal limit and request; one of them makes the other. */
    private void guarantee(ObjectNode container, String resource) {
        JsonNode limit = limits(container).path(resource);
        JsonNode request = requests(container).path(resource);
        if (limit.isMissingNode() && request.isMissingNode()) {
            fault(container, resource + " must be stated: a pod that owns ports is of the Guaranteed class");
        } else if (limit.isMissingNode() || request.isMissingNode()) {
            put(container, resource, limit.asText(request.asText()));
        } else {
            Quantity most = quantity(container, "limits", resource);
            Quantity least = quantity(container, "requests", resource);
            if (most != null && !Objects.equals(most, least)) {
                fault(
                        container,
                        resource + " limit '" + limit.asText() + "' must equal the request '" + request.asText()
                                + "': a pod that owns ports is of the Guaranteed class");
            }
        }
    }

    private @Nullable Quantity quantity(ObjectNode container, String field, String resource) {
        JsonNode value = container.path("resources").path(field).path(resource);
        if (value.isMissingNode()) {
            return null;
        }
        try {
            return Quantity.valueOf(value.asText());
        } catch (IllegalArgumentException malformed) {
            fault(container, resource + " " + malformed.getMessage());
            return null;
        }
    }

    private static JsonNode limits(ObjectNode container) {
        return container.at("/resources/limits");
    }

    private static JsonNode requests(ObjectNode container) {
        return container.at("/resources/requests");
    }

    private static void put(ObjectNode container, String resource, String amount) {
        ObjectNode resources = container.withObjectProperty("resources");
        resources.withObjectProperty("limits").put(resource, amount);
        resources.withObjectProperty("requests").put(resource, amount);
    }

    private void fault(ObjectNode container, String sentence) {
        faults.add("container '" + Containers.name(container) + "': " + sentence);
    }
}
