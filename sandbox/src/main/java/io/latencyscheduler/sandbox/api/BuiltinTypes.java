package io.latencyscheduler.sandbox.api;

import static io.latencyscheduler.sandbox.api.ResourceType.Feature.CREATE_ON_UPDATE;
import static io.latencyscheduler.sandbox.api.ResourceType.Feature.GENERATION;
import static io.latencyscheduler.sandbox.api.ResourceType.Feature.RETURNS_DELETED;
import static io.latencyscheduler.sandbox.api.ResourceType.Feature.STATUS;

import io.latencyscheduler.sandbox.api.ResourceType.Feature;
import java.util.List;
import java.util.Set;

/** The resources that exist before any CustomResourceDefinition is registered. */
public final class BuiltinTypes {
    public static final ResourceType PODS = namespaced("v1", "pods", "Pod", "po", STATUS, RETURNS_DELETED);
    public static final ResourceType NODES = cluster("v1", "nodes", "Node", "no", STATUS);
    public static final ResourceType NAMESPACES = cluster("v1", "namespaces", "Namespace", "ns", STATUS);
    public static final ResourceType EVENTS = namespaced("v1", "events", "Event", "ev", CREATE_ON_UPDATE);
    public static final ResourceType EVENTS_V1 =
            namespaced("events.k8s.io/v1", "events", "Event", "ev", CREATE_ON_UPDATE);
    public static final ResourceType LEASES =
            namespaced("coordination.k8s.io/v1", "leases", "Lease", "", CREATE_ON_UPDATE);
    public static final ResourceType BUDGETS =
            namespaced("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", STATUS, GENERATION);
    public static final ResourceType PRIORITY_CLASSES =
            cluster("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", "pc", GENERATION);
    public static final ResourceType DEFINITIONS = cluster(
            "apiextensions.k8s.io/v1",
            "customresourcedefinitions",
            "CustomResourceDefinition",
            "crd",
            STATUS,
            GENERATION);
    public static final ResourceType SERVICE_ACCOUNTS =
            namespaced("v1", "serviceaccounts", "ServiceAccount", "sa", RETURNS_DELETED);

    /** All of them, in the order in which discovery lists them. */
    public static final List<ResourceType> ALL = List.of(
            PODS,
            NODES,
            NAMESPACES,
            EVENTS,
            EVENTS_V1,
            namespaced("v1", "configmaps", "ConfigMap", "cm"),
            namespaced("v1", "secrets", "Secret", ""),
            SERVICE_ACCOUNTS,
            namespaced("v1", "services", "Service", "svc", STATUS, RETURNS_DELETED),
            namespaced("v1", "endpoints", "Endpoints", "ep", CREATE_ON_UPDATE),
            namespaced("v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", STATUS, RETURNS_DELETED),
            cluster("v1", "persistentvolumes", "PersistentVolume", "pv", STATUS, RETURNS_DELETED),
            namespaced("v1", "resourcequotas", "ResourceQuota", "quota", STATUS, RETURNS_DELETED),
            namespaced("v1", "limitranges", "LimitRange", "limits"),
            namespaced("v1", "podtemplates", "PodTemplate", "", GENERATION, RETURNS_DELETED),
            namespaced("v1", "replicationcontrollers", "ReplicationController", "rc", STATUS, GENERATION),
            LEASES,
            namespaced("apps/v1", "deployments", "Deployment", "deploy", STATUS, GENERATION),
            namespaced("apps/v1", "replicasets", "ReplicaSet", "rs", STATUS, GENERATION),
            namespaced("apps/v1", "daemonsets", "DaemonSet", "ds", STATUS, GENERATION),
            namespaced("apps/v1", "statefulsets", "StatefulSet", "sts", STATUS, GENERATION),
            namespaced("apps/v1", "controllerrevisions", "ControllerRevision", ""),
            namespaced("batch/v1", "jobs", "Job", "", STATUS, GENERATION),
            namespaced("batch/v1", "cronjobs", "CronJob", "cj", STATUS, GENERATION),
            BUDGETS,
            PRIORITY_CLASSES,
            cluster("storage.k8s.io/v1", "storageclasses", "StorageClass", "sc"),
            cluster("storage.k8s.io/v1", "csinodes", "CSINode", ""),
            cluster("storage.k8s.io/v1", "csidrivers", "CSIDriver", ""),
            cluster("storage.k8s.io/v1", "volumeattachments", "VolumeAttachment", "", STATUS),
            namespaced("storage.k8s.io/v1", "csistoragecapacities", "CSIStorageCapacity", ""),
            cluster("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", ""),
            cluster("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", ""),
            namespaced("rbac.authorization.k8s.io/v1", "roles", "Role", ""),
            namespaced("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", ""),
            namespaced("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", "netpol", GENERATION),
            namespaced("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", "", GENERATION),
            cluster(
                    "admissionregistration.k8s.io/v1",
                    "validatingwebhookconfigurations",
                    "ValidatingWebhookConfiguration",
                    "",
                    GENERATION),
            cluster(
                    "admissionregistration.k8s.io/v1",
                    "mutatingwebhookconfigurations",
                    "MutatingWebhookConfiguration",
                    "",
                    GENERATION),
            cluster(
                    "admissionregistration.k8s.io/v1",
                    "validatingadmissionpolicies",
                    "ValidatingAdmissionPolicy",
                    "",
                    STATUS,
                    GENERATION),
            cluster(
                    "admissionregistration.k8s.io/v1",
                    "validatingadmissionpolicybindings",
                    "ValidatingAdmissionPolicyBinding",
                    "",
                    GENERATION),
            DEFINITIONS);

    private BuiltinTypes() {}

    private static ResourceType namespaced(
            String apiVersion, String plural, String kind, String shortName, Feature... features) {
        return ResourceType.builtin(apiVersion, plural, kind, true, shortNames(shortName), Set.of(features));
    }

    private static ResourceType cluster(
            String apiVersion, String plural, String kind, String shortName, Feature... features) {
        return ResourceType.builtin(apiVersion, plural, kind, false, shortNames(shortName), Set.of(features));
    }

    private static List<String> shortNames(String shortName) {
        return shortName.isEmpty() ? List.of() : List.of(shortName);
    }
}
