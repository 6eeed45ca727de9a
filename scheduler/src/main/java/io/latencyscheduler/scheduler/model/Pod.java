package io.latencyscheduler.scheduler.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code v1.Pod}, as far as placement depends on it. */
public record Pod(ObjectMeta metadata, Spec spec, Status status) {
    public Pod {
        metadata = ObjectMeta.orEmpty(metadata);
        spec = spec == null ? Spec.EMPTY : spec;
        status = status == null ? Status.EMPTY : status;
    }

    /** {@code v1.PodSpec}; {@code priority} is resolved from the class by admission. */
    public record Spec(
            String nodeName,
            String schedulerName,
            int priority,
            String preemptionPolicy,
            Map<String, String> nodeSelector,
            @Nullable Affinity affinity,
            List<Toleration> tolerations,
            List<Container> containers,
            List<Container> initContainers,
            Map<String, Quantity> overhead,
            @Nullable ResourceRequirements resources,
            List<SchedulingGate> schedulingGates,
            List<TopologySpreadConstraint> topologySpreadConstraints,
            List<Volume> volumes,
            List<NamedClaim> resourceClaims,
            boolean hostNetwork) {
        static final Spec EMPTY = new Spec(
                "", "", 0, "", Map.of(), null, List.of(), List.of(), List.of(), Map.of(), null, List.of(), List.of(),
                List.of(), List.of(), false);

        public Spec {
            nodeName = Absent.text(nodeName);
            schedulerName = Absent.text(schedulerName);
            preemptionPolicy = Absent.text(preemptionPolicy);
            nodeSelector = Absent.map(nodeSelector);
            tolerations = Absent.list(tolerations);
            containers = Absent.list(containers);
            initContainers = Absent.list(initContainers);
            overhead = Absent.map(overhead);
            schedulingGates = Absent.list(schedulingGates);
            topologySpreadConstraints = Absent.list(topologySpreadConstraints);
            volumes = Absent.list(volumes);
            resourceClaims = Absent.list(resourceClaims);
        }

        /** The same without its volumes, whose generated names tell replicas apart. */
        public Spec withoutVolumes() {
            return new Spec(
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
                    resources,
                    schedulingGates,
                    topologySpreadConstraints,
                    List.of(),
                    resourceClaims,
                    hostNetwork);
        }
    }

    /** A container or init container; {@code restartPolicy} Always makes an init container a sidecar. */
    public record Container(
            String name, @Nullable ResourceRequirements resources, List<ContainerPort> ports, String restartPolicy) {
        public Container {
            name = Absent.text(name);
            ports = Absent.list(ports);
            restartPolicy = Absent.text(restartPolicy);
        }
    }

    /** {@code hostPort} 0: none. */
    public record ContainerPort(int containerPort, int hostPort, String protocol, String hostIP) {
        public ContainerPort {
            protocol = protocol == null || protocol.isEmpty() ? "TCP" : protocol;
            hostIP = hostIP == null || hostIP.isEmpty() ? "0.0.0.0" : hostIP;
        }
    }

    /** What a container, or a pod as a whole, asks. */
    public record ResourceRequirements(Map<String, Quantity> requests, Map<String, Quantity> limits) {
        public ResourceRequirements {
            requests = Absent.map(requests);
            limits = Absent.map(limits);
        }
    }

    public record SchedulingGate(String name) {}

    /** A claim of dynamic resource allocation. */
    public record NamedClaim(String name) {}

    /** {@code whenUnsatisfiable} is DoNotSchedule or ScheduleAnyway; {@code minDomains} 0: absent. */
    public record TopologySpreadConstraint(
            int maxSkew,
            String topologyKey,
            String whenUnsatisfiable,
            @Nullable LabelSelector labelSelector,
            int minDomains,
            String nodeAffinityPolicy,
            String nodeTaintsPolicy,
            List<String> matchLabelKeys) {
        public TopologySpreadConstraint {
            topologyKey = Absent.text(topologyKey);
            whenUnsatisfiable = Absent.text(whenUnsatisfiable);
            nodeAffinityPolicy =
                    nodeAffinityPolicy == null || nodeAffinityPolicy.isEmpty() ? "Honor" : nodeAffinityPolicy;
            nodeTaintsPolicy = nodeTaintsPolicy == null || nodeTaintsPolicy.isEmpty() ? "Ignore" : nodeTaintsPolicy;
            matchLabelKeys = Absent.list(matchLabelKeys);
        }
    }

    /** A volume; those of kinds that placement does not depend on have a name alone. */
    public record Volume(
            String name,
            @Nullable ClaimVolume persistentVolumeClaim,
            @Nullable EphemeralVolume ephemeral,
            @Nullable DiskVolume gcePersistentDisk,
            @Nullable DiskVolume awsElasticBlockStore,
            @Nullable RbdVolume rbd,
            @Nullable IscsiVolume iscsi,
            @Nullable DiskVolume azureDisk,
            @Nullable DiskVolume cinder) {
        public Volume {
            name = Absent.text(name);
        }

        /** Whether placement may depend on it. */
        public boolean mattersToPlacement() {
            return persistentVolumeClaim != null
                    || ephemeral != null
                    || gcePersistentDisk != null
                    || awsElasticBlockStore != null
                    || rbd != null
                    || iscsi != null
                    || azureDisk != null
                    || cinder != null;
        }
    }

    public record ClaimVolume(String claimName, boolean readOnly) {
        public ClaimVolume {
            claimName = Absent.text(claimName);
        }
    }

    /** Its claim is called {@code <pod>-<volume>}. */
    public record EphemeralVolume(@Nullable Object volumeClaimTemplate) {}

    /** A disk of a cloud, by whichever of the names its kind uses. */
    public record DiskVolume(String pdName, String volumeID, String diskName, boolean readOnly) {
        public DiskVolume {
            pdName = Absent.text(pdName);
            volumeID = Absent.text(volumeID);
            diskName = Absent.text(diskName);
        }
    }

    public record RbdVolume(List<String> monitors, String image, String pool, boolean readOnly) {
        public RbdVolume {
            monitors = Absent.list(monitors);
            image = Absent.text(image);
            pool = Absent.text(pool);
        }
    }

    public record IscsiVolume(String iqn, boolean readOnly) {
        public IscsiVolume {
            iqn = Absent.text(iqn);
        }
    }

    /** {@code v1.PodStatus}. */
    public record Status(
            String phase,
            String nominatedNodeName,
            @Nullable Instant startTime,
            List<Condition> conditions,
            List<ContainerStatus> containerStatuses) {
        static final Status EMPTY = new Status("", "", null, List.of(), List.of());

        public Status {
            phase = Absent.text(phase);
            nominatedNodeName = Absent.text(nominatedNodeName);
            conditions = Absent.list(conditions);
            containerStatuses = Absent.list(containerStatuses);
        }
    }

    public record Condition(String type, String status, String reason, String message) {
        public Condition {
            type = Absent.text(type);
            status = Absent.text(status);
            reason = Absent.text(reason);
            message = Absent.text(message);
        }
    }

    /** What the kubelet has given a running container, which a resize in place may make differ from the spec. */
    public record ContainerStatus(
            String name, @Nullable ResourceRequirements resources, Map<String, Quantity> allocatedResources) {
        public ContainerStatus {
            name = Absent.text(name);
            allocatedResources = Absent.map(allocatedResources);
        }
    }

    /** {@code namespace/name}. */
    public String key() {
        return metadata.key();
    }

    public String uid() {
        return metadata.uid();
    }

    /** Whether a node was chosen. */
    public boolean bound() {
        return !spec.nodeName.isEmpty();
    }

    /** Whether it ended: it holds nothing any more. */
    public boolean terminated() {
        return status.phase.equals("Succeeded") || status.phase.equals("Failed");
    }

    /** Whether its deletion has begun; it holds what it has until it is gone. */
    public boolean terminating() {
        return metadata.deletionTimestamp() != null;
    }
}
