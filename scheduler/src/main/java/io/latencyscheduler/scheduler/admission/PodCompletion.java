package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Completes a pod that says how fast its network must be with all that this needs: a pure function of the pod, and of its own
 * result the identity. What a pod says itself is kept; what contradicts its demand refuses it, all contradictions at once.
 */
public final class PodCompletion {
    /** Extended resource of the device plugin: owned ports. */
    public static final String EXTENDED_RESOURCE = Keys.PREFIX + "dpdk";
    /** Pod annotation, {@code false}: the program uses the C API, or cannot load a library of glibc. */
    public static final String PRELOAD = Keys.PREFIX + "preload";
    /** Annotation of kubectl and others: which container is meant. */
    static final String MAIN_CONTAINER = "kubectl.kubernetes.io/default-container";
    /** Annotation of Multus: further networks. */
    static final String NETWORKS = "k8s.v1.cni.cncf.io/networks";

    private static final String DEFAULT_SCHEDULER = "default-scheduler";

    private final CompletionSettings settings;
    private final ObjectNode pod;
    private final ObjectNode spec;
    private final List<String> faults = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private PodCompletion(CompletionSettings settings, ObjectNode pod) {
        this.settings = settings;
        this.pod = pod;
        this.spec = pod.withObjectProperty("spec");
    }

    /**
     * Completes the pod.
     *
     * @param pod as it came to admission; not changed
     * @param demand what its annotations ask for
     */
    public static Completion of(ObjectNode pod, Reading<PodDemand> demand, CompletionSettings settings) {
        String scheduler = pod.at("/spec/schedulerName").asText(DEFAULT_SCHEDULER);
        boolean ours = scheduler.equals(DEFAULT_SCHEDULER) || scheduler.equals(settings.schedulerName());
        boolean placed = !pod.at("/spec/nodeName").asText("").isEmpty();
        boolean empty = pod.at("/spec/containers").isEmpty(); // The API server will say so itself.
        if (!ours || placed || empty) {
            return new Completion.Admitted(Json.array(), List.of());
        }
        if (!demand.ok()) {
            return new Completion.Refused(
                    demand.faults().stream().map(Fault::sentence).collect(Collectors.joining("; ")));
        }
        if (demand.value().isOrdinary()) {
            return new Completion.Admitted(Json.array(), List.of());
        }
        return new PodCompletion(settings, pod.deepCopy()).complete(pod, demand.value());
    }

    private Completion complete(ObjectNode before, PodDemand demand) {
        boolean streams = !demand.streams().isEmpty();
        int ports = ports(demand);
        spec.put("schedulerName", settings.schedulerName());
        if (streams || ports > 0) {
            new PodFolder(spec, faults).mount(settings.runDirectory());
        }
        boolean preload =
                !pod.at("/metadata/annotations").path(PRELOAD).asText("").equals("false");
        if (streams && preload && !settings.libraryDirectory().isEmpty()) {
            new Preload(spec, faults, warnings).mount(settings.libraryDirectory());
        }
        if (ports > 0) {
            new DpdkNeeds(settings, spec, mainContainer(), faults).add(ports);
        }
        if (!settings.network().isEmpty() && !spec.path("hostNetwork").asBoolean()) {
            attach(settings.network());
        }
        return faults.isEmpty()
                ? new Completion.Admitted(JsonDiff.of(before, pod), warnings)
                : new Completion.Refused(String.join("; ", faults));
    }

    /** As the scheduler counts them where nothing is measured; less than any tier's latency is hoped for on a port. */
    private int ports(PodDemand demand) {
        Tier tier = demand.latencyNs().isEmpty()
                ? Tier.KERNEL
                : settings.tiers().tierOf(demand.latencyNs().getAsLong());
        return demand.interfaces().orElse(tier == null || tier == Tier.DPDK ? 1 : 0);
    }

    /** The container that drives the ports: the one that the pod calls its default, else the first. */
    private ObjectNode mainContainer() {
        String name = pod.at("/metadata/annotations").path(MAIN_CONTAINER).asText("");
        for (JsonNode container : spec.path("containers")) {
            if (container.path("name").asText().equals(name)) {
                return (ObjectNode) container;
            }
        }
        return (ObjectNode) spec.withArrayProperty("containers").path(0);
    }

    /** Multus takes a list with commas or JSON. */
    private void attach(String network) {
        ObjectNode annotations = pod.withObjectProperty("metadata").withObjectProperty("annotations");
        String now = annotations.path(NETWORKS).asText("").strip();
        if (now.startsWith("[")) {
            attachToJson(annotations, now, network);
            return;
        }
        for (String one : now.split(",")) {
            if (one.strip().equals(network) || one.strip().startsWith(network + "@")) {
                return;
            }
        }
        annotations.put(NETWORKS, now.isEmpty() ? network : now + "," + network);
    }

    private void attachToJson(ObjectNode annotations, String now, String network) {
        String name = network.substring(network.indexOf('/') + 1);
        String namespace = network.contains("/") ? network.substring(0, network.indexOf('/')) : "";
        try {
            JsonNode list = Json.tree(now);
            for (JsonNode one : list) {
                if (one.path("name").asText().equals(name)
                        && one.path("namespace").asText("").equals(namespace)) {
                    return;
                }
            }
            var more = Json.array();
            list.forEach(more::add);
            ObjectNode added = more.addObject().put("name", name);
            if (!namespace.isEmpty()) {
                added.put("namespace", namespace);
            }
            annotations.put(NETWORKS, Json.text(more));
        } catch (IOException malformed) {
            faults.add(new Fault(NETWORKS, now, "a list of networks with commas, or as JSON").sentence());
        }
    }
}
