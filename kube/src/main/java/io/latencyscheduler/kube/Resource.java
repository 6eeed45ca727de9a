package io.latencyscheduler.kube;

import io.latencyscheduler.contract.Keys;

/**
 * A kind of object as its URL says it.
 *
 * @param group empty for the core group
 * @param version such as {@code v1}
 * @param plural such as {@code pods}
 * @param namespaced whether its objects live in namespaces
 */
public record Resource(String group, String version, String plural, boolean namespaced) {
    public static final Resource PODS = new Resource("", "v1", "pods", true);
    public static final Resource NODES = new Resource("", "v1", "nodes", false);
    public static final Resource NAMESPACES = new Resource("", "v1", "namespaces", false);
    public static final Resource EVENTS = new Resource("", "v1", "events", true);
    public static final Resource PERSISTENT_VOLUMES = new Resource("", "v1", "persistentvolumes", false);
    public static final Resource PERSISTENT_VOLUME_CLAIMS = new Resource("", "v1", "persistentvolumeclaims", true);
    public static final Resource SERVICES = new Resource("", "v1", "services", true);
    public static final Resource STORAGE_CLASSES = new Resource("storage.k8s.io", "v1", "storageclasses", false);
    public static final Resource CSI_NODES = new Resource("storage.k8s.io", "v1", "csinodes", false);
    public static final Resource LEASES = new Resource("coordination.k8s.io", "v1", "leases", true);
    public static final Resource PRIORITY_CLASSES = new Resource("scheduling.k8s.io", "v1", "priorityclasses", false);
    public static final Resource CUSTOM_RESOURCE_DEFINITIONS =
            new Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", false);
    public static final Resource NODE_INVENTORIES =
            new Resource(Keys.GROUP, Keys.VERSION, Keys.NODE_INVENTORIES, false);
    public static final Resource NODE_DATAPLANES = new Resource(Keys.GROUP, Keys.VERSION, Keys.NODE_DATAPLANES, false);

    /** {@code v1} or {@code group/version}, as in {@code apiVersion}. */
    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** The path of all objects, in every namespace. */
    public String path() {
        return root() + "/" + plural;
    }

    /** The path of the objects in a namespace; empty for cluster-scoped ones. */
    public String path(String namespace) {
        if (namespaced != !namespace.isEmpty()) {
            throw new IllegalArgumentException(plural + (namespaced ? " need" : " have no") + " namespace");
        }
        return namespaced ? root() + "/namespaces/" + namespace + "/" + plural : path();
    }

    /** The path of one object. */
    public String path(String namespace, String name) {
        return path(namespace) + "/" + name;
    }

    /** The path of a subresource of one object, such as {@code status} or {@code binding}. */
    public String path(String namespace, String name, String subresource) {
        return path(namespace, name) + "/" + subresource;
    }

    private String root() {
        return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
    }
}
