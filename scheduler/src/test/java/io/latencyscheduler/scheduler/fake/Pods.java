package io.latencyscheduler.scheduler.fake;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.scheduler.model.Affinity;
import io.latencyscheduler.scheduler.model.AnnotationFormat;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.Quantity;
import io.latencyscheduler.scheduler.model.Toleration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Builds pods; what is not said is as in a plain pod of the namespace {@code default}. */
public final class Pods {
    /** Allocations by the text that stands for them in annotations of test pods. */
    private static final Map<String, Allocation> ALLOCATIONS = new HashMap<>();

    private static final AnnotationFormat FORMAT = new AnnotationFormat() {
        @Override
        public Object yaml(String text) {
            return Yaml.read(text);
        }

        @Override
        public Allocation allocation(String json) {
            Allocation known = ALLOCATIONS.get(json);
            if (known == null) {
                throw new IllegalArgumentException("no allocation");
            }
            return known;
        }
    };

    private final String name;
    private String namespace = "default";
    private String uid;
    private String nodeName = "";
    private String schedulerName = Keys.SCHEDULER_NAME;
    private int priority;
    private String preemptionPolicy = "";
    private String phase = "Pending";
    private Instant created = FakeClock.START;
    private Instant deleted;
    private Instant started;
    private Affinity affinity;
    private final Map<String, String> labels = new HashMap<>();
    private final Map<String, String> annotations = new HashMap<>();
    private final Map<String, String> nodeSelector = new HashMap<>();
    private final List<Toleration> tolerations = new ArrayList<>();
    private final List<Pod.Container> containers = new ArrayList<>();
    private final List<Pod.Container> initContainers = new ArrayList<>();
    private final Map<String, Quantity> overhead = new HashMap<>();
    private final List<Pod.SchedulingGate> gates = new ArrayList<>();
    private final List<Pod.TopologySpreadConstraint> spread = new ArrayList<>();
    private final List<Pod.Volume> volumes = new ArrayList<>();
    private final List<Pod.NamedClaim> resourceClaims = new ArrayList<>();

    private Pods(String name) {
        this.name = name;
        this.uid = "uid-" + name;
    }

    public static Pods pod(String name) {
        return new Pods(name);
    }

    public Pods namespace(String value) {
        namespace = value;
        return this;
    }

    public Pods uid(String value) {
        uid = value;
        return this;
    }

    public Pods on(String node) {
        nodeName = node;
        phase = "Running";
        return this;
    }

    public Pods scheduler(String value) {
        schedulerName = value;
        return this;
    }

    public Pods priority(int value) {
        priority = value;
        return this;
    }

    public Pods preemptionPolicy(String value) {
        preemptionPolicy = value;
        return this;
    }

    public Pods phase(String value) {
        phase = value;
        return this;
    }

    public Pods created(Instant value) {
        created = value;
        return this;
    }

    public Pods started(Instant value) {
        started = value;
        return this;
    }

    public Pods terminating() {
        deleted = FakeClock.START;
        return this;
    }

    public Pods label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    /** An annotation under our prefix. */
    public Pods ask(String key, String value) {
        annotations.put(Keys.PREFIX + key, value);
        return this;
    }

    public Pods allocated(Allocation allocation) {
        String text = "allocation " + ALLOCATIONS.size();
        ALLOCATIONS.put(text, allocation);
        annotations.put(Keys.ALLOCATION, text);
        return this;
    }

    public Pods selector(String key, String value) {
        nodeSelector.put(key, value);
        return this;
    }

    public Pods affinity(Affinity value) {
        affinity = value;
        return this;
    }

    public Pods tolerate(String key, String operator, String value, String effect) {
        tolerations.add(new Toleration(key, operator, value, effect));
        return this;
    }

    /** A container with requests such as {@code "cpu", "500m", "memory", "1Gi"}. */
    public Pods container(String... requests) {
        containers.add(container("c" + containers.size(), "", List.of(), requests));
        return this;
    }

    public Pods initContainer(String... requests) {
        initContainers.add(container("i" + initContainers.size(), "", List.of(), requests));
        return this;
    }

    public Pods sidecar(String... requests) {
        initContainers.add(container("s" + initContainers.size(), "Always", List.of(), requests));
        return this;
    }

    public Pods overhead(String... requests) {
        overhead.putAll(Quantities.of(requests));
        return this;
    }

    public Pods hostPort(int port, String protocol, String hostIp) {
        containers.add(
                container("c" + containers.size(), "", List.of(new Pod.ContainerPort(80, port, protocol, hostIp))));
        return this;
    }

    private static Pod.Container container(
            String name, String restartPolicy, List<Pod.ContainerPort> ports, String... requests) {
        return new Pod.Container(
                name, new Pod.ResourceRequirements(Quantities.of(requests), Map.of()), ports, restartPolicy);
    }

    public Pods gate(String value) {
        gates.add(new Pod.SchedulingGate(value));
        return this;
    }

    public Pods spread(Pod.TopologySpreadConstraint constraint) {
        spread.add(constraint);
        return this;
    }

    public Pods volume(Pod.Volume volume) {
        volumes.add(volume);
        return this;
    }

    public Pods claim(String claimName) {
        return volume(new Pod.Volume(
                claimName, new Pod.ClaimVolume(claimName, false), null, null, null, null, null, null, null));
    }

    public Pods resourceClaim(String value) {
        resourceClaims.add(new Pod.NamedClaim(value));
        return this;
    }

    public Pod build() {
        return new Pod(
                new ObjectMeta(name, namespace, uid, "1", 0, labels, annotations, created, deleted, List.of()),
                new Pod.Spec(
                        nodeName,
                        schedulerName,
                        priority,
                        preemptionPolicy,
                        nodeSelector,
                        affinity,
                        tolerations,
                        containers,
                        initContainers,
                        overhead,
                        null,
                        gates,
                        spread,
                        volumes,
                        resourceClaims,
                        false),
                new Pod.Status(phase, "", started, List.of(), List.of()));
    }

    public PodInfo info() {
        return PodInfo.of(build(), FORMAT);
    }

    /** The pod as the API server shows it once bound. */
    public static PodInfo bound(PodInfo pod, String nodeName, Allocation allocation) {
        Pod.Spec spec = pod.pod().spec();
        Pod bound = new Pod(
                pod.pod().metadata(),
                new Pod.Spec(
                        nodeName,
                        spec.schedulerName(),
                        spec.priority(),
                        spec.preemptionPolicy(),
                        spec.nodeSelector(),
                        spec.affinity(),
                        spec.tolerations(),
                        spec.containers(),
                        spec.initContainers(),
                        spec.overhead(),
                        spec.resources(),
                        spec.schedulingGates(),
                        spec.topologySpreadConstraints(),
                        spec.volumes(),
                        spec.resourceClaims(),
                        spec.hostNetwork()),
                pod.pod().status());
        PodInfo info = PodInfo.of(bound, FORMAT);
        return allocation == null ? info : info.withAllocation(allocation);
    }
}
